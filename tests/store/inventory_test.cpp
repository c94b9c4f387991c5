// SPDX-License-Identifier: MIT
#include "om/store/inventory.h"

#include <gmock/gmock.h>

#include "store/connection.h"
#include "store/temp_store.h"

#include "om/store/credentials.h"

namespace om::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Host host_named(const std::string& name, std::vector<std::string> apps = {},
                std::vector<std::string> tags = {}) {
  Host host;
  host.name = name;
  host.address = name + ".example.com";
  host.apps = std::move(apps);
  host.tags = std::move(tags);
  return host;
}

std::vector<std::string> names_of(const std::vector<Host>& hosts) {
  std::vector<std::string> names;
  for (const Host& host : hosts) names.push_back(host.name);
  return names;
}
std::vector<std::string> names_of(const std::vector<HostRow>& rows) {
  std::vector<std::string> names;
  for (const HostRow& row : rows) names.push_back(row.host.name);
  return names;
}

class InventoryTest : public StoreFixture {
 protected:
  Error refusal(Store::Work work) {
    auto done = store_->write(std::move(work));
    EXPECT_FALSE(done);
    return done ? Error{} : done.error();
  }
  void add(const Host& host) {
    write([&](Transaction& transaction) -> Result<void> {
      OM_TRY(add_host(transaction, host));
      return {};
    });
  }
  Saved save(const Host& host) {
    Saved saved{};
    write([&](Transaction& transaction) -> Result<void> {
      OM_TRY_SET(saved, save_host(transaction, host));
      return {};
    });
    return saved;
  }
  void add_fleet() {
    add(host_named("web2", {"www.domain.com"}, {"blue"}));
    add(host_named("web1", {"www.domain.com", "bbs.domain.com"}, {"blue", "east"}));
    add(host_named("bbs1", {"Linux.Web/bbs.domain.com"}, {"east"}));
    add(host_named("free"));
  }
};

TEST_F(InventoryTest, CategoriesAndApplicationsOfTheOriginalAreThere) {
  const auto categories = *list_categories(*reader());
  ASSERT_EQ(categories.size(), 13U);
  EXPECT_EQ(categories[0].category.name, "Linux.Lbalancing");
  EXPECT_EQ(categories[10].category.id.value, 11);
  EXPECT_EQ(categories[10].category.name, "Linux.Web");
  EXPECT_EQ(categories[10].apps, 2);
  EXPECT_EQ(categories[12].category.name, "Windows.Web");
  const auto apps = *list_apps(*reader(), {});
  ASSERT_EQ(apps.size(), 2U);
  EXPECT_EQ(apps[0].app.id.value, 1);
  EXPECT_EQ(apps[0].app.name, "www.domain.com");
  EXPECT_EQ(apps[1].app.category, "Linux.Web");
  EXPECT_EQ(apps[1].hosts, 0);
}

TEST_F(InventoryTest, NextNumbersAreTheOriginals) {
  write([](Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const Category category, add_category(transaction, "Linux.New"));
    EXPECT_EQ(category.id.value, 14);
    OM_TRY_SET(const App app, add_app(transaction, "Linux.New", "first"));
    EXPECT_EQ(app.id.value, 3);
    EXPECT_EQ(app.category, "Linux.New");
    return {};
  });
}

TEST_F(InventoryTest, CountsHostsOnceACategory) {
  add_fleet();
  EXPECT_EQ((*list_categories(*reader()))[10].hosts, 3);
  const auto apps = *list_apps(*reader(), {CategoryId{11}});
  EXPECT_EQ(apps[0].hosts, 2);
  EXPECT_EQ(apps[1].hosts, 2);
  EXPECT_THAT(*list_apps(*reader(), {CategoryId{1}}), IsEmpty());
}

TEST_F(InventoryTest, TakenNamesAreConflicts) {
  add(host_named("web1"));
  EXPECT_EQ(refusal([](Transaction& t) -> Result<void> {
              OM_TRY(add_host(t, host_named("web1")));
              return {};
            }).reason,
            "inventory.host_exists");
  EXPECT_EQ(refusal([](Transaction& t) -> Result<void> {
              OM_TRY(add_category(t, "Linux.Web"));
              return {};
            }).reason,
            "inventory.category_exists");
  EXPECT_EQ(refusal([](Transaction& t) -> Result<void> {
              OM_TRY(add_app(t, "Linux.Web", "www.domain.com"));
              return {};
            }).reason,
            "inventory.app_exists");
  EXPECT_EQ(refusal([](Transaction& t) -> Result<void> {
              OM_TRY(add_app(t, "Linux.None", "x"));
              return {};
            }).reason,
            "inventory.no_category");
  EXPECT_EQ(refusal([](Transaction& t) -> Result<void> {
              OM_TRY(add_app(t, "Linux.Web", "a,b"));
              return {};
            }).code,
            Errc::invalid_argument);
}

