// SPDX-License-Identifier: MIT
//
// What is asked of a server's host key, and what the verdicts say.
#include "ssh/host_key_check.h"

#include <gtest/gtest.h>

#include "om/ssh/wire_form.h"

namespace om::ssh {
namespace {

TEST(HostKeyCheckTest, ReadsTheTypeFromTheKey) {
  std::string blob;
  append_string(blob, "ssh-ed25519");
  EXPECT_EQ(key_type_of(blob), "ssh-ed25519");
  EXPECT_EQ(key_type_of("\x00\x00\x00\x09short"), "");
}

TEST(HostKeyCheckTest, EveryRefusalSaysWhatToDo) {
  HostKeyAnswer answer;
  answer.name = "[web3]:2222";
  answer.fingerprint = "SHA256:new";
  answer.known_fingerprint = "SHA256:old";
  answer.where = "known_hosts:12";
  const auto error_for = [&answer](HostKeyVerdict verdict) {
    answer.verdict = verdict;
    const Result<void> result = judge({"ssh-ed25519", ""}, answer);
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
  };
  const Error changed = error_for(HostKeyVerdict::changed);
  EXPECT_EQ(changed.reason, "ssh.host_key_changed");
  EXPECT_EQ(changed.code, Errc::forbidden);
  EXPECT_EQ(changed.message,
            "the server offers the ssh-ed25519 host key SHA256:new for [web3]:2222, but SHA256:old "
            "is on file (known_hosts:12): nothing was sent, somebody may be in between; if the "
            "host was reinstalled and this is its new key, see it with `omserver hostkey list "
            "--pending`, then `omserver hostkey accept ID`");
  EXPECT_EQ(error_for(HostKeyVerdict::unknown).reason, "ssh.host_key_unknown");
  EXPECT_EQ(error_for(HostKeyVerdict::revoked).reason, "ssh.host_key_revoked");
  EXPECT_EQ(error_for(HostKeyVerdict::only_ca).reason, "ssh.host_key_only_ca");
  for (const HostKeyVerdict verdict : {HostKeyVerdict::changed, HostKeyVerdict::unknown,
                                       HostKeyVerdict::revoked, HostKeyVerdict::only_ca}) {
    const std::string message = error_for(verdict).message;
    EXPECT_NE(message.find("SHA256:new for [web3]:2222"), message.npos) << message;
    EXPECT_NE(message.find("omserver hostkey accept ID"), message.npos) << message;
  }
}

TEST(HostKeyCheckTest, GoesOnWithKnownAndNewlyAcceptedKeys) {
  for (const HostKeyVerdict verdict : {HostKeyVerdict::ok, HostKeyVerdict::accepted}) {
    HostKeyAnswer answer;
    answer.verdict = verdict;
    EXPECT_TRUE(judge({"ssh-ed25519", ""}, answer));
  }
}

}  // namespace
}  // namespace om::ssh
