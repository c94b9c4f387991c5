// SPDX-License-Identifier: MIT
//
// What a cold run costs the controller: one script on many hosts, each a loopback address behind a
// real sshd, through SshBackend; in the same run, and the same way, what pssh and clush cost. CPU
// is that of the client alone, all its threads and processes included (getrusage), and is what to
// look at: client and sshd share the machine, so that the wall shows mostly sshd. OpenSSH's client
// makes a post-quantum key exchange by default, which libssh2 does not have: hence the second line
// for each peer, with the exchange that is like ours. Run by root it logs in as a user made for it,
// with a plain shell, since what a profile does on each of the hosts is not measured here.
//   fanout --hosts 200 --at-once 64 --rounds 3 --peers --limit 2.5
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "peers/shell_user.h"
#include "peers/sshd_fixture.h"

#include "om/backend/ssh_backend.h"
#include "om/event/resolver.h"
#include "om/keys/key_signer.h"
#include "om/keys/known_hosts.h"
#include "om/keys/private_key.h"
#include "om/ssh/host_keys.h"

namespace om::bench {
namespace {

struct Settings {
  int hosts = 200;
  int at_once = 64;
  int rounds = 3;
  bool peers = false;
  double limit_ms = 0;
};

struct Cost {
  double cpu_ms = 0;
  double wall_s = 0;
};

double cpu_ms(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

/// Measures what happens in `work`: in this process, or in children that it waits for.
template <class Work>
Cost measure(int who, const Work& work) {
  const double cpu_before = cpu_ms(who);
  const auto before = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - before;
  return {cpu_ms(who) - cpu_before, wall.count()};
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "fanout: %s\n", why.c_str());
  std::exit(1);
}

std::string address(int index) {
  return "127.1." + std::to_string(index / 250) + "." + std::to_string(index % 250 + 1);
}

/// Checks keys as the controller does, against the contents of a known_hosts file.
class FileHostKeys final : public ssh::HostKeys {
 public:
  explicit FileHostKeys(const std::string& text) : known_(keys::KnownHosts::parse(text)) {}
  std::vector<std::string> known_types(const ssh::HostKeyName& name) const override {
    std::vector<std::string> types;
    for (const auto* entry : find(name)) types.push_back(entry->algorithm);
    return types;
  }
  ssh::HostKeyAnswer check(const ssh::HostKeyName& name, const ssh::HostKey& key) override {
    ssh::HostKeyAnswer answer;
    for (const auto* entry : find(name)) {
      if (entry->blob == key.blob) answer.verdict = ssh::HostKeyVerdict::ok;
    }
    return answer;
  }

 private:
  const std::vector<const keys::KnownHosts::Entry*>& find(const ssh::HostKeyName& name) const {
    return known_.find(keys::KnownHosts::display_name(name.host, name.port));
  }
  mutable keys::KnownHosts known_;
};

/// The hosts and who may log in to them.
struct Farm {
  std::unique_ptr<peers::ShellUser> user;  ///< null: whoever runs this
  std::unique_ptr<peers::Sshd> sshd;
  std::string login;
  peers::KeyPair key;
  std::string known_hosts;       ///< one line for each host, as a controller has them
  std::string known_hosts_path;  ///< the same in a file
  std::string hosts_path;        ///< addresses, one a line
};

Farm make_farm(const Settings& settings) {
  Farm farm;
  farm.user = peers::ShellUser::make("/bin/sh").user;
  std::vector<std::string> config = {"LogLevel ERROR"};
  if (farm.user) config.push_back(peers::ShellUser::config_line());
  auto started = peers::Sshd::start({.config = config, .listen_address = "0.0.0.0"});
  if (!started.server) give_up(started.why_not);
  farm.sshd = std::move(started.server);
  farm.key = farm.sshd->authorized_key({});
  farm.login = farm.user ? farm.user->name() : farm.sshd->login();
  if (farm.user) farm.user->add_file(".ssh/authorized_keys", farm.key.public_line + "\n");
  std::string hosts;
  for (int i = 0; i < settings.hosts; ++i) {
    hosts += address(i) + "\n";
    farm.known_hosts += "[" + address(i) + "]:" + std::to_string(farm.sshd->port()) + " " +
                        farm.sshd->host_key_lines()[0] + "\n";
  }
  farm.hosts_path = farm.sshd->folder() + "/hosts";
  farm.known_hosts_path = farm.sshd->folder() + "/known_hosts";
  peers::write_file(farm.hosts_path, hosts);
  peers::write_file(farm.known_hosts_path, farm.known_hosts);
  return farm;
}

/// Starts targets as a Coordinator would: so many at once.
class Fanout final : public backend::Sink {
 public:
  Fanout(const Settings& settings, const Farm& farm)
      : settings_(settings), farm_(farm), host_keys_(farm.known_hosts) {
    auto key = keys::PrivateKey::parse(peers::read_file(farm.key.private_path), Secret());
    if (!key) give_up(key.error().message);
    signer_.set("bench", *std::move(key));
    auto script = std::make_shared<backend::Script>();
    script->bytes = "hostname\n";
    script_ = std::move(script);
  }

  void run() {
    executions_.clear();
    executions_.resize(static_cast<std::size_t>(settings_.hosts));
    next_ = 0;
    finished_ = 0;
    while (next_ < std::min(settings_.at_once, settings_.hosts)) start_next();
    while (finished_ < settings_.hosts) reactor_->turn(std::chrono::milliseconds(100));
  }

