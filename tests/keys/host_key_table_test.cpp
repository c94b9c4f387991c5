// SPDX-License-Identifier: MIT
//
// Every row of the table: what a session of ours meets at a real server, what ssh makes of the same
// file at the same server, with both policies, and which lines ssh-keygen -F finds.
#include "keys/host_key_table.h"

#include <cstdio>
#include <set>

#include <gtest/gtest.h>

#include "ssh/rig.h"
#include "support/paths.h"

#include "om/base/text.h"
#include "om/keys/host_key_book.h"
#include "om/keys/known_hosts.h"

namespace om::keys {
namespace {

using ssh::HostKey;
using ssh::HostKeyAnswer;
using ssh::HostKeyName;
using ssh::HostKeyVerdict;
using Policy = HostKeyBook::Policy;

/// The book, asked for another name than the one connected to.
class Renamed final : public ssh::HostKeys {
 public:
  Renamed(HostKeyBook& book, HostKeyName name) : book_(book), name_(std::move(name)) {}
  std::vector<std::string> known_types(const HostKeyName&) const override {
    return book_.known_types(name_);
  }
  HostKeyAnswer check(const HostKeyName&, const HostKey& key) override {
    offered = key;
    answer = book_.check(name_, key);
    return *answer;
  }
  std::optional<HostKey> offered;
  std::optional<HostKeyAnswer> answer;

 private:
  HostKeyBook& book_;
  HostKeyName name_;
};

std::string verdict_text(std::optional<HostKeyVerdict> verdict) {
  if (!verdict) return "no verdict";
  constexpr const char* kTexts[] = {"ok", "accepted", "unknown", "changed", "revoked", "only_ca"};
  return kTexts[static_cast<int>(*verdict)];
}

class HostKeyTableTest : public testing::Test {
 protected:
  void SetUp() override {
    if (peers::run_program({"nc", "-h"}).exit_status > 1) GTEST_SKIP() << "there is no nc";
    peers::KeyOptions ecdsa;
    ecdsa.type = "ecdsa";
    ecdsa.bits = 256;
    peers::KeyOptions rsa;
    rsa.type = "rsa";
    rsa.bits = 2048;
    peers::SshdOptions all;
    all.host_keys = {peers::KeyOptions{}, ecdsa, rsa};
    auto started = peers::Sshd::start(all);
    if (!started.server) GTEST_SKIP() << started.why_not;
    full_ = std::move(started.server);
    peers::SshdOptions fewer;
    fewer.host_keys = {};
    for (int number : {1, 2}) {
      fewer.config.push_back("HostKey " + full_->folder() + "/host_key_" + std::to_string(number));
    }
    started = peers::Sshd::start(fewer);
    if (!started.server) GTEST_SKIP() << started.why_not;
    fewer_ = std::move(started.server);
    // "OpenSSH_9.2p1 Debian-2+deb12u10, ..."
    const std::string version = peers::run_program({"ssh", "-V"}).output;
    int major = 0;
    int minor = 0;
    std::sscanf(version.c_str(), "OpenSSH_%d.%d", &major, &minor);
    ASSERT_GT(major, 0) << version;
    is_10_1_ = major > 10 || (major == 10 && minor >= 1);
    const auto other = [this](const peers::KeyOptions& options) {
      const std::string line =
          peers::make_key(folder_.file("other_" + options.type), options).public_line;
      return line.substr(0, line.find(' ', line.find(' ') + 1));
    };
    keys_ = {full_->host_key_lines()[0],
             full_->host_key_lines()[1],
             full_->host_key_lines()[2],
             other({}),
             other(ecdsa),
             other(rsa)};
  }

