// SPDX-License-Identifier: MIT
//
// Sessions, tokens, links and passwords, against a real store.

#include "om/access/access.h"

#include <latch>
#include <thread>

#include <gmock/gmock.h>

#include "store/temp_store.h"
#include "store/transaction.h"

#include "om/access/audit.h"
#include "om/base/crypto.h"
#include "om/base/files.h"
#include "om/base/utf8.h"
#include "om/store/audit.h"

namespace om::access {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const Origin kPage{"page", "127.0.0.1"};
constexpr const char* kPassword = "correct horse";

class AccessTest : public store::StoreFixture {
 protected:
  void SetUp() override {
    StoreFixture::SetUp();
    start();
  }
  void TearDown() override { access_.reset(); }
  void start() {
    auto opened = Access::open(*store_, clock_);
    ASSERT_TRUE(opened);
    access_ = std::move(*opened);
  }
  Result<OpenedSession> link_session(std::string_view replaced = "") {
    OM_TRY_SET(const Secret code,
               access_->sign_in().create_link("admin", local_administrator(), kPage));
    return access_->sign_in().by_link(code.reveal(), replaced, kPage);
  }
  Result<OpenedSession> password_session(const std::string& user = "admin",
                                         std::string_view password = kPassword) {
    return access_->sign_in().by_password(user, password, "", kPage);
  }
  void set_password() {
    const auto session = link_session();
    ASSERT_TRUE(session);
    ASSERT_TRUE(access_->sign_in().change_password(session->caller, session->id.reveal(), "",
                                                   kPassword, kPage));
  }
  void change_user(const std::string& name, const std::function<void(store::User&)>& change) {
    write([&](store::Transaction& transaction) -> Result<void> {
      OM_TRY_SET(store::User user, store::find_user(store::connection_of(transaction), name));
      change(user);
      return store::update_user(transaction, user);
    });
  }
  std::vector<std::string> actions() {
    std::vector<std::string> actions;
    const auto entries = store::list_audit(*reader(), std::nullopt, 100);
    for (const auto& entry : *entries) actions.insert(actions.begin(), entry.action);
    return actions;
  }

  std::unique_ptr<Access> access_;
};

TEST_F(AccessTest, FirstStartMakesOneAdministratorAndOnlyThen) {
  EXPECT_TRUE(access_->is_first_start());
  const store::User admin = *store::find_user(*reader(), "admin");
  EXPECT_EQ(admin.password, "");
  EXPECT_TRUE(Rights::from_names(admin.rights).has(Right::administer));
  start();
  EXPECT_FALSE(access_->is_first_start());
  EXPECT_EQ(store::list_users(*reader())->size(), 1U);
}

TEST_F(AccessTest, LinkOpensASessionOnce) {
  const auto code = access_->sign_in().create_link("admin", local_administrator(), kPage);
  const auto opened = access_->sign_in().by_link(code->reveal(), "", kPage);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->caller.name, "admin");
  EXPECT_EQ(opened->caller.how, How::link);
  EXPECT_FALSE(opened->caller.has_password);
  const auto caller = access_->sessions().find(opened->id.reveal());
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name, "admin");
  EXPECT_EQ(caller->how, How::link);
  EXPECT_TRUE(caller->rights.has(Right::run));
  const auto again = access_->sign_in().by_link(code->reveal(), "", kPage);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::unauthorized);
  EXPECT_EQ(again.error().reason, "access.link_refused");
}

TEST_F(AccessTest, LinkIsGoodForTenMinutes) {
  const auto early = access_->sign_in().create_link("admin", local_administrator(), kPage);
  clock_.advance(minutes(9));
  EXPECT_TRUE(access_->sign_in().by_link(early->reveal(), "", kPage));
  const auto late = access_->sign_in().create_link("admin", local_administrator(), kPage);
  clock_.advance(minutes(10));
  EXPECT_EQ(access_->sign_in().by_link(late->reveal(), "", kPage).error().reason,
            "access.link_refused");
  EXPECT_EQ(access_->sign_in().by_link("", "", kPage).error().reason, "access.link_refused");
  EXPECT_EQ(access_->sign_in().create_link("eve", local_administrator(), kPage).error().code,
            Errc::not_found);
}

TEST_F(AccessTest, EveryBearerIsNewAndLong) {
  const auto one = link_session();
  const auto two = link_session();
  EXPECT_GE(one->id.reveal().size(), 43U);
  EXPECT_NE(one->id.reveal(), two->id.reveal());
  EXPECT_TRUE(access_->sessions().find(one->id.reveal()));
  EXPECT_TRUE(access_->sessions().find(two->id.reveal()));
}

TEST_F(AccessTest, SigningInReplacesTheSessionThatWasThere) {
  const auto before = link_session();
  const auto after = link_session(before->id.reveal());
  EXPECT_NE(before->id.reveal(), after->id.reveal());
  EXPECT_EQ(access_->sessions().find(before->id.reveal()).error().reason, "access.no_session");
  EXPECT_TRUE(access_->sessions().find(after->id.reveal()));
}

