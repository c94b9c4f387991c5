// SPDX-License-Identifier: MIT
#include "om/store/users.h"

#include <gmock/gmock.h>

#include "store/temp_store.h"
#include "store/transaction.h"

#include "om/store/credentials.h"
#include "om/store/inventory.h"

namespace om::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kHash(32, '\x9f');
const std::string kOtherHash(32, '\0');

class UsersTest : public StoreFixture {
 protected:
  UserId add(const std::string& name) {
    UserId id;
    write([&](Transaction& transaction) -> Result<void> {
      User user;
      user.name = name;
      user.password = "scrypt$...";
      user.created_ms = 7;
      user.rights = {"run", "admin"};
      OM_TRY_SET(id, add_user(transaction, user));
      return {};
    });
    return id;
  }
  Errc refusal(Store::Work work) {
    const auto done = store_->write(std::move(work));
    return done ? Errc::internal : done.error().code;
  }
};

TEST_F(UsersTest, UserComesBackByNameAndNumber) {
  const UserId id = add("admin");
  add("bob");
  const User user = *find_user(*reader(), "admin");
  EXPECT_EQ(user.id, id);
  EXPECT_EQ(user.password, "scrypt$...");
  EXPECT_TRUE(user.enabled);
  EXPECT_EQ(user.created_ms, 7);
  EXPECT_THAT(user.rights, ElementsAre("admin", "run"));
  EXPECT_EQ(find_user(*reader(), id)->name, "admin");
  EXPECT_EQ(list_users(*reader())->size(), 2U);
  EXPECT_EQ(find_user(*reader(), "eve").error().code, Errc::not_found);
  EXPECT_EQ(find_user(*reader(), UserId{99}).error().code, Errc::not_found);
}

TEST_F(UsersTest, NamesAreUniqueWords) {
  add("admin");
  const auto adding = [](const std::string& name) {
    return [name](Transaction& transaction) -> Result<void> {
      User user;
      user.name = name;
      OM_TRY(add_user(transaction, user));
      return {};
    };
  };
  EXPECT_EQ(refusal(adding("admin")), Errc::conflict);
  EXPECT_EQ(refusal(adding("a b")), Errc::invalid_argument);
  EXPECT_EQ(refusal(adding("-a")), Errc::invalid_argument);
  EXPECT_EQ(refusal(adding("")), Errc::invalid_argument);
}

TEST_F(UsersTest, UpdateReplacesPasswordStateAndRights) {
  User user = *find_user(*reader(), add("bob"));
  user.password = "";
  user.enabled = false;
  user.rights = {"see"};
  write([&](Transaction& transaction) { return update_user(transaction, user); });
  const User changed = *find_user(*reader(), "bob");
  EXPECT_EQ(changed.password, "");
  EXPECT_FALSE(changed.enabled);
  EXPECT_THAT(changed.rights, ElementsAre("see"));
  user.id = {99};
  EXPECT_EQ(refusal([&](Transaction& transaction) { return update_user(transaction, user); }),
            Errc::not_found);
}

TEST_F(UsersTest, SessionsEndOneByOneByUserAndByAge) {
  const UserId admin = add("admin");
  const UserId bob = add("bob");
  const auto there = [&](const std::string& hash) {
    return find_session(*reader(), hash).has_value();
  };
  write([&](Transaction& t) -> Result<void> {
    OM_TRY(add_session(t, {kHash, admin, true, 100, 100}));
    OM_TRY(add_session(t, {kOtherHash, admin, false, 200, 200}));
    OM_TRY(add_session(t, {"bobs", bob, false, 300, 300}));
    return touch_session(t, kHash, 150);
  });
  const SessionRow session = *find_session(*reader(), kHash);
  EXPECT_EQ(session.user_id, admin);
  EXPECT_TRUE(session.by_link);
  EXPECT_EQ(session.created_ms, 100);
  EXPECT_EQ(session.seen_ms, 150);
  write([&](Transaction& t) { return touch_session(t, kHash, 120); });
  EXPECT_EQ(find_session(*reader(), kHash)->seen_ms, 150);

  write([&](Transaction& t) { return remove_sessions_of(t, admin, kHash); });
  EXPECT_TRUE(there(kHash));
  EXPECT_FALSE(there(kOtherHash));
  EXPECT_TRUE(there("bobs"));
  write([&](Transaction& t) { return remove_old_sessions(t, 100, 151); });
  EXPECT_FALSE(there(kHash));
  EXPECT_TRUE(there("bobs"));
  write([&](Transaction& t) { return remove_old_sessions(t, 301, 0); });
  EXPECT_FALSE(there("bobs"));
  write([&](Transaction& t) { return remove_session(t, "bobs"); });
}

