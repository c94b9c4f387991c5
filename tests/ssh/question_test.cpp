// SPDX-License-Identifier: MIT
#include "ssh/question.h"

#include <gtest/gtest.h>

namespace om::ssh {
namespace {

Reply first_reply_to(const std::string& text) { return reply_to({"", {{text, false}}}, false); }

TEST(QuestionTest, TheFirstSingleHiddenQuestionIsForThePassword) {
  for (const char* text : {"Password: ", "deploy@web1's password:", "(deploy@web1) Password: ", "",
                           "密码：", "Mot de passe :", "PIN-typing duo@web1's password: "}) {
    EXPECT_EQ(first_reply_to(text), Reply::password) << text;
  }
  EXPECT_EQ(reply_to({"Welcome to web1", {}}, false), Reply::nothing);
  EXPECT_EQ(reply_to({"", {}}, true), Reply::nothing);
}

TEST(QuestionTest, CodesAndSecondFactorsNeedAPerson) {
  for (const char* text :
       {"Verification code: ", "One-time password (OATH) for `deploy': ", "OTP: ", "Enter PIN: ",
        "Passcode or option (1-3): ", "Enter your token:", "Authenticator: ", "Challenge 7781: "}) {
    EXPECT_EQ(first_reply_to(text), Reply::needs_person) << text;
  }
  EXPECT_EQ(reply_to({"", {{"Password: ", true}}}, false), Reply::needs_person) << "would be seen";
  EXPECT_EQ(reply_to({"", {{"Password: ", false}, {"Code: ", false}}}, false), Reply::needs_person);
  EXPECT_EQ(reply_to({"", {{"Password: ", false}}}, true), Reply::needs_person) << "asked again";
}

TEST(QuestionTest, ANewPasswordIsWantedOnlyAfterTheOldOne) {
  EXPECT_EQ(reply_to({"",
                      {{"You are required to change your password immediately "
                        "(administrator enforced).\nCurrent password: ",
                        false}}},
                     true),
            Reply::password_expired);
  EXPECT_EQ(reply_to({"Your password has expired", {{"New:", false}}}, true),
            Reply::password_expired);
  EXPECT_EQ(first_reply_to("Current password: "), Reply::password);
}

TEST(QuestionTest, WordsFitOnALine) {
  EXPECT_EQ(words_of({"two\nlines", {{"\x1b[2JCode: ", true}, {"PIN: ", false}}}),
            "two lines  [2JCode:  PIN:");
  EXPECT_LE(words_of({std::string(5000, 'x'), {}}).size(), 200U);
}

}  // namespace
}  // namespace om::ssh
