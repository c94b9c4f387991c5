// SPDX-License-Identifier: MIT
#include "backend/verdict.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "om/base/text.h"
#include "om/base/utf8.h"

namespace om::backend {
namespace {

/// Linux's names of signals 1 to 31; shells report them as status 129 to 159.
constexpr std::array<std::string_view, 31> kSignalNames = {
    "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1", "SEGV",
    "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN", "TTOU",
    "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS"};

Finished finished(Outcome outcome, std::string_view reason, std::string message) {
  return Finished{outcome, std::nullopt, {}, std::string(reason), std::move(message)};
}

std::string with_words_of_host(std::string message, const std::string& said) {
  const std::string words = excerpt(said);
  return words.empty() ? message : message + "; it said: " + words;
}

Finished from_status(int status) {
  Finished result;
  result.exit_code = status;
  if (status == 0) {
    result.outcome = Outcome::ok;
    return result;
  }
  result.outcome = Outcome::failed;
  result.reason = "backend.exit";
  if (status > 128 && status <= 128 + static_cast<int>(kSignalNames.size())) {
    result.signal = kSignalNames[static_cast<std::size_t>(status - 129)];
    result.reason = "backend.signal";
    result.message = fmt::format("ended with status {}: killed by SIG{}", status, result.signal);
  } else if (status == 127 || status == 126) {
    result.message = fmt::format(
        "ended with status {}: the interpreter or a command {} there; its output says which",
        status, status == 127 ? "was not found" : "could not be run");
  } else {
    result.message = fmt::format("ended with status {}: its output says why", status);
  }
  return result;
}

/// Whether it is known that no process of the group is left.
bool stop_confirmed(const Seen& seen) {
  return !seen.script_sent || (seen.stop && seen.stop->left == 0);
}

/// What became of the process group, for the end of a sentence.
std::string stop_text(const Seen& seen) {
  if (!seen.script_sent && !seen.transfer.empty()) return seen.transfer;
  if (!seen.script_sent) return "nothing ran on the host";
  const std::string group =
      seen.process_group > 0 ? fmt::format("process group {}", seen.process_group) : "the script";
  if (!seen.stop || !seen.stop->left) {
    return fmt::format("could not confirm that {} has ended ({}): look at the host", group,
                       seen.stop ? "it has no /proc to look in" : seen.stop_failed);
  }
  std::string text;
  if (*seen.stop->left > 0) {
    text = fmt::format("{} of {} processes of {} survived SIGKILL: look at the host",
                       *seen.stop->left, std::max(*seen.stop->was, *seen.stop->left), group);
  } else {
    text = group + " has ended";
  }
  if (!seen.stop->outside.empty()) {
    std::vector<std::string> pids;
    for (const std::int64_t pid : seen.stop->outside) pids.push_back(std::to_string(pid));
    text += fmt::format("; left alone, since they are outside of it: {}", text::join(pids, ", "));
  }
  return text;
}

Finished stopped(const Seen& seen) {
  Finished result;
  if (seen.status) result = from_status(*seen.status);
  if (seen.cause == Cause::cancelled) {
    result.outcome = Outcome::cancelled;
    result.reason = stop_confirmed(seen) ? "backend.cancelled" : "backend.cancelled_unconfirmed";
    result.message = "cancelled; " + stop_text(seen);
  } else {
    result.outcome = Outcome::timed_out;
    result.reason = stop_confirmed(seen) ? "backend.timed_out" : "backend.timed_out_unconfirmed";
    result.message =
        fmt::format("ran longer than {}; {}", duration_text(seen.run_deadline), stop_text(seen));
  }
  return result;
}

/// Said, in English, of a password that is not the right one.
bool speaks_of_a_wrong_password(std::string_view said) {
  constexpr std::array<std::string_view, 5> words = {"ncorrect password", "uthentication failure",
                                                     "uthentication failed", "uthentication error",
                                                     "Sorry, try again"};
  return std::ranges::any_of(
      words, [&](std::string_view word) { return said.find(word) != std::string_view::npos; });
}

Finished become_failed(const Seen& seen) {
  const std::string method(become_method_name(seen.become_method));
  const std::string& user = seen.become_user;
  const bool asks = seen.become == BecomeState::prompted ||
                    (seen.wants_terminal && seen.become_method == BecomeMethod::doas);
  if (asks && !seen.no_password.empty()) {
    return finished(Outcome::failed, "backend.become_password",
                    fmt::format("{} asks for a password to become {}, and there is none: {}",
                                method, user, seen.no_password));
  }
  if (seen.become == BecomeState::asked_again ||
      (seen.become == BecomeState::answered && seen.end && speaks_of_a_wrong_password(seen.said))) {
    return finished(Outcome::failed, "backend.become_password_wrong",
                    with_words_of_host(fmt::format("{} does not take the password to become {}; it "
                                                   "was tried once",
                                                   method, user),
                                       seen.said));
  }
  if (!seen.end) {
    return finished(Outcome::failed, "backend.become_silent",
                    with_words_of_host(fmt::format("{} neither asked for a password nor became {} "
                                                   "(another prompt?)",
                                                   method, user),
                                       seen.said));
  }
  const bool missing = *seen.end && (*seen.end)->exit_status == 127;
  return finished(Outcome::failed, "backend.become_denied",
                  with_words_of_host(
                      missing ? fmt::format("{} is not there to become {}: install it, or choose "
                                            "another become method",
                                            method, user)
                              : fmt::format("{} did not start /bin/sh as {}: see its rules on "
                                            "the host",
                                            method, user),
                      seen.said));
}

Finished lost(const Seen& seen, const std::string& why) {
  std::string message = why;
  if (seen.status) {
    message +=
        fmt::format("; it had ended with status {}, but its output may be cut", *seen.status);
  } else if (seen.process_group > 0) {
    message += fmt::format("; it may still run there, pid {}", seen.process_group);
  } else if (seen.script_sent) {
    message += "; it may still run there";
  } else {
    message += "; " + (seen.transfer.empty() ? "the script was not sent" : seen.transfer);
  }
  return finished(Outcome::lost, "backend.lost", std::move(message));
}

Finished no_start(const Seen& seen, const CommandEnd& end) {
  std::string message =
      "the host did not start /bin/sh (forced command, SFTP only, restricted shell?)";
  if (!end.signal.empty()) {
    message += "; killed by SIG" + end.signal;
  } else if (end.exit_status != 0) {
    message += fmt::format("; status {}", end.exit_status);
  }
  return finished(Outcome::failed, "backend.no_start",
                  with_words_of_host(std::move(message), seen.said));
}

}  // namespace

Finished verdict(const Seen& seen) {
  if (seen.cause != Cause::none) return stopped(seen);
  if (seen.complete && seen.begun) return from_status(*seen.status);

  // A host that did not even begin with it has failed earlier.
  const bool in_become = !seen.behind_become() && !(seen.end && seen.become == BecomeState::silent);
  if (!seen.end) {
    if (in_become) return become_failed(seen);
    if (!seen.status) return lost(seen, "the end mark did not come");
    if (seen.begun) return lost(seen, "the end mark came on one stream only");
    return no_start(seen, {*seen.status, {}, true});
  }
  if (!*seen.end) {
    const Error& error = seen.end->error();
    if (seen.started) return lost(seen, "the session ended before the end mark: " + error.message);
    const Outcome outcome =
        error.reason.starts_with("ssh.") ? Outcome::unreachable : Outcome::failed;
    return finished(outcome, error.reason, error.message);
  }
  const CommandEnd& end = **seen.end;
  if (in_become) return become_failed(seen);
  if (!seen.begun) return no_start(seen, {seen.status.value_or(end.exit_status), end.signal, true});
  // One end mark, and then both streams ended in order: nothing is missing.
  if (seen.status && end.saw_eof && end.exit_status == *seen.status) {
    return from_status(*seen.status);
  }
  if (!end.signal.empty()) {
    return lost(seen, fmt::format("the shell around it was killed by SIG{}", end.signal));
  }
  return lost(seen, "the command's streams closed before the end mark");
}

std::string excerpt(std::string_view bytes) {
  std::string line;
  for (const char c : utf8::decode_lossy(bytes)) {
    const auto code = static_cast<unsigned char>(c);
    if (code > ' ' && code != 0x7f) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return std::string(text::trim(utf8::prefix(line, 300)));
}

}  // namespace om::backend