  void check(const Rows& rows) {
    if (full_ == nullptr) return;
    for (const TableRow& row : rows) {
      SCOPED_TRACE(row.what);
      peers::write_file(file_, row.file);
      const HostKeyVerdict strict =
          row.verdict == HostKeyVerdict::accepted ? HostKeyVerdict::unknown : row.verdict;
      const HostKeyVerdict of_ssh = row.of_ssh.value_or(row.verdict);
      const HostKeyVerdict of_strict_ssh =
          of_ssh == HostKeyVerdict::accepted ? HostKeyVerdict::unknown : of_ssh;
      EXPECT_EQ(verdict_text(ask_us(row, Policy::strict)), verdict_text(strict));
      EXPECT_EQ(peers::read_file(file_), row.file);
      EXPECT_EQ(verdict_text(ask_us(row, Policy::accept_new)), verdict_text(row.verdict));
      EXPECT_EQ(peers::read_file(file_) == row.file, row.verdict != HostKeyVerdict::accepted);
      if (row.before_10_1 && is_10_1_) continue;
      peers::write_file(file_, row.file);
      EXPECT_EQ(verdict_text(ask_ssh(row, "yes")), verdict_text(of_strict_ssh));
      EXPECT_EQ(verdict_text(ask_ssh(row, "accept-new")), verdict_text(of_ssh));
      EXPECT_EQ(row.of_ssh.has_value(), !row.why.empty());
      find_with_ssh_keygen(row);
    }
  }

  peers::Sshd& server_of(const TableRow& row) {
    return row.server == TableServer::with_all_types ? *full_ : *fewer_;
  }

  std::optional<HostKeyVerdict> ask_us(const TableRow& row, Policy policy) {
    auto book = HostKeyBook::open(file_, policy, nullptr).value();
    Renamed names(*book,
                  row.alias.empty() ? HostKeyName{row.name, row.port} : HostKeyName{row.alias, 22});
    ssh::WatchedSession watched;
    watched.session = ssh::Session::start({*rig_.reactor, *rig_.resolver, names, *rig_.signer},
                                          rig_.target(server_of(row)), {}, watched);
    rig_.run_until([&] { return watched.ready || watched.is_over(); });
    watched.session.reset();
    if (!names.answer) return std::nullopt;
    const bool is_refused =
        watched.failed && std::string_view(watched.failed->reason).starts_with("ssh.host_key_");
    EXPECT_EQ(is_refused, names.answer->verdict != HostKeyVerdict::ok &&
                              names.answer->verdict != HostKeyVerdict::accepted);
    return names.answer->verdict;
  }

  std::optional<HostKeyVerdict> ask_ssh(const TableRow& row, const std::string& policy) {
    const std::string file = folder_.file("known_hosts_of_ssh");
    peers::write_file(file, row.file);
    const std::string port = std::to_string(server_of(row).port());
    std::vector<std::string> command = {"ssh", "-F", "none"};
    for (const std::string& option :
         {std::string("BatchMode=yes"), std::string("PreferredAuthentications=none"),
          // The default makes a costly key for each of many connections.
          std::string("KexAlgorithms=curve25519-sha256"), "UserKnownHostsFile=" + file,
          std::string("GlobalKnownHostsFile=none"), "StrictHostKeyChecking=" + policy,
          "ProxyCommand=nc 127.0.0.1 " + port}) {
      command.insert(command.end(), {"-o", option});
    }
    if (!row.alias.empty()) command.insert(command.end(), {"-o", "HostKeyAlias=" + row.alias});
    command.insert(command.end(),
                   {"-p", std::to_string(row.port), "-l", "nobody", row.name, "true"});
    const std::string output = peers::run_program(command).output;
    const auto says = [&output](std::string_view text) {
      return output.find(text) != std::string::npos;
    };
    const bool is_refused = says("Host key verification failed.");
    if (!is_refused && !says("Permission denied")) {
      ADD_FAILURE() << output;
      return std::nullopt;
    }
    if (!is_refused && says("Permanently added")) return HostKeyVerdict::accepted;
    if (!is_refused) return HostKeyVerdict::ok;
    // First: a revoked bare name is mentioned on the way to this.
    if (says("host key is known for")) return HostKeyVerdict::unknown;
    if (says("was revoked and you have requested strict checking")) return HostKeyVerdict::revoked;
    if (says("REMOTE HOST IDENTIFICATION HAS CHANGED")) return HostKeyVerdict::changed;
    ADD_FAILURE() << output;
    return std::nullopt;
  }

