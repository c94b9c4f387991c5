// SPDX-License-Identifier: MIT
//
// useradd and userdel, which fail while another test holds the lock of /etc/passwd.
#include "peers/shell_user.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace om::peers {
namespace {

constexpr char kNameStart[] = "omt";

/// Tries again while /etc/passwd is locked.
CommandResult run_locked(const std::vector<std::string>& argv) {
  CommandResult result;
  for (int attempt = 0; attempt < 100; ++attempt) {
    result = run_program(argv);
    if (result.output.find("lock") == std::string::npos) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return result;
}

std::string sudoers_of(const std::string& name) { return "/etc/sudoers.d/" + name; }

constexpr char kDoasConf[] = "/etc/doas.conf";

/// Rewrites doas.conf without the user's lines and with these; nobody else rewrites it meanwhile.
void rewrite_doas_rules(const std::string& name, const std::string& lines) {
  const int lock = ::open("/run/om-test-doas.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ::flock(lock, LOCK_EX);
  const std::string mark = " # " + name;
  std::string text;
  std::istringstream old(read_file(kDoasConf));
  for (std::string line; std::getline(old, line);) {
    if (!line.ends_with(mark)) text += line + "\n";
  }
  std::istringstream added(lines);
  for (std::string line; std::getline(added, line);) text += line + mark + "\n";
  const std::string fresh = std::string(kDoasConf) + "." + name;
  write_file(fresh, text, 0600);
  ::rename(fresh.c_str(), kDoasConf);
  if (text.empty()) ::unlink(kDoasConf);
  ::close(lock);
}

std::string with_name(const std::string& lines, const std::string& name) {
  std::string result = lines;
  for (std::size_t at = 0; (at = result.find("NAME", at)) != std::string::npos; at += name.size()) {
    result.replace(at, 4, name);
  }
  return result;
}

void remove_user(const std::string& name) {
  ::unlink(sudoers_of(name).c_str());
  if (read_file(kDoasConf).find(" # " + name + "\n") != std::string::npos) {
    rewrite_doas_rules(name, "");
  }
  run_locked({"userdel", "--force", name});
}

/// Users of tests whose process is gone.
void remove_leftovers() {
  std::ifstream passwd("/etc/passwd");
  for (std::string line; std::getline(passwd, line);) {
    const std::string name = line.substr(0, line.find(':'));
    if (!name.starts_with(kNameStart) || name.find('x') == std::string::npos) continue;
    const std::string digits =
        name.substr(sizeof kNameStart - 1, name.find('x') - (sizeof kNameStart - 1));
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) continue;
    if (::kill(std::stoi(digits), 0) != 0 && errno == ESRCH) remove_user(name);
  }
}

}  // namespace

ShellUser::Made ShellUser::make(const std::string& shell) {
  if (::geteuid() != 0) return {nullptr, "only root can make users"};
  if (::access(shell.c_str(), X_OK) != 0) return {nullptr, "there is no " + shell};
  remove_leftovers();
  static std::atomic<int> count = 0;
  std::unique_ptr<ShellUser> user(new ShellUser);
  user->name_ = kNameStart + std::to_string(::getpid()) + "x" + std::to_string(++count);
  ::chmod(user->folder_.path().c_str(), 0755);
  std::filesystem::create_directories(user->home() + "/.ssh");
  std::string login_shell = shell;
  if (shell.ends_with("busybox")) {
    login_shell = user->folder_.file("sh");
    std::filesystem::create_symlink(shell, login_shell);
  }
  // "*" is no password, and yet the account is not locked, which sshd would take for "keep out".
  const CommandResult made = run_locked({"useradd", "--no-create-home", "--home-dir", user->home(),
                                         "--shell", login_shell, "--password", "*", user->name_});
  if (made.exit_status != 0) {
    const std::string why = "useradd: " + made.output;
    user->name_.clear();
    return {nullptr, why};
  }
  run_program({"chown", "-R", user->name_, user->home()});
  return {std::move(user), {}};
}

ShellUser::~ShellUser() {
  if (!name_.empty()) remove_user(name_);
}

void ShellUser::add_sudo_rules(const std::string& lines) const {
  // sudo skips names with a dot, and so never reads a half-written file.
  const std::string fresh = sudoers_of(name_) + ".new";
  write_file(fresh, with_name(lines, name_) + "\n", 0440);
  ::rename(fresh.c_str(), sudoers_of(name_).c_str());
}

void ShellUser::add_doas_rules(const std::string& lines) const {
  rewrite_doas_rules(name_, with_name(lines, name_));
}

void ShellUser::add_file(const std::string& name, const std::string& text) const {
  const std::string path = home() + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  write_file(path, text, 0644);
  run_program({"chown", "-R", name_, home()});
}

void ShellUser::set_password(const std::string& password) const {
  const std::string path = folder_.file("password");
  write_file(path, name_ + ":" + password + "\n");
  run_locked({"/bin/sh", "-c", "chpasswd -c SHA512 <\"$1\"", "sh", path});
}

void ShellUser::lock_account() const { run_locked({"usermod", "--lock", name_}); }

void ShellUser::expire_password() const { run_locked({"chage", "--lastday", "0", name_}); }

void ShellUser::make_profile_noisy() const {
  const std::string noise =
      "echo noise on stdout\n/bin/sh -c 'echo noise on stderr >&2'\necho noise >>" + home() +
      "/noise\n";
  for (const char* name : {".bashrc", ".profile", ".bash_profile", ".cshrc", ".login", ".zshenv",
                           ".zshrc", ".kshrc", ".mkshrc", ".config/fish/config.fish", ".ssh/rc"}) {
    add_file(name, noise);
  }
}

}  // namespace om::peers