TEST_F(AccessTest, IdleSessionsEndAfterTwoHours) {
  const auto opened = link_session();
  for (int i = 0; i < 3; ++i) {
    clock_.advance(minutes(119));
    EXPECT_TRUE(access_->sessions().find(opened->id.reveal())) << i;
    write([](store::Transaction&) { return Result<void>(); });  // what was noted is on disk
  }
  clock_.advance(minutes(120));
  EXPECT_EQ(access_->sessions().find(opened->id.reveal()).error().reason, "access.no_session");
}

TEST_F(AccessTest, BusySessionsEndAfterTwelveHours) {
  const auto opened = link_session();
  for (int i = 0; i < 11; ++i) {
    clock_.advance(minutes(60));
    EXPECT_TRUE(access_->sessions().find(opened->id.reveal())) << i;
    write([](store::Transaction&) { return Result<void>(); });
  }
  clock_.advance(minutes(60));
  EXPECT_EQ(access_->sessions().find(opened->id.reveal()).error().reason, "access.no_session");
}

TEST_F(AccessTest, ClosedSessionIsGone) {
  const auto opened = link_session();
  ASSERT_TRUE(access_->sessions().close(opened->id.reveal(), opened->caller, kPage));
  EXPECT_FALSE(access_->sessions().find(opened->id.reveal()));
  EXPECT_EQ(access_->sessions().find("").error().code, Errc::unauthorized);
  EXPECT_EQ(access_->sessions().find("guess").error().code, Errc::unauthorized);
}

TEST_F(AccessTest, CsrfTokenBelongsToItsSession) {
  const auto one = link_session();
  const auto two = link_session();
  EXPECT_TRUE(Sessions::csrf_matches(one->id.reveal(), one->csrf));
  EXPECT_FALSE(Sessions::csrf_matches(one->id.reveal(), two->csrf));
  EXPECT_FALSE(Sessions::csrf_matches(one->id.reveal(), ""));
  EXPECT_FALSE(Sessions::csrf_matches(one->id.reveal(), one->id.reveal()));
}

TEST_F(AccessTest, RightsAndDisablingCountAtOnce) {
  const auto opened = link_session();
  const auto token = access_->tokens().create("admin", "ci", opened->caller, kPage);
  change_user("admin", [](store::User& user) { user.rights = {"see"}; });
  EXPECT_FALSE(access_->sessions().find(opened->id.reveal())->rights.has(Right::run));
  EXPECT_FALSE(access_->tokens().find(token->reveal())->rights.has(Right::run));
  change_user("admin", [](store::User& user) { user.enabled = false; });
  EXPECT_EQ(access_->sessions().find(opened->id.reveal()).error().code, Errc::unauthorized);
  EXPECT_EQ(access_->tokens().find(token->reveal()).error().reason, "access.bad_token");
  EXPECT_EQ(link_session().error().reason, "access.link_refused");
}

TEST_F(AccessTest, TokenActsAsItsUser) {
  const auto token = access_->tokens().create("admin", "ci", local_administrator(), kPage);
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->reveal().starts_with(kTokenPrefix));
  const auto caller = access_->tokens().find(token->reveal());
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name, "admin");
  EXPECT_EQ(caller->how, How::token);
  const std::string text(token->reveal());
  for (const std::string& wrong : {text + "x", text.substr(1), std::string(), std::string("omst_")})
    EXPECT_EQ(access_->tokens().find(wrong).error().reason, "access.bad_token") << wrong;
  EXPECT_EQ(access_->tokens().create("eve", "", local_administrator(), kPage).error().code,
            Errc::not_found);
  EXPECT_EQ(access_->tokens().create("admin", "a\nb", local_administrator(), kPage).error().code,
            Errc::invalid_argument);
}

TEST_F(AccessTest, NothingThatOpensTheDoorIsOnDisk) {
  const auto session = link_session();
  const auto token = access_->tokens().create("admin", "ci", session->caller, kPage);
  const auto code = access_->sign_in().create_link("admin", session->caller, kPage);
  access_.reset();
  store_.reset();
  std::string disk;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    disk += *files::read(entry.path().string(), 16 << 20);
  ASSERT_THAT(disk, HasSubstr("session.create"));
  for (const std::string_view secret : {session->id.reveal(), token->reveal(), code->reveal()}) {
    EXPECT_EQ(disk.find(secret), std::string::npos);
    EXPECT_EQ(disk.find(crypto::base64url(secret)), std::string::npos);
  }
}

TEST_F(AccessTest, PasswordOpensAndAWrongOneDoesNot) {
  set_password();
  const auto opened = password_session();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->caller.how, How::session);
  EXPECT_TRUE(opened->caller.has_password);
  EXPECT_EQ(password_session("admin", "wrong").error().reason, "access.sign_in_refused");
}

TEST_F(AccessTest, UnknownDisabledAndPasswordlessGetTheSameAnswer) {
  const Error unknown = password_session("eve", "x").error();
  const Error passwordless = password_session("admin", "").error();
  set_password();
  change_user("admin", [](store::User& user) { user.enabled = false; });
  const Error disabled = password_session().error();
  for (const Error& error : {unknown, passwordless, disabled}) {
    EXPECT_EQ(error.code, Errc::unauthorized);
    EXPECT_EQ(error.reason, "access.sign_in_refused");
    EXPECT_EQ(error.message, unknown.message);
  }
}

