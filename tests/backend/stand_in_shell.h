// SPDX-License-Identifier: MIT
//
// Runs the carrier's lines with one of this machine's shells in the place of /bin/sh: every shell
// that real hosts have there. A folder holds it under the name sh, which makes bash and busybox
// what they are on those hosts.
#pragma once

#include <string>
#include <vector>

#include "peers/sshd_fixture.h"
#include "support/loop.h"

#include "om/process/child.h"

namespace om::backend {

/// What one run of the bootstrap printed, and how its shell ended.
struct ShellRun {
  std::string out;
  std::string err;
  process::Exit exit;
};

class StandInShell {
 public:
  explicit StandInShell(const std::string& program);
  /// Runs the bootstrap to its end with this line and what follows it.
  ShellRun run(std::string line, std::string body,
               const std::vector<std::pair<std::string, std::string>>& environment = {});
  /// The same without waiting for it.
  std::unique_ptr<process::Child> start(
      std::string line, std::string body, process::ChildObserver& observer,
      const std::vector<std::pair<std::string, std::string>>& environment = {});
  test::Loop& loop() { return loop_; }

 private:
  peers::TemporaryFolder folder_;
  test::Loop loop_;
};

/// Those of dash, bash, busybox and mksh that are installed here.
std::vector<std::string> shells_seen_as_bin_sh();
/// For the names of parameterized tests: "/usr/bin/dash" -> "dash".
std::string base_name(const std::string& path);

}  // namespace om::backend
