// SPDX-License-Identifier: MIT
//
// FileWatch: tells when something below a folder changed (inotify: modify, delete, move, create,
// attrib), once the folder has been quiet for `quiet`. New sub-folders are watched too. Belongs to
// the reactor's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "om/event/reactor.h"

namespace om::event {

class FileWatch {
 public:
  /// Paths that changed, each once, relative to the folder; empty when the kernel's queue
  /// overflowed (look at all).
  using Changed = std::function<void(const std::vector<std::string>& paths)>;
  static Result<std::unique_ptr<FileWatch>> create(Reactor& reactor, const std::string& folder,
                                                   Duration quiet, Changed on_change);
  ~FileWatch();

 private:
  struct State;
  explicit FileWatch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::event