 private:
  void start_next() {
    const int index = next_++;
    backend::Batch batch;
    batch.targets.push_back({index, Host{}});
    Host& host = batch.targets.back().host;
    host.address = address(index);
    host.port = farm_.sshd->port();
    host.login = farm_.login;
    batch.job = backend::ScriptJob{script_, nullptr, {}};
    executions_[static_cast<std::size_t>(index)] = backend_.start(std::move(batch), *this);
  }
  void on_event(int index, backend::HostEvent event) override {
    const auto* finished = std::get_if<backend::Finished>(&event);
    if (finished == nullptr) return;
    if (finished->outcome != Outcome::ok) give_up(address(index) + ": " + finished->message);
    executions_[static_cast<std::size_t>(index)].reset();
    ++finished_;
    if (next_ < settings_.hosts) start_next();
  }

  const Settings& settings_;
  const Farm& farm_;
  SystemClock clock_;
  std::unique_ptr<event::Reactor> reactor_ = event::Reactor::create(clock_).value();
  std::unique_ptr<event::Resolver> resolver_ = event::Resolver::create(*reactor_).value();
  keys::KeySigner signer_;
  FileHostKeys host_keys_;
  backend::SshBackend backend_{*reactor_, *resolver_, signer_, host_keys_};
  std::shared_ptr<const backend::Script> script_;
  std::vector<std::unique_ptr<backend::Execution>> executions_;
  int next_ = 0;
  int finished_ = 0;
};

struct Peer {
  std::string name;
  std::vector<std::string> argv;
};

std::vector<Peer> installed_peers(const Settings& settings, const Farm& farm) {
  std::vector<Peer> result;
  for (const auto& [suffix, kex] : {std::pair<std::string, std::string>("", ""),
                                    {", curve25519", "-o KexAlgorithms=curve25519-sha256 "}}) {
    const std::string options =
        "-F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o LogLevel=ERROR " + kex +
        "-o IdentitiesOnly=yes -o UserKnownHostsFile=" + farm.known_hosts_path + " -i " +
        farm.key.private_path + " -p " + std::to_string(farm.sshd->port());
    const std::string at_once = std::to_string(settings.at_once);
    if (::access("/usr/bin/parallel-ssh", X_OK) == 0) {
      result.push_back({"pssh" + suffix,
                        {"parallel-ssh", "-p", at_once, "-t", "0", "-i", "-l", farm.login, "-h",
                         farm.hosts_path, "-x", options, "hostname"}});
    }
    if (::access("/usr/bin/clush", X_OK) == 0) {
      result.push_back({"clush" + suffix,
                        {"clush", "-b", "-f", at_once, "-l", farm.login, "--hostfile",
                         farm.hosts_path, "-o", options, "hostname"}});
    }
  }
  return result;
}

/// Prints the medians of the rounds; gives back the CPU of one host.
double report(const std::string& name, std::vector<Cost> costs, int hosts, double ours) {
  std::ranges::sort(costs, {}, &Cost::cpu_ms);
  const Cost& median = costs[costs.size() / 2];
  const double one_host = median.cpu_ms / hosts;
  std::printf("%-22s %9.3f %9.3f %9.3f %8.2f", name.c_str(), one_host, costs.front().cpu_ms / hosts,
              costs.back().cpu_ms / hosts, median.wall_s);
  if (ours > 0) std::printf(" %7.1f", one_host / ours);
  std::printf("\n");
  std::fflush(stdout);
  return one_host;
}

int run(const Settings& settings) {
  const Farm farm = make_farm(settings);
  std::printf("%d cold hosts, %d at once, %d rounds; client CPU in ms a host\n", settings.hosts,
              settings.at_once, settings.rounds);
  std::printf("%-22s %9s %9s %9s %8s %7s\n", "client", "median", "least", "most", "wall s",
              "ratio");

  Fanout fanout(settings, farm);
  std::vector<Cost> costs;
  for (int round = 0; round < settings.rounds; ++round) {
    costs.push_back(measure(RUSAGE_SELF, [&] { fanout.run(); }));
  }
  const double ours = report("omserver (SshBackend)", costs, settings.hosts, 0);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("%-22s %9.1f MB at most\n", "  resident memory",
              static_cast<double>(usage.ru_maxrss) / 1024);

  if (settings.peers) {
    for (const Peer& peer : installed_peers(settings, farm)) {
      costs.clear();
      for (int round = 0; round < settings.rounds; ++round) {
        costs.push_back(measure(RUSAGE_CHILDREN, [&] {
          const peers::CommandResult result = peers::run_program(peer.argv);
          if (result.exit_status != 0) give_up(peer.name + ": " + result.output.substr(0, 500));
        }));
      }
      report(peer.name, costs, settings.hosts, ours);
    }
  }
  if (settings.limit_ms > 0 && ours > settings.limit_ms) {
    give_up("more than the limit of " + std::to_string(settings.limit_ms) + " ms a host");
  }
  return 0;
}

}  // namespace
}  // namespace om::bench

int main(int argc, char** argv) {
  CLI::App app("CPU of a cold run over many SSH hosts");
  om::bench::Settings settings;
  app.add_option("--hosts", settings.hosts, "loopback addresses")->check(CLI::Range(1, 10000));
  app.add_option("--at-once", settings.at_once, "targets under way")->check(CLI::Range(1, 1000));
  app.add_option("--rounds", settings.rounds, "of which the median counts")
      ->check(CLI::Range(1, 100));
  app.add_flag("--peers", settings.peers, "measure pssh and clush too, where installed");
  app.add_option("--limit", settings.limit_ms, "fail above so many ms of CPU a host");
  CLI11_PARSE(app, argc, argv);
  return om::bench::run(settings);
}