TEST_F(UsersTest, TokensAreKnownByTheirHash) {
  const UserId admin = add("admin");
  const UserId bob = add("bob");
  std::int64_t id = 0;
  write([&](Transaction& t) -> Result<void> {
    OM_TRY_SET(id, add_token(t, {0, admin, "ci", 10, 0}, kHash));
    OM_TRY(add_token(t, {0, bob, "his", 11, 0}, kOtherHash));
    return touch_token(t, id, 99);
  });
  const TokenRow token = *find_token(*reader(), kHash);
  EXPECT_EQ(token.id, id);
  EXPECT_EQ(token.user_id, admin);
  EXPECT_EQ(token.name, "ci");
  EXPECT_EQ(token.used_ms, 99);
  EXPECT_EQ(list_tokens(*reader(), bob)->size(), 1U);
  EXPECT_EQ(list_tokens(*reader(), std::nullopt)->size(), 2U);
  EXPECT_EQ(find_token(*reader(), kHash + "x").error().code, Errc::not_found);
  write([&](Transaction& t) { return remove_token(t, id); });
  EXPECT_EQ(find_token(*reader(), kHash).error().code, Errc::not_found);
  EXPECT_EQ(refusal([&](Transaction& t) { return remove_token(t, id); }), Errc::not_found);
}

TEST_F(UsersTest, LinkOpensOnceAndInTimeOnly) {
  const UserId admin = add("admin");
  const auto take = [&](const std::string& hash, WallMs now) -> std::optional<UserId> {
    std::optional<UserId> user;
    static_cast<void>(store_
                          ->write([&](Transaction& t) -> Result<void> {
                            OM_TRY_SET(user, take_link(t, hash, now));
                            return {};
                          })
                          .has_value());
    return user;
  };
  write([&](Transaction& t) -> Result<void> {
    OM_TRY(add_link(t, kHash, admin, 1000, 0));
    return add_link(t, kOtherHash, admin, 1000, 0);
  });
  EXPECT_FALSE(take("none", 0));
  EXPECT_EQ(take(kHash, 999), admin);
  EXPECT_FALSE(take(kHash, 999));
  EXPECT_FALSE(take(kOtherHash, 1000));
  write([&](Transaction& t) { return add_link(t, "new", admin, 3000, 2000); });
  write([](Transaction& t) -> Result<void> {
    EXPECT_EQ(*connection_of(t).query_integer("SELECT count(*) FROM sign_in_link"), 1);
    return {};
  });
}

TEST_F(UsersTest, CredentialsKeepTheirSealApart) {
  const std::string sealed("\x01\0\xff sealed", 10);
  CredentialId id;
  write([&](Transaction& t) -> Result<void> {
    OM_TRY_SET(id,
               add_credential(t, {{}, "fleet", "ssh-key", "ssh-ed25519 AAAA", "SHA256:x", "cert"},
                              sealed));
    return {};
  });
  EXPECT_EQ(*find_sealed(*reader(), id), sealed);
  const Credential found = *find_credential(*reader(), "fleet");
  EXPECT_EQ(found.kind, "ssh-key");
  EXPECT_EQ(found.public_key, "ssh-ed25519 AAAA");
  EXPECT_EQ(found.fingerprint, "SHA256:x");
  EXPECT_EQ(found.certificate, "cert");
  EXPECT_EQ(list_credentials(*reader())->size(), 1U);
  EXPECT_EQ(refusal([&](Transaction& t) -> Result<void> {
              OM_TRY(add_credential(t, found, sealed));
              return {};
            }),
            Errc::conflict);
  Host host;
  host.name = "web1";
  host.address = "10.0.0.1";
  host.credential = "fleet";
  write([&](Transaction& t) -> Result<void> {
    OM_TRY(add_host(t, host));
    return check_references(connection_of(t));
  });
  EXPECT_EQ(refusal([](Transaction& t) { return remove_credential(t, "fleet"); }), Errc::conflict);
  write([](Transaction& t) {
    return replace_credential(t, {{}, "fleet", "ssh-key", "ssh-rsa BBBB", "SHA256:y", ""}, "new");
  });
  EXPECT_EQ(find_credential(*reader(), "fleet")->fingerprint, "SHA256:y");
  EXPECT_EQ(find_credential(*reader(), "fleet")->certificate, "");
  EXPECT_EQ(*find_sealed(*reader(), id), "new");
  write([](Transaction& t) {
    return replace_credential(t, {{}, "other", "password", "", "", ""}, "sealed");
  });
  EXPECT_EQ(find_credential(*reader(), "other")->kind, "password");
  write([](Transaction& t) { return remove_credential(t, "other"); });
  write([](Transaction& t) { return remove_host(t, "web1"); });
  write([](Transaction& t) { return remove_credential(t, "fleet"); });
  EXPECT_EQ(refusal([](Transaction& t) { return remove_credential(t, "fleet"); }), Errc::not_found);
  EXPECT_THAT(*list_credentials(*reader()), IsEmpty());
}

}  // namespace
}  // namespace om::store
