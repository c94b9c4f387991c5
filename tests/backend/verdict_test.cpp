// SPDX-License-Identifier: MIT
#include "backend/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::backend {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

Seen running() {
  Seen seen;
  seen.script_sent = true;
  seen.started = true;
  seen.begun = true;
  seen.process_group = 4711;
  seen.run_deadline = seconds(300);
  return seen;
}

Seen ended(int status) {
  Seen seen = running();
  seen.status = status;
  seen.complete = true;
  return seen;
}

TEST(VerdictTest, OkNeedsTheEndMarkWithZero) {
  const Finished result = verdict(ended(0));
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.message, "");
}

TEST(VerdictTest, OtherStatusIsFailed) {
  for (const int status : {1, 3, 126, 127, 128, 160, 255}) {
    const Finished result = verdict(ended(status));
    EXPECT_EQ(result.outcome, Outcome::failed);
    EXPECT_EQ(result.exit_code, status);
    EXPECT_EQ(result.signal, "");
    EXPECT_EQ(result.reason, "backend.exit");
    EXPECT_THAT(result.message, HasSubstr(std::to_string(status)));
  }
}

TEST(VerdictTest, StatusAbove128NamesTheSignal) {
  const Finished killed = verdict(ended(137));
  EXPECT_EQ(killed.outcome, Outcome::failed);
  EXPECT_EQ(killed.exit_code, 137);
  EXPECT_EQ(killed.signal, "KILL");
  EXPECT_EQ(killed.reason, "backend.signal");
  EXPECT_EQ(verdict(ended(129)).signal, "HUP");
  EXPECT_EQ(verdict(ended(143)).signal, "TERM");
  EXPECT_EQ(verdict(ended(159)).signal, "SYS");
}

TEST(VerdictTest, ExitStatusZeroWithoutMarksIsNeverOk) {
  for (const bool begun : {false, true}) {
    for (const bool saw_eof : {false, true}) {
      Seen seen = running();
      seen.begun = begun;
      seen.end = CommandEnd{0, "", saw_eof};
      EXPECT_NE(verdict(seen).outcome, Outcome::ok);
    }
  }
}

TEST(VerdictTest, NoBeginMarkAtTheEndIsNoStartWithWhatTheHostSaid) {
  Seen seen = running();
  seen.begun = false;
  seen.said = "This account is\n\x1b[31mcurrently not available.\r\n";
  seen.end = CommandEnd{1, "", true};
  const Finished result = verdict(seen);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.reason, "backend.no_start");
  EXPECT_EQ(
      result.message,
      "the host did not start /bin/sh (forced command, SFTP only, restricted shell?); status 1; it "
      "said: This account is [31mcurrently not available.");
}

TEST(VerdictTest, BeginWithoutEndIsLostAndSaysWhatMayStillRun) {
  Seen seen = running();
  seen.end = fail(Errc::disconnected, "ssh.disconnected", "the server closed the connection");
  const Finished gone = verdict(seen);
  EXPECT_EQ(gone.outcome, Outcome::lost);
  EXPECT_EQ(gone.reason, "backend.lost");
  EXPECT_THAT(gone.message, HasSubstr("the server closed the connection"));
  EXPECT_THAT(gone.message, HasSubstr("may still run there, pid 4711"));

  seen.end = CommandEnd{0, "KILL", true};
  EXPECT_EQ(verdict(seen).outcome, Outcome::lost);
  EXPECT_THAT(verdict(seen).message, HasSubstr("SIGKILL"));
}

