// SPDX-License-Identifier: MIT
//
// Verdict: from all that was seen of a target to how it ended, in one place. Success needs the end
// mark with status zero. Pure, any thread. Reasons: backend.exit, backend.signal (ran, and failed),
// backend.no_start, backend.become_password (it is asked for, and there is none),
// backend.become_password_wrong, backend.become_denied, backend.become_silent (never began),
// backend.lost, backend.timed_out, backend.cancelled (both with _unconfirmed where processes may be
// left); the link's own (ssh.*) where nothing was started.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backend/become_watch.h"
#include "backend/link.h"
#include "backend/stop_line.h"

namespace om::backend {

/// Why we ended it, where we did.
enum class Cause { none, cancelled, timed_out };

struct Seen {
  bool script_sent = false;  ///< its bytes began to go out: it may have run
  bool started = false;      ///< the host took the command
  bool begun = false;        ///< a begin mark came
  std::int64_t process_group = 0;
  std::optional<int> status;  ///< from an end mark
  bool complete = false;      ///< end marks on both streams
  std::string said;           ///< by the host, before the begin mark

  std::string transfer;  ///< what a file transfer has left behind, for the end of a sentence

  BecomeState become = BecomeState::unused;
  BecomeMethod become_method = BecomeMethod::sudo;
  std::string become_user;
  bool wants_terminal = false;  ///< of the become's kind: see ShellCommand
  std::string no_password;      ///< why there is none
  bool behind_become() const {
    return become == BecomeState::unused || become == BecomeState::through;
  }

  /// How the command ended; nothing while it runs.
  std::optional<Result<CommandEnd>> end;

  Cause cause = Cause::none;
  Duration run_deadline{};
  std::optional<StopAnswer> stop;  ///< what the host said when told to end it
  std::string stop_failed;         ///< why it did not say
};

Finished verdict(const Seen& seen);

/// Bytes of a host as one short line for a message: decoded, without control characters.
std::string excerpt(std::string_view bytes);

}  // namespace om::backend
