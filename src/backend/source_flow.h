// SPDX-License-Identifier: MIT
//
// SourceFlow: lets parts of a CopySource flow into a shell command, one chunk at a time: the next
// is read when the one before is on its way. Ends the input after the last. Owned by a transfer,
// which passes on_shell_sent() on; belongs to the reactor's thread. Its calls may destroy it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "backend/shell_command.h"

#include "om/backend/copy_source.h"

namespace om::backend {

class SourceFlow {
 public:
  /// So many bytes of the source have been handed over so far.
  using Moved = std::function<void(std::int64_t bytes)>;
  using Failed = std::function<void(Error error)>;

  /// Sets out at once. Requires: reactor and shell outlive it.
  SourceFlow(event::Reactor& reactor, std::shared_ptr<CopySource> source, ShellCommand& shell,
             std::vector<ByteRange> ranges, Moved moved, Failed failed);
  ~SourceFlow();

  void on_sent();
  bool is_through() const { return next_ == ranges_.size(); }

 private:
  void read_on();
  void on_read(Result<CopySource::Piece> piece);

  event::Reactor& reactor_;
  const std::shared_ptr<CopySource> source_;  ///< owners: the run, and each of its transfers
  ShellCommand& shell_;
  const std::vector<ByteRange> ranges_;
  const Moved moved_;
  const Failed failed_;
  std::size_t next_ = 0;     ///< range
  std::int64_t offset_ = 0;  ///< in the source
  std::int64_t in_flight_ = 0;
  std::int64_t moved_bytes_ = 0;
  bool reading_ = false;
  /// False once this is destroyed; owners: this, and reads under way.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace om::backend