TEST(VerdictTest, OneEndMarkWillDoOnlyAfterAnOrderlyEnd) {
  Seen seen = running();
  seen.status = 0;
  EXPECT_EQ(verdict(seen).outcome, Outcome::lost) << "the other one never came";
  seen.end = CommandEnd{0, "", true};
  EXPECT_EQ(verdict(seen).outcome, Outcome::ok);
  seen.end = CommandEnd{1, "", true};
  EXPECT_EQ(verdict(seen).outcome, Outcome::lost) << "the marks and the server differ";
  seen.end = CommandEnd{0, "", false};
  EXPECT_EQ(verdict(seen).outcome, Outcome::lost) << "something may be cut";
  seen.end = fail(Errc::disconnected, "ssh.disconnected", "gone");
  EXPECT_EQ(verdict(seen).outcome, Outcome::lost);
  EXPECT_THAT(verdict(seen).message, HasSubstr("it had ended with status 0"));
}

TEST(VerdictTest, WhatNeverStartedIsUnreachableWithTheLinksOwnReason) {
  Seen seen;
  seen.end = fail(Errc::conflict, "ssh.host_key_changed", "host key changed");
  const Finished result = verdict(seen);
  EXPECT_EQ(result.outcome, Outcome::unreachable);
  EXPECT_EQ(result.reason, "ssh.host_key_changed");
  EXPECT_EQ(result.message, "host key changed");
  seen.end = fail(Errc::not_found, "backend.no_start", "sudo: no such program");
  EXPECT_EQ(verdict(seen).outcome, Outcome::failed) << "this machine was reached";
}

TEST(VerdictTest, StartedButNothingSentIsLostAndSaysSo) {
  Seen seen;
  seen.started = true;
  seen.end = fail(Errc::disconnected, "ssh.disconnected", "gone");
  EXPECT_EQ(verdict(seen).outcome, Outcome::lost);
  EXPECT_THAT(verdict(seen).message, HasSubstr("the script was not sent"));
}

Seen becoming(BecomeState state, const std::string& said) {
  Seen seen;
  seen.started = true;
  seen.become_user = "root";
  seen.become = state;
  seen.said = said;
  return seen;
}

TEST(VerdictTest, PromptWithoutAPasswordSaysWhatToSet) {
  Seen seen = becoming(BecomeState::prompted, "");
  seen.no_password = "store it";
  EXPECT_EQ(verdict(seen).reason, "backend.become_password");
  EXPECT_EQ(verdict(seen).outcome, Outcome::failed);
  EXPECT_EQ(verdict(seen).message,
            "sudo asks for a password to become root, and there is none: store it");
  seen = becoming(BecomeState::waiting, "doas: Authentication required\n");
  seen.become_method = BecomeMethod::doas;
  seen.wants_terminal = true;
  seen.end = CommandEnd{1, "", true};
  EXPECT_EQ(verdict(seen).reason, "backend.become_denied") << "there is one";
  seen.no_password = "store it";
  EXPECT_EQ(verdict(seen).reason, "backend.become_password");
}

TEST(VerdictTest, WrongPasswordIsToldFromOtherRefusals) {
  EXPECT_EQ(verdict(becoming(BecomeState::asked_again, "")).reason,
            "backend.become_password_wrong");
  for (const char* words : {"sudo: 1 incorrect password attempt\n", "su: Authentication failure\n",
                            "doas: Authentication failed\n"}) {
    Seen seen = becoming(BecomeState::answered, words);
    seen.end = CommandEnd{1, "", true};
    EXPECT_EQ(verdict(seen).reason, "backend.become_password_wrong") << words;
  }
  Seen seen = becoming(BecomeState::answered, "joe is not in the sudoers file.\n");
  seen.end = CommandEnd{1, "", true};
  EXPECT_EQ(verdict(seen).reason, "backend.become_denied");
  EXPECT_THAT(verdict(seen).message, HasSubstr("joe is not in the sudoers file."));
}

