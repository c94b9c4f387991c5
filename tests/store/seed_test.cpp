// SPDX-License-Identifier: MIT
#include "om/store/seed.h"

#include <gmock/gmock.h>

#include "store/temp_store.h"
#include "store/transaction.h"

#include "om/store/inventory.h"
#include "om/store/modules.h"
#include "om/store/settings.h"

namespace om::store {
namespace {

using testing::ElementsAre;

Module module_numbered(std::int64_t number, const std::string& name) {
  Module module;
  module.id = {number};
  module.name = name;
  module.name_en = "English";
  module.caption = "[<b>功能说明</b>]<br> x";
  module.form = "<input type=\"text\" name=\"sys_param_1\">";
  module.risk = Risk::read;
  module.timeout = std::chrono::seconds(60);
  module.concurrency = 4;
  module.platform = Platform::ssh;
  return module;
}

class StoreSeedTest : public StoreFixture {
 protected:
  void plant(const Seed& what) {
    write([&](Transaction& transaction) { return seed(transaction, what); });
  }
};

TEST_F(StoreSeedTest, ThisMachineIsReachedThroughItsOwnApplication) {
  plant({"jump 1|x", {}});
  const Host host = *find_host(*reader(), "jump1x");
  EXPECT_EQ(host.platform, Platform::local);
  EXPECT_EQ(host.address, "127.0.0.1");
  EXPECT_THAT(host.apps, ElementsAre("Linux.Sysadmin/本机"));
  EXPECT_EQ(find_app(*reader(), "本机")->id.value, 3);
}

TEST_F(StoreSeedTest, WhatWasRemovedStaysAway) {
  plant({"here", {}});
  write([](Transaction& transaction) { return remove_host(transaction, "here"); });
  plant({"here", {}});
  EXPECT_TRUE(list_hosts(*reader(), {})->empty());
  plant({"renamed", {}});
  EXPECT_TRUE(list_hosts(*reader(), {})->empty());
}

TEST_F(StoreSeedTest, InstanceIdIsMadeOnceAndKept) {
  EXPECT_EQ(instance_id(*reader()).error().reason, "store.not_seeded");
  plant({"here", {}});
  const std::string id = *instance_id(*reader());
  EXPECT_EQ(id.size(), 32U);
  plant({"here", {}});
  reopen();
  EXPECT_EQ(*instance_id(*reader()), id);
}

TEST_F(StoreSeedTest, ModulesComeUnderTheirNumbersAndTheNextIs1008) {
  plant({"here", {module_numbered(1001, "查看系统日志"), module_numbered(1007, "重启进程服务")}});
  const auto modules = *list_modules(*reader());
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].id.value, 1001);
  EXPECT_EQ(modules[1].name, "重启进程服务");
  EXPECT_EQ(modules[1].risk, Risk::read);
  EXPECT_EQ(modules[1].timeout, std::chrono::seconds(60));
  EXPECT_EQ(modules[1].concurrency, 4);
  EXPECT_EQ(modules[1].platform, Platform::ssh);
  write([](Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const ModuleId next, add_module(transaction, module_numbered(0, "mine")));
    EXPECT_EQ(next.value, 1008);
    return {};
  });
}

TEST_F(StoreSeedTest, NewerProgramMendsOnlyWhatNobodyEdited) {
  const Seed old{
      "here",
      {module_numbered(1001, "one"), module_numbered(1002, "two"), module_numbered(1003, "three")}};
  plant(old);
  write([&](Transaction& transaction) -> Result<void> {
    Module edited = old.modules[1];
    edited.form = "<textarea name=\"sys_param_1\"></textarea>";
    OM_TRY(update_module(transaction, edited));
    return transaction.connection().execute("DELETE FROM module WHERE number = 1003");
  });
  Seed newer = old;
  for (Module& module : newer.modules) module.caption_en = "better";
  plant(newer);
  EXPECT_EQ(find_module(*reader(), {1001})->caption_en, "better");
  EXPECT_EQ(find_module(*reader(), {1002})->caption_en, "");
  EXPECT_EQ(find_module(*reader(), {1003}).error().code, Errc::not_found);
}

TEST_F(StoreSeedTest, ModulesWithNamesThatBreakAnAnswerAreRefused) {
  for (const char* name : {"", "a@@b", "a,b", "a'b", "a\nb"}) {
    const auto refused = store_->write([&](Transaction& transaction) -> Result<void> {
      OM_TRY(add_module(transaction, module_numbered(0, name)));
      return {};
    });
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, Errc::invalid_argument) << name;
  }
  EXPECT_EQ(store_
                ->write([](Transaction& transaction) {
                  return update_module(transaction, module_numbered(1234, "none"));
                })
                .error()
                .code,
            Errc::not_found);
}

TEST_F(StoreSeedTest, SettingsAreReplaced) {
  EXPECT_FALSE(*find_setting(*reader(), "k"));
  write([](Transaction& transaction) { return set_setting(transaction, "k", "1"); });
  write([](Transaction& transaction) { return set_setting(transaction, "k", ""); });
  EXPECT_EQ(**find_setting(*reader(), "k"), "");
}

}  // namespace
}  // namespace om::store
