// SPDX-License-Identifier: MIT
#include "om/run/prepare.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "om/backend/copy_source.h"
#include "om/base/crypto.h"
#include "om/catalogue/seed.h"
#include "om/event/disk_threads.h"
#include "om/run/schedule.h"
#include "om/store/inventory.h"
#include "om/store/modules.h"
#include "om/store/seed.h"

namespace om::run {
namespace {

class PrepareTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "om-prepare-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    const std::vector<store::Migration> migrations = store::embedded_migrations();
    auto opened = store::Store::open({folder_ + "/omserver.db", migrations}, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(opened).value();
    ASSERT_TRUE(store_->write([](store::Transaction& transaction) -> Result<void> {
      OM_TRY(store::seed(transaction, {"here", catalogue::seed_modules()}));
      for (const char* host : {"web1", "web2"}) {
        Host added;
        added.name = host;
        added.address = "192.0.2.1";
        OM_TRY_SET([[maybe_unused]] const HostId id, store::add_host(transaction, added));
      }
      return {};
    }));
    sources_ = std::make_unique<catalogue::Sources>(catalogue::Sources::Options{folder_, nullptr});
    sources_->scan();
    defaults_.available = {Platform::ssh, Platform::local};
    defaults_.data_folder = folder_;
    defaults_.disk = &disk_;
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  Result<Prepared> prepare(const Request& request) {
    return Preparation(*sources_, defaults_).prepare(**store_->read(), request, 1000, fields_);
  }
  static Request request(std::int64_t module, std::vector<std::string> hosts) {
    Request made;
    made.module = ModuleId{module};
    made.select.hosts = std::move(hosts);
    made.user = "admin";
    made.via = "api";
    return made;
  }
  ModuleId add_module(const std::string& form, const std::string& script) {
    ModuleId id;
    EXPECT_TRUE(store_->write([&](store::Transaction& transaction) -> Result<void> {
      Module module;
      module.name = "own";
      module.caption = "x";
      module.form = form;
      OM_TRY_SET(id, store::add_module(transaction, module));
      return {};
    }));
    if (!script.empty()) {
      std::filesystem::create_directories(folder_ + "/modules/ssh");
      std::ofstream(folder_ + "/modules/ssh/Mid_" + std::to_string(id.value) + ".sh") << script;
      sources_->scan();
    }
    return id;
  }

  std::string folder_;
  SystemClock clock_;
  event::DiskThreads disk_;
  Defaults defaults_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<catalogue::Sources> sources_;
  std::vector<catalogue::FieldError> fields_;
};

TEST_F(PrepareTest, TargetsComeInTheOrderAskedForEachOnItsPlatform) {
  const Result<Prepared> prepared = prepare(request(1003, {"web2", "here", "web1"}));
  ASSERT_TRUE(prepared) << prepared.error().message;
  ASSERT_EQ(prepared->targets.size(), 3U);
  EXPECT_EQ(prepared->targets[0].host, "web2");
  EXPECT_EQ(prepared->targets[0].platform, Platform::ssh);
  EXPECT_EQ(prepared->targets[0].login, "root");
  EXPECT_EQ(prepared->targets[1].platform, Platform::local);
  EXPECT_EQ(prepared->targets[2].index, 2);
  EXPECT_EQ(prepared->run.source_path, "modules/ssh/Mid_1003.sh");
  EXPECT_EQ(prepared->run.source_sha256, crypto::sha256_hex(prepared->source_bytes));
}

TEST_F(PrepareTest, ALocalHostIsNeverOverriddenAndAnAbsentPlatformIsRefusedBeforeAnythingRuns) {
  Request asked = request(1003, {"here"});
  asked.platform = Platform::ssh;
  EXPECT_EQ(prepare(asked)->targets[0].platform, Platform::local);
  asked = request(1003, {"web1"});
  asked.platform = Platform::ansible;
  const Result<Prepared> refused = prepare(asked);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "run.platform_not_available");
  EXPECT_NE(refused.error().message.find("web1"), std::string::npos);
}

TEST_F(PrepareTest, WhatIsMissingIsSaidByName) {
  EXPECT_EQ(prepare(request(1003, {})).error().reason, "run.no_hosts");
  EXPECT_NE(prepare(request(1003, {"web1", "web9"})).error().message.find("web9"),
            std::string::npos);
  EXPECT_EQ(prepare(request(4711, {"web1"})).error().code, Errc::not_found);
  const ModuleId unwritten = add_module("", "");
  const Result<Prepared> refused = prepare(request(unwritten.value, {"web1"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "module.not_written");
  EXPECT_NE(refused.error().message.find("/modules/ssh/Mid_1008.sh"), std::string::npos);
}

TEST_F(PrepareTest, EveryFieldThatDoesNotFitIsNamed) {
  Request asked = request(1001, {"web1"});
  asked.parameters = {{"sys_param_1", "1; reboot"}, {"sys_param_2", "x"}};
  const Result<Prepared> refused = prepare(asked);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "form.refused");
  ASSERT_EQ(fields_.size(), 2U);
  EXPECT_EQ(fields_[0].field, "sys_param_1");
  EXPECT_FALSE(fields_[0].message_zh.empty());
}

TEST_F(PrepareTest, ASecretReachesTheScriptAndNothingThatIsStored) {
  const ModuleId id =
      add_module("<input type=\"password\" name=\"sys_param_1\">", "#!/bin/sh\ntrue\n");
  Request asked = request(id.value, {"web1"});
  asked.parameters = {{"sys_param_1", "hunter2"}};
  Result<Prepared> prepared = prepare(asked);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_EQ(prepared->run.parameters[0].value, "");
  EXPECT_TRUE(prepared->run.parameters[0].secret);
  const ReadyRun ready = std::move(prepared).value().ready(RunId{7});
  const auto& job = std::get<backend::ScriptJob>(ready.job);
  EXPECT_EQ(job.parameters[0].value.reveal(), "hunter2");
  EXPECT_TRUE(job.parameters[0].secret);
  EXPECT_EQ(ready.run.id, RunId{7});
  EXPECT_EQ(ready.targets[0].run_id, RunId{7});
}

TEST_F(PrepareTest, ADistributedFileMustBeThere) {
  Request asked = request(1005, {"web1"});
  asked.parameters = {{"sys_param_1", "sysctl"}};
  EXPECT_EQ(prepare(asked).error().reason, "file.not_found");
  std::filesystem::create_directories(folder_ + "/files");
  std::ofstream(folder_ + "/files/sysctl") << "net.ipv4.ip_forward = 1\n";
  const Result<Prepared> prepared = prepare(asked);
  ASSERT_TRUE(prepared) << prepared.error().message;
  const auto& job = std::get<backend::ScriptJob>(prepared->job);
  ASSERT_NE(job.file, nullptr);
  EXPECT_EQ(job.file->name(), "sysctl");
  EXPECT_EQ(job.file->size_bytes(), 24);
}

TEST_F(PrepareTest, EveryTargetKnowsItsBatch) {
  Request asked = request(1003, {"web1", "web2", "here"});
  Batches& batches = asked.batches.emplace();
  batches.size = Share{1, false};
  batches.order = StartOrder::random;
  const Result<Prepared> prepared = prepare(asked);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_EQ(prepared->run.batches->count, 3);
  const Schedule schedule = make_schedule(prepared->run.batches, 3, 100);
  for (int place = 0; place < 3; ++place) {
    EXPECT_EQ(prepared->targets[static_cast<std::size_t>(schedule.order[place])].batch, place);
  }
  EXPECT_EQ(prepared->targets[0].host, "web1");
}

TEST_F(PrepareTest, BatchesThatCannotBeAreRefusedByField) {
  Request asked = request(1003, {"web1"});
  asked.batches.emplace().size = Share{0, true};
  EXPECT_NE(prepare(asked).error().message.find("'batches.size'"), std::string::npos);
  asked.batches.emplace().pause = PauseMode::after_canary;
  EXPECT_NE(prepare(asked).error().message.find("'batches.pause'"), std::string::npos);
}

class PrepareCopyTest : public PrepareTest {
 protected:
  void SetUp() override {
    PrepareTest::SetUp();
    std::filesystem::create_directories(folder_ + "/files/site");
    std::ofstream(folder_ + "/files/site/index.html") << "hello";
  }
  Result<Prepared> copy(const std::string& spec,
                        Request::SourceReach reach = Request::SourceReach::data_files) {
    Request asked = request(0, {"web1", "here"});
    asked.kind = RunKind::copy;
    asked.spec = spec;
    asked.reach = reach;
    return prepare(asked);
  }
};

TEST_F(PrepareCopyTest, ASourceBelowFilesAndACommand) {
  const Result<Prepared> prepared =
      copy(R"({"source": "site/index.html", "destination": "/srv/", "mode": "0600", "owner": "",)"
           R"( "command": "id"})");
  ASSERT_TRUE(prepared) << prepared.error().message;
  const auto& job = std::get<backend::CopyJob>(prepared->job);
  EXPECT_EQ(job.source->name(), "index.html");
  EXPECT_EQ(job.source->size_bytes(), 5);
  EXPECT_EQ(job.order.destination, "/srv/");
  EXPECT_EQ(job.command.script->bytes, "id\n");
  EXPECT_EQ(prepared->run.spec, R"({"command":"id","destination":"/srv/","mode":"0600",)"
                                R"("source":"site/index.html"})");
  EXPECT_EQ(prepared->run.risk, Risk::change);
  EXPECT_EQ(prepared->run.timeout_s, kTransferTimeoutS);
  const Result<Prepared> folder = copy(R"({"source": "site", "destination": "/srv"})");
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_EQ(std::get<backend::CopyJob>(folder->job).source->kind(),
            backend::CopySource::Kind::folder);
  EXPECT_EQ(std::get<backend::CopyJob>(folder->job).command.script, nullptr);
}

TEST_F(PrepareCopyTest, OtherPlacesOfThisMachineAreForTheLocalAdministrator) {
  const std::string spec =
      R"({"source": ")" + folder_ + R"(/omserver.db", "destination": "/srv/"})";
  EXPECT_EQ(copy(spec).error().reason, "file.bad_name");
  const Result<Prepared> prepared = copy(spec, Request::SourceReach::any_path);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_EQ(std::get<backend::CopyJob>(prepared->job).source->name(), "omserver.db");
  EXPECT_TRUE(copy(R"({"source": "site", "destination": "/srv"})", Request::SourceReach::any_path));
  EXPECT_EQ(copy(R"({"source": "/no/such", "destination": "/srv"})", Request::SourceReach::any_path)
                .error()
                .reason,
            "file.not_found");
}

TEST_F(PrepareCopyTest, WhatIsWrongIsNamedByField) {
  for (const auto& [spec, said] : std::vector<std::pair<std::string, std::string>>{
           {"", "'copy'"},
           {"[]", "'copy'"},
           {R"({"destination": "/srv"})", "'copy.source'"},
           {R"({"source": "site"})", "'copy.destination'"},
           {R"({"source": 1, "destination": "/srv"})", "'copy.source'"},
           {R"({"source": "site", "destination": "srv"})", "'destination'"},
           {R"({"source": "site", "destination": "/srv", "mode": "9"})", "'mode'"},
           {R"({"source": "site", "destination": "/srv", "owner": "a b"})", "'owner'"},
           {R"({"source": "site", "destination": "/srv", "verbose": "1"})", "'copy.verbose'"},
           {R"({"source": "site/../..", "destination": "/srv"})", "name of a file"}}) {
    const Result<Prepared> prepared = copy(spec);
    ASSERT_FALSE(prepared) << spec;
    EXPECT_EQ(prepared.error().code, Errc::invalid_argument) << spec;
    EXPECT_NE(prepared.error().message.find(said), std::string::npos) << prepared.error().message;
  }
}

TEST_F(PrepareTest, ACheckGoesTheWholeWayAndRunsNothing) {
  Request asked = request(0, {"web1", "here"});
  asked.kind = RunKind::check;
  const Result<Prepared> prepared = prepare(asked);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_EQ(prepared->run.kind, RunKind::check);
  EXPECT_EQ(prepared->run.risk, Risk::read);
  EXPECT_EQ(prepared->run.module_id.value, 0);
  EXPECT_EQ(prepared->run.timeout_s, kCheckTimeoutS);
  EXPECT_EQ(prepared->targets[0].platform, Platform::ssh);
  EXPECT_EQ(prepared->targets[1].platform, Platform::local);
  EXPECT_EQ(std::get<backend::ScriptJob>(prepared->job).script->bytes, ":\n");

  asked.module = ModuleId{1003};
  EXPECT_NE(prepare(asked).error().message.find("'module'"), std::string::npos);
  asked.module = ModuleId{0};
  asked.parameters = {{"sys_param_1", "x"}};
  EXPECT_NE(prepare(asked).error().message.find("'parameters'"), std::string::npos);
}

TEST_F(PrepareTest, TheRunsOwnLimitsWinOverTheModulesAndThoseOverTheControllers) {
  defaults_.concurrency = 77;
  defaults_.timeout_s = 99;
  const ModuleId id = add_module("", "#!/bin/sh\ntrue\n");
  EXPECT_EQ(prepare(request(id.value, {"web1"}))->run.concurrency, 77);
  EXPECT_EQ(prepare(request(id.value, {"web1"}))->run.timeout_s, 99);
  EXPECT_EQ(prepare(request(1001, {"web1"}))->run.timeout_s, 60);
  Request asked = request(1001, {"web1"});
  asked.timeout_s = 5;
  asked.concurrency = 3;
  EXPECT_EQ(prepare(asked)->run.timeout_s, 5);
  EXPECT_EQ(prepare(asked)->run.concurrency, 3);
}

TEST_F(PrepareTest, JumpHostsComeAlongInTheOrderOfTheWay) {
  ASSERT_TRUE(store_->write([](store::Transaction& transaction) -> Result<void> {
    for (const auto& [name, jump] :
         {std::pair("gate1", ""), {"gate2", "gate1"}, {"deep", "gate2"}}) {
      Host host;
      host.name = name;
      host.address = "192.0.2.9";
      host.jump = jump;
      OM_TRY_SET([[maybe_unused]] const HostId id, store::add_host(transaction, host));
    }
    return {};
  }));
  Result<Prepared> prepared = prepare(request(1003, {"web1", "deep"}));
  ASSERT_TRUE(prepared) << prepared.error().message;
  const ReadyRun ready = std::move(*prepared).ready(RunId{1});
  EXPECT_TRUE(ready.jump_hosts.chain_to(ready.hosts[0]).empty());
  const std::vector<Host> chain = ready.jump_hosts.chain_to(ready.hosts[1]);
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_EQ(chain[0].name, "gate1");
  EXPECT_EQ(chain[1].name, "gate2");
}

TEST_F(PrepareTest, JumpHostsThatAreMissingOrLeadBackAreRefusedByName) {
  const auto set_jump = [this](const std::string& name, const std::string& jump) {
    ASSERT_TRUE(store_->write([&](store::Transaction& transaction) -> Result<void> {
      OM_TRY_SET(Host host, store::find_host(store::connection_of(transaction), name));
      host.jump = jump;
      return store::update_host(transaction, host);
    }));
  };
  set_jump("web1", "gone");
  Result<Prepared> prepared = prepare(request(1003, {"web1"}));
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().reason, "inventory.no_jump");
  EXPECT_NE(prepared.error().message.find("host web1: there is no jump host gone"),
            std::string::npos);
  set_jump("web1", "web2");
  set_jump("web2", "web1");
  prepared = prepare(request(1003, {"web1"}));
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().reason, "inventory.jump_loop");
  EXPECT_NE(prepared.error().message.find("web1 -> web2 -> web1"), std::string::npos)
      << prepared.error().message;
}

}  // namespace
}  // namespace om::run
