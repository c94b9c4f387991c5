// SPDX-License-Identifier: MIT
//
// The fixture itself, with OpenSSH's own client: what the other tests lean on.
#include "peers/sshd_fixture.h"

#include <thread>

#include <gtest/gtest.h>

namespace om::peers {
namespace {

std::vector<std::string> ssh_command(const Sshd& sshd, const KeyPair& key, std::string command) {
  write_file(sshd.folder() + "/known_hosts", sshd.known_hosts());
  return {"ssh",
          "-F",
          "none",
          "-o",
          "BatchMode=yes",
          "-o",
          "IdentitiesOnly=yes",
          "-o",
          "UserKnownHostsFile=" + sshd.folder() + "/known_hosts",
          "-i",
          key.private_path,
          "-p",
          std::to_string(sshd.port()),
          "-l",
          sshd.login(),
          "127.0.0.1",
          std::move(command)};
}

TEST(SshdFixtureTest, LetsAnAuthorizedKeyIn) {
  const auto sshd = Sshd::start({});
  if (!sshd.server) GTEST_SKIP() << sshd.why_not;
  const KeyPair key = sshd.server->authorized_key({});
  const CommandResult ran = run_program(ssh_command(*sshd.server, key, "echo hello; exit 3"));
  EXPECT_EQ(ran.output, "hello\n");
  EXPECT_EQ(ran.exit_status, 3);
  EXPECT_TRUE(sshd.server->wait_for_log("Accepted publickey", std::chrono::seconds(5)));
}

TEST(SshdFixtureTest, RefusesEveryOtherKey) {
  const auto sshd = Sshd::start({});
  if (!sshd.server) GTEST_SKIP() << sshd.why_not;
  const KeyPair other = make_key(sshd.server->folder() + "/other", {});
  EXPECT_EQ(run_program(ssh_command(*sshd.server, other, "true")).exit_status, 255);
}

TEST(SshdFixtureTest, BreaksConnectionsOnRequest) {
  const auto sshd = Sshd::start({});
  if (!sshd.server) GTEST_SKIP() << sshd.why_not;
  const KeyPair key = sshd.server->authorized_key({});
  // Ends by itself once its connection is gone (or its parent's number is another process's).
  const std::string command =
      "i=0; while [ $i -lt 200 ] && kill -0 $PPID 2>/dev/null; do sleep 0.05; i=$((i+1)); done";
  CommandResult ran;
  std::thread client([&sshd, &key, &command, &ran] {
    ran = run_program(ssh_command(*sshd.server, key, command));
  });
  EXPECT_TRUE(sshd.server->wait_for_log("Starting session", std::chrono::seconds(10)));
  EXPECT_EQ(sshd.server->connection_pids().size(), 1u);
  sshd.server->kill_connections();
  client.join();
  EXPECT_EQ(ran.exit_status, 255);
}

}  // namespace
}  // namespace om::peers