TEST_F(InventoryTest, ApplicationIsFoundByEitherNameUnlessThereAreTwo) {
  EXPECT_EQ(find_app(*reader(), "bbs.domain.com")->id.value, 2);
  EXPECT_EQ(find_app(*reader(), "Linux.Web/bbs.domain.com")->id.value, 2);
  EXPECT_EQ(find_app(*reader(), "Linux.Ice/bbs.domain.com").error().code, Errc::not_found);
  EXPECT_EQ(find_app(*reader(), "").error().code, Errc::not_found);
  write([](Transaction& transaction) -> Result<void> {
    OM_TRY(add_app(transaction, "Linux.Cache", "bbs.domain.com"));
    return {};
  });
  const auto ambiguous = find_app(*reader(), "bbs.domain.com");
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().code, Errc::conflict);
  EXPECT_THAT(ambiguous.error().message,
              HasSubstr("Linux.Web/bbs.domain.com, Linux.Cache/bbs.domain.com"));
  EXPECT_EQ(find_app(*reader(), "Linux.Cache/bbs.domain.com")->id.value, 3);
}

TEST_F(InventoryTest, HostComesBackWhole) {
  Host host = host_named("web1", {"bbs.domain.com", "www.domain.com"}, {"east", "blue"});
  host.port = 2222;
  host.login = "ops";
  host.credential = "fleet";
  host.platform = Platform::ansible;
  host.os = "Debian 12";
  host.address_public = "203.0.113.9";
  host.jump = "gate";
  host.become = "root";
  host.encoding = "gb18030";
  host.host_key_alias = "inner";
  host.minion_id = "web1.salt";
  host.note = "rack 4\nshelf 2";
  host.become_method = BecomeMethod::doas;
  host.become_credential = "doas password";
  host.legacy_algorithms = true;
  add(host);
  const Host found = *find_host(*reader(), "web1");
  EXPECT_GT(found.id.value, 0);
  EXPECT_EQ(found.address, "web1.example.com");
  EXPECT_EQ(found.port, 2222);
  EXPECT_EQ(found.login, "ops");
  EXPECT_EQ(found.credential, "fleet");
  EXPECT_EQ(found.platform, Platform::ansible);
  EXPECT_EQ(found.os, "Debian 12");
  EXPECT_EQ(found.address_public, "203.0.113.9");
  EXPECT_EQ(found.jump, "gate");
  EXPECT_EQ(found.become, "root");
  EXPECT_EQ(found.encoding, "gb18030");
  EXPECT_EQ(found.host_key_alias, "inner");
  EXPECT_EQ(found.minion_id, "web1.salt");
  EXPECT_EQ(found.note, "rack 4\nshelf 2");
  EXPECT_EQ(found.become_method, BecomeMethod::doas);
  EXPECT_EQ(found.become_credential, "doas password");
  EXPECT_TRUE(found.legacy_algorithms);
  EXPECT_EQ(save(found), Saved::unchanged);
  host.become_method = BecomeMethod::su;
  host.become_credential = "root password";
  host.legacy_algorithms = false;
  EXPECT_EQ(save(host), Saved::changed);
  EXPECT_EQ(find_host(*reader(), "web1")->become_method, BecomeMethod::su);
  EXPECT_EQ(find_host(*reader(), "web1")->become_credential, "root password");
  EXPECT_FALSE(find_host(*reader(), "web1")->legacy_algorithms);
  EXPECT_THAT(found.apps, ElementsAre("Linux.Web/www.domain.com", "Linux.Web/bbs.domain.com"));
  EXPECT_THAT(found.tags, ElementsAre("blue", "east"));
  EXPECT_FALSE(find_host(*reader(), "WEB1"));
}

