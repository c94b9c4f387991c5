// SPDX-License-Identifier: MIT
//
// Transfer: what moves a file between this machine and a host before the script runs, or in its
// place: a delivery, a copy or a fetch. Owned by a TargetRun; belongs to the reactor's thread. It
// calls `done` once, from the loop and from inside its own call, and may be destroyed from there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backend/carrier.h"
#include "backend/shell_command.h"

namespace om::backend {

/// What came of one.
struct Transferred {
  bool changed = true;               ///< the host (or, for a fetch, this machine) has something new
  std::string reason;                ///< copy.unchanged, or empty
  std::string message;               ///< one sentence for the operator
  std::unique_ptr<FileOnHost> file;  ///< of a delivery
};

/// What a TargetRun wants to hear from a transfer.
struct TransferEvents {
  std::function<void()> done;
  std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> progress;
};

class Transfer {
 public:
  virtual ~Transfer() = default;
  /// Null while nothing was started on the host.
  virtual const ShellCommand* shell() const = 0;
  /// What came of it; nothing where the host did not say.
  virtual std::optional<Result<Transferred>> take_result() = 0;
  /// How the command ended, as on_shell_ended says it.
  virtual const std::optional<Result<CommandEnd>>& end() const = 0;
  /// What came instead of an answer, its first 4 KiB.
  virtual const std::string& said() const = 0;
  /// What was left behind if it ends now, for the end of a sentence; may be empty.
  virtual std::string state_text() const = 0;
};

}  // namespace om::backend