TEST(VerdictTest, BecomeThatSaysNothingIsToldFromOneThatRefuses) {
  Seen seen = becoming(BecomeState::waiting, "Verification code: ");
  EXPECT_EQ(verdict(seen).reason, "backend.become_silent");
  EXPECT_THAT(verdict(seen).message, HasSubstr("Verification code:"));
  seen.end = CommandEnd{1, "", true};
  EXPECT_EQ(verdict(seen).reason, "backend.become_denied");
  seen.end = CommandEnd{127, "", true};
  EXPECT_THAT(verdict(seen).message, HasSubstr("sudo is not there"));
  seen.end = fail(Errc::disconnected, "ssh.disconnected", "gone");
  EXPECT_EQ(verdict(seen).outcome, Outcome::lost);
}

TEST(VerdictTest, HostThatDoesNotEvenBeginWithTheBecomeIsNoStart) {
  Seen seen = becoming(BecomeState::silent, "backups only\n");
  seen.end = CommandEnd{1, "", true};
  EXPECT_EQ(verdict(seen).reason, "backend.no_start");
  EXPECT_THAT(verdict(seen).message, HasSubstr("backups only"));
  seen.end.reset();
  EXPECT_EQ(verdict(seen).reason, "backend.become_silent");
}

TEST(VerdictTest, CancelledSaysWhetherItIsConfirmed) {
  Seen seen = running();
  seen.cause = Cause::cancelled;
  seen.status = 143;
  seen.stop = StopAnswer{2, 0, {}};
  const Finished confirmed = verdict(seen);
  EXPECT_EQ(confirmed.outcome, Outcome::cancelled);
  EXPECT_EQ(confirmed.reason, "backend.cancelled");
  EXPECT_EQ(confirmed.exit_code, 143);
  EXPECT_EQ(confirmed.message, "cancelled; process group 4711 has ended");

  seen.stop = StopAnswer{2, 0, {12, 15}};
  EXPECT_EQ(verdict(seen).reason, "backend.cancelled");
  EXPECT_THAT(verdict(seen).message, HasSubstr("left alone, since they are outside of it: 12, 15"));
  seen.stop = StopAnswer{3, 1, {}};
  EXPECT_EQ(verdict(seen).reason, "backend.cancelled_unconfirmed");
  EXPECT_THAT(verdict(seen).message, HasSubstr("1 of 3 processes"));
  EXPECT_THAT(verdict(seen).message, Not(HasSubstr("has ended")));
  seen.stop = StopAnswer{};
  EXPECT_THAT(verdict(seen).message, HasSubstr("could not confirm"));
  EXPECT_THAT(verdict(seen).message, HasSubstr("/proc"));
  seen.stop.reset();
  EXPECT_EQ(verdict(seen).reason, "backend.cancelled_unconfirmed");
  seen.stop_failed = "connect: refused";
  EXPECT_THAT(verdict(seen).message, HasSubstr("could not confirm"));
  EXPECT_THAT(verdict(seen).message, HasSubstr("connect: refused"));
  seen.script_sent = false;
  EXPECT_EQ(verdict(seen).reason, "backend.cancelled");
  EXPECT_EQ(verdict(seen).message, "cancelled; nothing ran on the host");
}

TEST(VerdictTest, TimedOutNamesTheLimit) {
  Seen seen = running();
  seen.cause = Cause::timed_out;
  seen.stop = StopAnswer{1, 0, {}};
  const Finished result = verdict(seen);
  EXPECT_EQ(result.outcome, Outcome::timed_out);
  EXPECT_EQ(result.reason, "backend.timed_out");
  EXPECT_EQ(result.message,
            "ran longer than " + duration_text(seconds(300)) + "; process group 4711 has ended");
  seen.stop.reset();
  EXPECT_EQ(verdict(seen).reason, "backend.timed_out_unconfirmed");
}

TEST(VerdictTest, ExcerptsAreOneShortReadableLine) {
  EXPECT_EQ(excerpt("  a\n\n\tb\x07\x7f c\xff "), "a b c\xef\xbf\xbd");
  EXPECT_EQ(excerpt(""), "");
  EXPECT_LE(excerpt(std::string(5000, 'x')).size(), 300U);
}

}  // namespace
}  // namespace om::backend