TEST_F(InventoryTest, FiltersNarrowTogether) {
  add_fleet();
  const auto listed = [&](const HostFilter& filter) {
    return names_of(*list_hosts(*reader(), filter));
  };
  EXPECT_THAT(listed({}), ElementsAre("bbs1", "free", "web1", "web2"));
  EXPECT_THAT(listed({.apps = {AppId{1}}, .categories = {}, .tags = {}, .text = ""}),
              ElementsAre("web1", "web2"));
  EXPECT_THAT(listed({.apps = {AppId{1}, AppId{2}}, .categories = {}, .tags = {}, .text = ""}),
              ElementsAre("bbs1", "web1", "web2"));
  EXPECT_THAT(listed({.apps = {}, .categories = {CategoryId{11}}, .tags = {}, .text = ""}),
              ElementsAre("bbs1", "web1", "web2"));
  EXPECT_THAT(listed({.apps = {}, .categories = {CategoryId{1}}, .tags = {}, .text = ""}),
              IsEmpty());
  EXPECT_THAT(listed({.apps = {AppId{1}}, .categories = {}, .tags = {"east"}, .text = ""}),
              ElementsAre("web1"));
  EXPECT_THAT(listed({.apps = {}, .categories = {}, .tags = {"no\"ne\\", "blue"}, .text = "WEB2"}),
              ElementsAre("web2"));
  EXPECT_THAT(listed({.apps = {}, .categories = {}, .tags = {}, .text = "%"}), IsEmpty());
  EXPECT_THAT(listed({.apps = {}, .categories = {}, .tags = {}, .text = "e_"}), IsEmpty());
  EXPECT_THAT(listed({.apps = {}, .categories = {}, .tags = {}, .text = "1.example"}),
              ElementsAre("bbs1", "web1"));
}

TEST_F(InventoryTest, ListedHostsHaveTheirApplicationsAndTags) {
  add_fleet();
  const auto rows =
      *list_hosts(*reader(), {.apps = {}, .categories = {}, .tags = {}, .text = "web1"});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].host.apps.size(), 2U);
  EXPECT_THAT(rows[0].host.tags, ElementsAre("blue", "east"));
  EXPECT_FALSE(rows[0].last);
}

