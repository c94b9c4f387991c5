// SPDX-License-Identifier: MIT
#include "om/access/gate.h"

#include <set>

#include <gmock/gmock.h>

namespace om::access {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Verb> all_verbs() {
  std::vector<Verb> verbs;
  for (std::size_t i = 0; i < kVerbCount; ++i) verbs.push_back(static_cast<Verb>(i));
  return verbs;
}

Caller with(Rights rights) {
  Caller caller;
  caller.user_id = {1};
  caller.name = "bob";
  caller.rights = rights;
  return caller;
}

TEST(GateTest, EveryVerbHasItsOwnName) {
  std::set<std::string_view> names;
  for (const Verb verb : all_verbs()) {
    EXPECT_TRUE(names.insert(verb_name(verb)).second) << verb_name(verb);
    EXPECT_NE(verb_name(verb).find('.'), std::string_view::npos);
  }
  EXPECT_EQ(verb_name(Verb::run_start), "run.start");
}

TEST(GateTest, NobodyGetsInWhereSomebodyIsNeeded) {
  for (const Verb verb : all_verbs()) {
    const auto admitted = admit(nullptr, verb);
    if (verb == Verb::health_get || verb == Verb::session_create) {
      EXPECT_TRUE(admitted) << verb_name(verb);
    } else {
      ASSERT_FALSE(admitted) << verb_name(verb);
      EXPECT_EQ(admitted.error().code, Errc::unauthorized);
      EXPECT_EQ(admitted.error().reason, "access.sign_in");
    }
  }
}

TEST(GateTest, EachRightOpensItsVerbsAndNoOthers) {
  for (const Right right : granted_rights()) {
    const Caller caller = with(Rights().with(right));
    for (const Verb verb : all_verbs()) {
      const Right needed = right_for(verb);
      const bool expected = needed == right || right == Right::administer ||
                            needed == Right::anybody || needed == Right::signed_in;
      const auto admitted = admit(&caller, verb);
      EXPECT_EQ(admitted.has_value(), expected) << right_name(right) << " " << verb_name(verb);
      if (!admitted) {
        EXPECT_EQ(admitted.error().code, Errc::forbidden);
      }
    }
  }
}

TEST(GateTest, WithoutRightsOnlyOneselfIsLeft) {
  const Caller caller = with({});
  EXPECT_TRUE(admit(&caller, Verb::session_get));
  EXPECT_TRUE(admit(&caller, Verb::session_password));
  EXPECT_TRUE(admit(&caller, Verb::session_end));
  const auto refused = admit(&caller, Verb::run_start);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("user bob may not run.start"));
  EXPECT_THAT(refused.error().message, HasSubstr("'run'"));
}

TEST(GateTest, RunningIsNotSeeingWhatRan) {
  const Caller runner = with(Rights().with(Right::run));
  EXPECT_TRUE(admit(&runner, Verb::run_start));
  EXPECT_FALSE(admit(&runner, Verb::run_output));
}

TEST(GateTest, ChangingTheFilesIsMoreThanSeeingOrRunning) {
  const Caller other = with(Rights().with(Right::see).with(Right::run));
  const Caller copier = with(Rights().with(Right::copy_files));
  EXPECT_TRUE(admit(&other, Verb::file_list));
  for (const Verb verb : {Verb::file_put, Verb::file_remove}) {
    EXPECT_FALSE(admit(&other, verb)) << verb_name(verb);
    EXPECT_TRUE(admit(&copier, verb)) << verb_name(verb);
  }
}

TEST(GateTest, LocalAdministratorMayDoEverything) {
  const Caller local = local_administrator();
  for (const Verb verb : all_verbs()) EXPECT_TRUE(admit(&local, verb)) << verb_name(verb);
  EXPECT_EQ(how_name(local.how), "control");
}

TEST(RightsTest, NamesGoBothWays) {
  for (const Right right : granted_rights()) EXPECT_EQ(right_from_name(right_name(right)), right);
  EXPECT_FALSE(right_from_name("anybody"));
  EXPECT_FALSE(right_from_name("signed_in"));
  EXPECT_FALSE(right_from_name(""));
}

TEST(RightsTest, UnknownNamesGrantNothing) {
  EXPECT_EQ(Rights::from_names({"anybody", "root", "Administer", ""}), Rights());
  EXPECT_THAT(Rights::from_names({"run", "teleport", "see"}).names(), ElementsAre("see", "run"));
  EXPECT_THAT(Rights().names(), IsEmpty());
  EXPECT_EQ(Rights::from_names({"administer"}).names().size(), granted_rights().size());
}

}  // namespace
}  // namespace om::access