TEST_F(AccessTest, UnknownUserTakesAsLongAsAWrongPassword) {
  set_password();
  const auto seconds_for = [&](const std::string& user) {
    clock_.advance(minutes(2));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(password_session(user, "wrong password"));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  double known = 1e9;
  double unknown = 1e9;
  for (int i = 0; i < 5; ++i) {
    known = std::min(known, seconds_for("admin"));
    unknown = std::min(unknown, seconds_for("eve"));
  }
  EXPECT_LT(std::max(known, unknown) / std::min(known, unknown), 1.5) << known << " " << unknown;
}

TEST_F(AccessTest, GuessingIsSlowedPerAccountAndSaysForHowLong) {
  for (const char* user : {"admin", "eve"}) {
    for (std::size_t i = 0; i < kFreeTries; ++i)
      EXPECT_EQ(password_session(user, "guess").error().reason, "access.sign_in_refused");
    const auto slowed = password_session(user, "guess");
    EXPECT_EQ(slowed.error().code, Errc::overloaded);
    EXPECT_EQ(slowed.error().reason, "access.throttled");
    EXPECT_EQ(access_->sign_in().retry_after(user), seconds(1));
  }
  EXPECT_TRUE(link_session());  // who holds a link is not kept out by guessers
}

TEST_F(AccessTest, ChangingThePasswordEndsTheOtherSessions) {
  set_password();
  const auto mine = password_session();
  const auto other = link_session();
  SignIn& sign_in = access_->sign_in();
  const auto change = [&](std::string_view current, std::string_view wanted) {
    return sign_in.change_password(mine->caller, mine->id.reveal(), current, wanted, kPage);
  };
  EXPECT_EQ(change("wrong one", "another password").error().code, Errc::forbidden);
  EXPECT_EQ(change(kPassword, "short").error().reason, "access.password_length");
  EXPECT_EQ(change(kPassword, std::string(kMaxPasswordBytes + 1, 'x')).error().reason,
            "access.password_length");
  EXPECT_TRUE(access_->sessions().find(other->id.reveal()));
  ASSERT_TRUE(change(kPassword, "another password"));
  EXPECT_TRUE(access_->sessions().find(mine->id.reveal()));
  EXPECT_FALSE(access_->sessions().find(other->id.reveal()));
  clock_.advance(minutes(2));
  EXPECT_FALSE(password_session());
  EXPECT_TRUE(password_session("admin", "another password"));
}

TEST_F(AccessTest, CrowdsOfTriesHoldNoThread) {
  constexpr int kThreads = 12;
  std::latch ready(kThreads);
  std::atomic<int> asked_to_come_again{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i] {
      ready.arrive_and_wait();
      const auto done = password_session("user" + std::to_string(i), "guess");
      if (done.error().reason == "access.throttled") ++asked_to_come_again;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_GT(asked_to_come_again, 0);
}

TEST_F(AccessTest, WhatHappenedIsInTheAuditWithoutSecrets) {
  set_password();
  EXPECT_FALSE(password_session("admin", "hunter2hunter2"));
  EXPECT_FALSE(password_session("my-password-as-name", "x"));
  const auto opened = password_session();
  ASSERT_TRUE(access_->tokens().create("admin", "ci", opened->caller, kPage));
  ASSERT_TRUE(access_->sessions().close(opened->id.reveal(), opened->caller, kPage));
  EXPECT_THAT(actions(), testing::ElementsAre("user.add", "user.link", "session.create",
                                              "session.password", "session.refused",
                                              "session.create", "token.create", "session.end"));
  const auto entries = *store::list_audit(*reader(), std::nullopt, 100);
  EXPECT_EQ(entries[1].user, "admin");
  EXPECT_EQ(entries[1].via, "page");
  EXPECT_EQ(entries[1].peer, "127.0.0.1");
  EXPECT_EQ(entries[1].object, "user admin");
  EXPECT_EQ(entries[6].user, "local");
  for (const auto& entry : entries) {
    const std::string all = entry.user + entry.object + entry.details;
    for (const char* secret : {kPassword, "hunter2", "my-password", "omst_"})
      EXPECT_EQ(all.find(secret), std::string::npos) << all;
  }
  EXPECT_EQ(store::verify_audit(*reader(), std::nullopt)->broken_at, 0);
}

TEST_F(AccessTest, LongAuditTextsAreCutBetweenCharacters) {
  std::string text;
  while (text.size() < 3 * kMaxAuditText) text += "主";
  write([&](store::Transaction& transaction) {
    return record(transaction, clock_, "admin", kPage, "host.import", "file", text);
  });
  const auto entry = store::list_audit(*reader(), std::nullopt, 1)->front();
  EXPECT_LE(entry.details.size(), kMaxAuditText);
  EXPECT_TRUE(entry.details.ends_with("主 [cut]"));
  EXPECT_TRUE(utf8::is_valid(entry.details));
}

}  // namespace
}  // namespace om::access