TEST_F(InventoryTest, NamesAreFoundInTheOrderAsked) {
  add_fleet();
  EXPECT_THAT(names_of(*find_hosts(*reader(), {"web2", "bbs1", "web2", "web1"})),
              ElementsAre("web2", "bbs1", "web1"));
  const auto missing = find_hosts(*reader(), {"web9", "web1", "web8"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_EQ(missing.error().message, "there is no host web9, web8");
  const auto many = find_hosts(*reader(), std::vector<std::string>(30, "x"));
  EXPECT_THAT(many.error().message, HasSubstr(" and 10 more"));
}

TEST_F(InventoryTest, SelectionIsAUnionInTheOrderAsked) {
  add_fleet();
  EXPECT_THAT(names_of(*select_hosts(*reader(), {{"free"}, {"bbs.domain.com"}, {"blue"}})),
              ElementsAre("free", "bbs1", "web1", "web2"));
  EXPECT_EQ(select_hosts(*reader(), {{}, {"none"}, {}}).error().reason, "inventory.no_app");
  EXPECT_EQ(select_hosts(*reader(), {{}, {}, {"none"}}).error().reason, "inventory.no_tag");
  EXPECT_THAT(*select_hosts(*reader(), {}), IsEmpty());
}

TEST_F(InventoryTest, SavingTellsWhatItDid) {
  Host host = host_named("web1", {"www.domain.com"}, {"b", "a"});
  EXPECT_EQ(save(host), Saved::added);
  const HostId id = find_host(*reader(), "web1")->id;
  host.apps = {"Linux.Web/www.domain.com", "www.domain.com"};
  host.tags = {"a", "b", "a"};
  EXPECT_EQ(save(host), Saved::unchanged);
  host.tags = {"c"};
  EXPECT_EQ(save(host), Saved::changed);
  host.port = 2200;
  EXPECT_EQ(save(host), Saved::changed);
  host.apps.clear();
  EXPECT_EQ(save(host), Saved::changed);
  const Host found = *find_host(*reader(), "web1");
  EXPECT_EQ(found.id, id);
  EXPECT_EQ(found.port, 2200);
  EXPECT_THAT(found.apps, IsEmpty());
  EXPECT_THAT(found.tags, ElementsAre("c"));
}

TEST_F(InventoryTest, UpdateWantsTheHostAndItsApplications) {
  EXPECT_EQ(refusal([](Transaction& t) { return update_host(t, host_named("web1")); }).code,
            Errc::not_found);
  add(host_named("web1"));
  const Error unknown =
      refusal([](Transaction& t) { return update_host(t, host_named("web1", {"none"})); });
  EXPECT_EQ(unknown.message, "host web1: there is no application none");
  write([](Transaction& t) { return update_host(t, host_named("web1", {}, {"new"})); });
  EXPECT_THAT(find_host(*reader(), "web1")->tags, ElementsAre("new"));
}

TEST_F(InventoryTest, RemovedHostIsGoneWithItsTies) {
  add_fleet();
  write([](Transaction& t) { return remove_host(t, "web1"); });
  EXPECT_FALSE(find_host(*reader(), "web1"));
  EXPECT_EQ((*list_apps(*reader(), {}))[0].hosts, 1);
  Host inner = host_named("inner");
  inner.jump = "web2";
  add(inner);
  const Error needed = refusal([](Transaction& t) { return remove_host(t, "web2"); });
  EXPECT_EQ(needed.code, Errc::conflict);
  EXPECT_THAT(needed.message, HasSubstr("host inner is reached through web2"));
}

TEST_F(InventoryTest, ReferencesAreCheckedAtTheEnd) {
  const auto saving = [&](std::vector<std::pair<std::string, std::string>> jumps,
                          const std::string& credential = "") {
    return [jumps, credential](Transaction& t) -> Result<void> {
      for (const auto& [name, jump] : jumps) {
        Host host = host_named(name);
        host.jump = jump;
        host.credential = credential;
        OM_TRY(save_host(t, host));
      }
      return check_references(connection_of(t));
    };
  };
  write(saving({{"a", "b"}, {"b", ""}}));  // b comes after a, as in an import
  EXPECT_EQ(refusal(saving({{"c", "none"}})).message, "host c: there is no jump host none");
  EXPECT_EQ(refusal(saving({{"b", "a"}})).reason, "inventory.jump_loop");
  EXPECT_EQ(find_host(*reader(), "b")->jump, "");
  EXPECT_EQ(refusal(saving({{"d", ""}}, "none")).reason, "inventory.no_credential");
  std::vector<std::pair<std::string, std::string>> chain{{"h0", ""}};
  for (int i = 1; i <= 8; ++i)
    chain.emplace_back("h" + std::to_string(i), "h" + std::to_string(i - 1));
  write(saving(chain));
  EXPECT_EQ(refusal(saving({{"h9", "h8"}})).reason, "inventory.jump_loop");
}

TEST_F(InventoryTest, TheAgentIsNamedWithoutBeingStored) {
  write([](Transaction& t) -> Result<void> {
    Host host = host_named("web1");
    host.credential = "agent";
    OM_TRY(save_host(t, host));
    return check_references(connection_of(t));
  });
  EXPECT_EQ(refusal([](Transaction& t) -> Result<void> {
              OM_TRY(add_credential(t, {{}, "agent", "password", "", "", ""}, "sealed"));
              return {};
            }).reason,
            "credential.reserved");
}

TEST_F(InventoryTest, OnlyAPasswordMayBeNamedToBecomeWith) {
  write([](Transaction& t) -> Result<void> {
    OM_TRY(add_credential(t, {{}, "fleet", std::string(kPrivateKeyKind), "", "", ""}, "sealed"));
    OM_TRY(add_credential(t, {{}, "root", std::string(kPasswordKind), "", "", ""}, "sealed"));
    return {};
  });
  const auto saving = [](const std::string& password) {
    return [password](Transaction& t) -> Result<void> {
      Host host = host_named("web1");
      host.become_credential = password;
      OM_TRY(save_host(t, host));
      return check_references(connection_of(t));
    };
  };
  const Error missing = refusal(saving("none"));
  EXPECT_EQ(missing.reason, "inventory.no_credential");
  EXPECT_EQ(missing.message,
            "host web1: become_password: there is no password none; add it with omserver "
            "credential add");
  const Error wrong = refusal(saving("fleet"));
  EXPECT_EQ(wrong.reason, "inventory.not_a_password");
  EXPECT_THAT(wrong.message, HasSubstr("fleet is a key"));
  write(saving("root"));
  EXPECT_EQ(refusal([](Transaction& t) { return remove_credential(t, "root"); }).reason,
            "credential.needed");
}

TEST_F(InventoryTest, TagsAreCounted) {
  add_fleet();
  const auto tags = *list_tags(*reader());
  ASSERT_EQ(tags.size(), 2U);
  EXPECT_EQ(tags[0].tag, "blue");
  EXPECT_EQ(tags[0].hosts, 2);
}

}  // namespace
}  // namespace om::store
