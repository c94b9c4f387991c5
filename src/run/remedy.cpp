// SPDX-License-Identifier: MIT
#include "run/remedy.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "om/base/quote.h"
#include "om/base/text.h"

namespace om::run {
namespace {

enum class Cure {
  none,           ///< the message says all there is to say
  look_up_name,   ///< what this machine makes of the name
  try_port,       ///< whether anything listens
  watch_login,    ///< what ssh says on the way
  log_in,         ///< as a person, who is asked there
  judge_key,      ///< the host keys that wait for somebody's word
  bring_key,      ///< put the public key where the host looks for it
  add_key,        ///< there is none to offer
  renew_key,      ///< with a certificate that the host takes
  list_keys,      ///< one of them cannot sign
  try_shell,      ///< what the account starts
  try_become,     ///< what sudo, su or doas says there
  give_password,  ///< store the one that becoming asks for
  see_processes,  ///< what is left running
  check_jump,     ///< whether the jump host itself is ready
};

struct Entry {
  std::string_view reason;
  Cure cure;
};

constexpr Entry kEntries[] = {
    {"ssh.name_not_found", Cure::look_up_name},
    {"ssh.name_timed_out", Cure::look_up_name},
    {"ssh.connect_refused", Cure::try_port},
    {"ssh.connect_timed_out", Cure::try_port},
    {"ssh.connect_failed", Cure::try_port},
    {"ssh.no_interface", Cure::none},
    {"ssh.no_route", Cure::try_port},
    {"ssh.handshake_timed_out", Cure::watch_login},
    {"ssh.handshake_failed", Cure::watch_login},
    {"ssh.host_key_changed", Cure::judge_key},
    {"ssh.host_key_unknown", Cure::judge_key},
    {"ssh.host_key_revoked", Cure::judge_key},
    {"ssh.host_key_only_ca", Cure::judge_key},
    {"ssh.no_credential", Cure::add_key},
    {"ssh.login_refused", Cure::bring_key},
    {"ssh.login_timed_out", Cure::watch_login},
    {"ssh.certificate_refused", Cure::renew_key},
    {"ssh.login_needs_more", Cure::watch_login},
    {"ssh.login_needs_person", Cure::watch_login},
    {"ssh.password_expired", Cure::log_in},
    {"ssh.signing_failed", Cure::list_keys},
    {"ssh.disconnected", Cure::watch_login},
    {"ssh.silent", Cure::watch_login},
    {"ssh.channel_refused", Cure::watch_login},
    {"ssh.exec_refused", Cure::try_shell},
    {"ssh.exec_timed_out", Cure::try_shell},
    {"ssh.terminal_refused", Cure::try_become},
    {"ssh.jump_failed", Cure::check_jump},
    {"ssh.jump_forbidden", Cure::check_jump},
    {"ssh.jump_connect_failed", Cure::check_jump},
    {"ssh.cancelled", Cure::none},
    {"backend.no_start", Cure::try_shell},
    {"backend.become_password", Cure::give_password},
    {"backend.become_password_wrong", Cure::try_become},
    {"backend.become_denied", Cure::try_become},
    {"backend.become_silent", Cure::try_become},
    {"backend.become_refused", Cure::none},
    {"backend.parameter_refused", Cure::none},
    {"backend.file_refused", Cure::none},
    {"backend.exit", Cure::none},
    {"backend.signal", Cure::none},
    {"backend.lost", Cure::watch_login},
    {"backend.cancelled", Cure::none},
    {"backend.timed_out", Cure::none},
    {"backend.cancelled_unconfirmed", Cure::see_processes},
    {"backend.timed_out_unconfirmed", Cure::see_processes},
};

Cure cure_of(std::string_view reason) {
  const auto found = std::find_if(std::begin(kEntries), std::end(kEntries),
                                  [&](const Entry& entry) { return entry.reason == reason; });
  return found == std::end(kEntries) ? Cure::none : found->cure;
}

/// The line for this machine itself.
std::string local_line(Cure cure, const Host& host) {
  switch (cure) {
    case Cure::try_become:
      return quote::shell_command({"sudo", "-u", host.become, "true"});
    case Cure::see_processes:
      return "ps -ejH";
    default:
      return {};
  }
}

std::string user_at(const Host& host) {
  return (host.login.empty() ? "root" : host.login) + "@" + host.address;
}

/// "USER@ADDRESS:PORT,...", as ssh -J takes it.
std::string jump_list(const std::vector<Host>& jumps) {
  std::vector<std::string> list;
  for (const Host& jump : jumps) {
    const bool is_v6 = jump.address.find(':') != std::string::npos;
    list.push_back((jump.login.empty() ? "root" : jump.login) + "@" +
                   (is_v6 ? "[" + jump.address + "]" : jump.address) + ":" +
                   std::to_string(jump.port));
  }
  return text::join(list, ",");
}

/// `ssh OPTION... -J JUMPS -p PORT USER@ADDRESS COMMAND`, where the far shell reads the command.
std::string ssh_line(const std::vector<std::string>& options, const Host& host,
                     const std::vector<Host>& jumps, const std::string& command = {}) {
  std::vector<std::string> words = {"ssh"};
  words.insert(words.end(), options.begin(), options.end());
  if (!jumps.empty()) words.insert(words.end(), {"-J", jump_list(jumps)});
  words.insert(words.end(), {"-p", std::to_string(host.port), user_at(host)});
  if (!command.empty()) words.push_back(command);
  return quote::shell_command(words);
}

/// Whether anything listens, asked from where the connection is made.
std::string try_port_line(const Host& host, const std::vector<Host>& jumps) {
  const std::string line =
      quote::shell_command({"nc", "-vz", "-w", "5", host.address, std::to_string(host.port)});
  if (jumps.empty()) return line;
  return ssh_line({}, jumps.back(), {jumps.begin(), jumps.end() - 1}, line);
}

std::string become_command(const Host& host) {
  switch (host.become_method) {
    case BecomeMethod::su:
      return quote::shell_command({"su", host.become, "-c", "true"});
    case BecomeMethod::doas:
      return quote::shell_command({"doas", "-u", host.become, "true"});
    case BecomeMethod::sudo:
      break;
  }
  return quote::shell_command({"sudo", "-u", host.become, "true"});
}

std::string add_key_line(const Host& host) {
  const std::string name = host.credential.empty() ? "ops" : host.credential;
  return quote::shell_command({"omserver", "key", "add", name, "--file"}) + " ~/.ssh/id_ed25519";
}

/// Our own public key goes the way of the operator's own login, whatever that is.
std::string bring_key_line(const Host& host, const std::vector<Host>& jumps) {
  if (host.credential == "agent") {
    std::vector<std::string> words = {"ssh-copy-id", "-p", std::to_string(host.port)};
    if (!jumps.empty()) words.insert(words.end(), {"-o", "ProxyJump=" + jump_list(jumps)});
    words.push_back(user_at(host));
    return quote::shell_command(words);
  }
  std::vector<std::string> show = {"omserver", "key", "show"};
  if (!host.credential.empty()) show.push_back(host.credential);
  return quote::shell_command(show) + " | " +
         ssh_line({}, host, jumps, "umask 077; mkdir -p ~/.ssh; cat >> ~/.ssh/authorized_keys");
}

}  // namespace

std::string remedy(std::string_view reason, Platform platform, const Host& host,
                   const std::vector<Host>& jumps) {
  const Cure cure = cure_of(reason);
  if (platform == Platform::local) return local_line(cure, host);
  if (platform != Platform::ssh) return {};
  switch (cure) {
    case Cure::none:
      return {};
    case Cure::look_up_name:
      return quote::shell_command({"getent", "ahosts", host.address});
    case Cure::try_port:
      return try_port_line(host, jumps);
    case Cure::watch_login:
      return ssh_line({"-v"}, host, jumps, "true");
    case Cure::log_in:
      return ssh_line({}, host, jumps);
    case Cure::check_jump:
      return host.jump.empty() ? std::string()
                               : quote::shell_command({"omserver", "check", "-H", host.jump});
    case Cure::judge_key:
      return "omserver hostkey list --pending";
    case Cure::bring_key:
      return bring_key_line(host, jumps);
    case Cure::add_key:
      return add_key_line(host);
    case Cure::renew_key:
      return add_key_line(host) + " --certificate ~/.ssh/id_ed25519-cert.pub --replace";
    case Cure::list_keys:
      return "omserver key list";
    case Cure::try_shell:
      return ssh_line({}, host, jumps, "/bin/sh -c 'echo it works'");
    case Cure::try_become:
      return ssh_line({"-t"}, host, jumps, become_command(host));
    case Cure::give_password:
      return quote::shell_command(
          {"omserver", "credential", "add",
           host.become_credential.empty() ? "become" : host.become_credential, "--password-stdin"});
    case Cure::see_processes:
      return ssh_line({}, host, jumps, "ps -ejH");
  }
  return {};
}

}  // namespace om::run
