// SPDX-License-Identifier: MIT
//
// Servers that bend the protocol, one message at a time, before and behind the encryption: whatever
// they say, the session ends with a reason or the command does, soon, and nothing else suffers.
#include <algorithm>
#include <ctime>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "peers/hostile_server.h"
#include "ssh/library_leaks.h"
#include "ssh/rig.h"

#include "om/keys/private_key.h"

namespace om::ssh {
namespace {

using std::chrono::milliseconds;

constexpr unsigned kCases = 840;  // ten faults in each of thirteen messages, or none; six times
constexpr unsigned kAtOnce = 80;

double thread_cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// One session with one command, to whatever end.
struct Visit {
  std::unique_ptr<WatchedSession> session;
  std::unique_ptr<WatchedExec> exec;
  MonotonicTime began{};
  /// The command runs, and the server is polite: only the caller's deadline ends that.
  bool runs_on(MonotonicTime now) const {
    return exec && exec->started && !exec->is_over() && now - began > milliseconds(6000);
  }
  bool is_over() const { return session->is_over() || (exec && exec->is_over()); }
};

TEST(HostileServerTest, NothingThatAServerSaysDoesMoreThanEndItsSession) {
  const LibraryLeaks allowed;
  peers::HostileServer server(0);
  Rig rig;
  peers::TemporaryFolder folder;
  rig.add_key("test", peers::make_key(folder.file("key"), {}));
  SessionTarget target;
  target.address = "127.0.0.1";
  target.port = server.port();
  SessionDeadlines deadlines;
  deadlines.connect = deadlines.handshake = deadlines.login = deadlines.silence =
      milliseconds(2000);

  double longest_turn = 0;
  unsigned started = 0;
  unsigned finished = 0;
  unsigned failed = 0;
  unsigned unharmed = 0;
  std::set<std::string> reasons;
  std::vector<std::unique_ptr<Visit>> visits;
  const auto begin = [&] {
    auto visit = std::make_unique<Visit>();
    visit->session = rig.start(target, deadlines);
    visit->session->when_ready = [&rig, it = visit.get()] {
      it->exec = std::make_unique<WatchedExec>();
      ExecOptions options;
      options.command = "anything";
      options.open = options.close = milliseconds(2000);
      it->exec->channel = it->session->session->exec(options, *it->exec);
      it->exec->channel->finish_writing();
    };
    visit->began = rig.clock.now();
    visits.push_back(std::move(visit));
    ++started;
  };
  const MonotonicTime end = rig.clock.now() + std::chrono::seconds(100);
  while (finished < kCases && rig.clock.now() < end) {
    while (started < kCases && visits.size() < kAtOnce) begin();
    const double before = thread_cpu_seconds();
    rig.reactor->turn(milliseconds(20));
    longest_turn = std::max(longest_turn, thread_cpu_seconds() - before);
    std::erase_if(visits, [&](const std::unique_ptr<Visit>& visit) {
      if (!visit->is_over() && !visit->runs_on(rig.clock.now())) return false;
      ++finished;
      if (visit->session->failed) {
        ++failed;
        reasons.insert(visit->session->failed->reason);
        EXPECT_FALSE(visit->session->failed->message.empty());
      }
      if (visit->exec && visit->exec->status && visit->exec->out == "hello\n") ++unharmed;
      if (visit->exec && visit->exec->error) reasons.insert(visit->exec->error->reason);
      return true;
    });
  }
  EXPECT_EQ(finished, kCases) << "some never ended";
  EXPECT_LT(longest_turn, 1.0) << "seconds of CPU";
  EXPECT_GT(server.logins(), kCases / 3) << "many were hostile behind the encryption";
  EXPECT_GT(failed, kCases / 10);
  for (const std::string& reason : reasons) EXPECT_TRUE(reason.starts_with("ssh.")) << reason;

  EXPECT_GE(unharmed, kCases / 14) << "one in fourteen is honest";
}

}  // namespace
}  // namespace om::ssh
