// SPDX-License-Identifier: MIT
//
// Starting, watching and ending the test's own sshd.
#include "peers/sshd_fixture.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace om::peers {
namespace {

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "test peers: %s\n", what.c_str());
  std::abort();
}

void set_up_child_files(posix_spawn_file_actions_t& actions, int output_fd) {
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_fd, 1);
  posix_spawn_file_actions_adddup2(&actions, output_fd, 2);
}

/// Starts a program with its output going to `output_fd`; -1 when it cannot be started.
pid_t spawn(const std::vector<std::string>& argv, int output_fd) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  set_up_child_files(actions, output_fd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A test program may block or ignore signals that its peers need.
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int failure =
      posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failure == 0 ? pid : -1;
}

std::string find_sshd() {
  for (const char* path : {"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

bool accepts_connections(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

/// Parent of a process, or 0 when there is no such process.
pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t after_name = line.rfind(')');
  if (after_name == std::string::npos) return 0;
  std::istringstream rest(line.substr(after_name + 1));
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "om-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) give_up("cannot make " + pattern);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write_file(const std::string& path, std::string_view bytes, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    give_up("cannot write " + path);
  }
  ::close(fd);
}

CommandResult run_program(const std::vector<std::string>& argv) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) give_up("no pipe");
  const pid_t pid = spawn(argv, ends[1]);
  ::close(ends[1]);
  CommandResult result;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    result.output.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  if (pid < 0) {
    result.exit_status = 127;
    return result;
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

KeyPair make_key(const std::string& path, const KeyOptions& options) {
  std::vector<std::string> argv = {"ssh-keygen", "-q",           "-t", options.type,
                                   "-f",         path,           "-N", options.passphrase,
                                   "-C",         options.comment};
  if (options.bits != 0) argv.insert(argv.end(), {"-b", std::to_string(options.bits)});
  if (!options.format.empty()) argv.insert(argv.end(), {"-m", options.format});
  if (!options.cipher.empty()) argv.insert(argv.end(), {"-Z", options.cipher});
  const CommandResult made = run_program(argv);
  if (made.exit_status != 0) give_up("ssh-keygen failed: " + made.output);
  KeyPair pair;
  pair.private_path = path;
  pair.public_line = read_file(path + ".pub");
  while (!pair.public_line.empty() && pair.public_line.back() == '\n') pair.public_line.pop_back();
  return pair;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    give_up("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string why_no_mounts() {
  if (::geteuid() != 0) return "only root can mount";
  const CommandResult tried =
      run_program({"unshare", "-m", "/bin/sh", "-c", "mount -t tmpfs tmpfs /mnt"});
  return tried.exit_status == 0 ? "" : "no mount namespace here: " + tried.output;
}

Sshd::Started Sshd::start(const SshdOptions& options) {
  const std::string program = find_sshd();
  if (program.empty()) return {nullptr, "there is no sshd: install openssh-server"};
  if (::geteuid() == 0) {
    ::mkdir("/run/sshd", 0755);
    if (::access("/run/sshd", X_OK) != 0) return {nullptr, "sshd needs the folder /run/sshd"};
  }
  std::unique_ptr<Sshd> sshd(new Sshd);
  const passwd* user = ::getpwuid(::geteuid());
  if (user == nullptr) return {nullptr, "the user who runs the tests has no name"};
  sshd->login_ = user->pw_name;

  std::string config;
  for (const std::string& line : options.config) config += line + "\n";
  for (std::size_t i = 0; i < options.host_keys.size(); ++i) {
    const std::string path = sshd->folder_.file("host_key_" + std::to_string(i));
    const std::string line = make_key(path, options.host_keys[i]).public_line;
    sshd->host_key_lines_.push_back(line.substr(0, line.find(' ', line.find(' ') + 1)));
    config += "HostKey " + path + "\n";
  }
  const std::string pid_file = sshd->folder_.file("pid");
  config += "AuthorizedKeysFile " + sshd->folder_.file("authorized_keys") + "\n";
  config += "PidFile " + pid_file + "\n";
  config +=
      "UsePAM no\nStrictModes no\nUseDNS no\nPermitRootLogin yes\nPasswordAuthentication no\n"
      "KbdInteractiveAuthentication no\nLogLevel VERBOSE\nMaxStartups 1000\nPrintMotd no\n"
      "AcceptEnv OM_*\nPerSourcePenalties no\n";
  // bash reads ~/.bashrc for a command over SSH unless it believes to be inside another shell. What
  // this machine's administrator has in there (a version manager, say) is not what is tested, and
  // hundreds of logins at once would wait for it. Users made for a test have profiles of their own.
  config += "Match User root\n  SetEnv SHLVL=5\n";
  write_file(sshd->folder_.file("authorized_keys"), "");

  // A server older than 9.8 does not know PerSourcePenalties.
  const std::string config_path = sshd->folder_.file("sshd_config");
  write_file(config_path, config);
  const CommandResult checked = run_program({program, "-t", "-f", config_path});
  if (checked.exit_status != 0) {
    if (checked.output.find("PerSourcePenalties") == std::string::npos) {
      return {nullptr, "sshd refuses its configuration: " + checked.output};
    }
    constexpr std::string_view kLine = "PerSourcePenalties no\n";
    config.erase(config.find(kLine), kLine.size());
    write_file(config_path, config);
  }

  // The port is free when it is asked for, but somebody else may be quicker: try again.
  for (int attempt = 0; attempt < 5; ++attempt) {
    sshd->port_ = free_port();
    const int output = ::open(sshd->folder_.file("output").c_str(),
                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    std::vector<std::string> argv = {
        program, "-D",
        "-f",    config_path,
        "-E",    sshd->folder_.file("log"),
        "-o",    "ListenAddress=" + options.listen_address + ":" + std::to_string(sshd->port_)};
    if (!options.mounts.empty()) {
      const std::string lines = "set -e\n" + options.mounts + "\nexec \"$@\"";
      argv.insert(argv.begin(), {"unshare", "-m", "/bin/sh", "-c", lines, sshd->folder_.path()});
    }
    sshd->pid_ = spawn(argv, output);
    ::close(output);
    if (sshd->pid_ < 0) return {nullptr, "cannot start " + program};
    for (int wait = 0; wait < 500; ++wait) {
      int status = 0;
      if (::waitpid(sshd->pid_, &status, WNOHANG) == sshd->pid_) {
        sshd->pid_ = -1;
        break;
      }
      // Its own log says so first: a connection made now is ours, not another program's.
      if (::access(pid_file.c_str(), R_OK) == 0 && accepts_connections(sshd->port_)) {
        return {std::move(sshd), {}};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    sshd->stop();
  }
  return {nullptr, "sshd does not start: " + sshd->log() + read_file(sshd->folder_.file("output"))};
}

Sshd::~Sshd() { stop(); }

KeyPair Sshd::authorized_key(const KeyOptions& options) {
  const KeyPair pair = make_key(folder_.file("user_key_" + std::to_string(++key_count_)), options);
  const std::string path = folder_.file("authorized_keys");
  write_file(path, read_file(path) + pair.public_line + "\n");
  return pair;
}

void Sshd::set_authorized_keys(std::string_view lines) {
  write_file(folder_.file("authorized_keys"), lines);
}

std::string Sshd::known_hosts() const {
  std::string lines;
  for (const std::string& key : host_key_lines_) {
    lines += "[127.0.0.1]:" + std::to_string(port_) + " " + key + "\n";
  }
  return lines;
}

std::string Sshd::log() const { return read_file(folder_.file("log")); }

bool Sshd::wait_for_log(std::string_view text, std::chrono::milliseconds at_most) const {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (log().find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

std::vector<pid_t> Sshd::connection_pids() const {
  std::vector<pid_t> pids;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const pid_t pid = static_cast<pid_t>(std::atoi(name.c_str()));
    if (pid_ > 0 && parent_of(pid) == pid_) pids.push_back(pid);
  }
  return pids;
}

void Sshd::kill_connections() const {
  for (const pid_t pid : connection_pids()) ::kill(pid, SIGKILL);
}

void Sshd::stop() {
  if (pid_ <= 0) return;
  // The listener first stands still, so that no connection slips in after the list was made.
  ::kill(pid_, SIGSTOP);
  kill_connections();
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
}

}  // namespace om::peers