  void find_with_ssh_keygen(const TableRow& row) {
    const std::string name = row.alias.empty() ? KnownHosts::display_name(row.name, row.port)
                                               : text::lower_ascii(row.alias);
    const std::string output = peers::run_program({"ssh-keygen", "-F", name, "-f", file_}).output;
    std::set<std::size_t> theirs;
    const std::string mark = "found: line ";
    for (std::size_t at = 0; (at = output.find(mark, at)) != output.npos; ++at) {
      theirs.insert(std::stoul(output.substr(at + mark.size())));
    }
    KnownHosts hosts = KnownHosts::parse(row.file);
    // It does not read the keys; ssh does, and skips a line whose key it cannot read.
    for (const KnownHosts::Problem& problem : hosts.problems()) theirs.erase(problem.line);
    std::set<std::size_t> ours;
    for (const KnownHosts::Entry* entry : hosts.find(name)) ours.insert(entry->line);
    EXPECT_EQ(ours, theirs);
  }

  peers::TemporaryFolder folder_;
  std::string file_ = folder_.file("known_hosts");
  std::unique_ptr<peers::Sshd> full_;
  std::unique_ptr<peers::Sshd> fewer_;
  TableKeys keys_;
  bool is_10_1_ = false;  // ssh, or a newer one
  ssh::Rig rig_;
};

/// A row as docs/host-keys.md has it.
std::string documented(const TableRow& row) {
  std::string asked = row.port == 22 ? row.name : row.name + " port " + std::to_string(row.port);
  if (!row.alias.empty()) asked += ", alias " + row.alias;
  if (row.server == TableServer::without_ed25519) asked += ", no ed25519 there";
  std::string verdict = verdict_text(row.verdict);
  if (row.of_ssh) verdict += "; ssh: " + verdict_text(row.of_ssh);
  return "| " + row.what + " | " + asked + " | " + verdict + " |";
}

TEST(HostKeyTableDocsTest, HasEveryRowAndNoOther) {
  const std::string file = peers::read_file(test::source_dir() / "docs/host-keys.md");
  // What the keys are does not matter here, but that there are some.
  const std::string ed =
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4";
  const TableKeys keys = {ed, ed + "=", ed, ed, ed, ed};
  std::size_t count = 0;
  std::string missing;
  for (const Rows& rows :
       {rows_of_names(keys), rows_of_ports(keys), rows_of_patterns(keys), rows_of_hashes(keys),
        rows_of_markers(keys), rows_of_lines(keys), rows_of_keys(keys)}) {
    missing += "\n";
    for (const TableRow& row : rows) {
      ++count;
      if (file.find("\n" + documented(row) + "\n") == std::string::npos) {
        missing += documented(row) + "\n";
      }
    }
  }
  EXPECT_EQ(text::trim(missing), "");
  std::size_t lines = 0;
  const std::string cases = file.substr(file.find("\n### "));
  for (const std::string_view line : text::split(cases, '\n')) {
    lines += line.starts_with("| ") && !line.starts_with("| ---") && !line.starts_with("| case ") &&
             text::split(line, '|').size() == 5;
  }
  EXPECT_EQ(lines, count);
}

TEST_F(HostKeyTableTest, Names) { check(rows_of_names(keys_)); }
TEST_F(HostKeyTableTest, Ports) { check(rows_of_ports(keys_)); }
TEST_F(HostKeyTableTest, Patterns) { check(rows_of_patterns(keys_)); }
TEST_F(HostKeyTableTest, Hashes) { check(rows_of_hashes(keys_)); }
TEST_F(HostKeyTableTest, Markers) { check(rows_of_markers(keys_)); }
TEST_F(HostKeyTableTest, Lines) { check(rows_of_lines(keys_)); }
TEST_F(HostKeyTableTest, Keys) { check(rows_of_keys(keys_)); }

}  // namespace
}  // namespace om::keys
