// SPDX-License-Identifier: MIT
//
// Reload: scans the sources again when something below DATA/modules changes, and says what became
// of it. Owned by main, created and destroyed on the reactor's thread (a scan under way is waited
// for). The scan and the report happen on a thread of its own, since both block: the disk is read,
// and whoever is told writes the log and the audit trail. A burst of changes (an editor, rsync,
// git) is one scan, once it has been quiet for `quiet`.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "om/catalogue/sources.h"
#include "om/event/reactor.h"

namespace om::catalogue {

class Reload {
 public:
  /// Never empty. On Reload's thread; must not destroy it.
  using Report = std::function<void(const std::vector<SourceChange>& changes)>;

  /// Makes DATA/modules/ssh if it is not there. A first scan follows at once, so nothing that
  /// changed before the watch began is missed. Requires: reactor and sources outlive it.
  static Result<std::unique_ptr<Reload>> create(event::Reactor& reactor, Sources& sources,
                                                Report report,
                                                Duration quiet = std::chrono::milliseconds(200));
  ~Reload();

  /// Asks for a scan now. Any thread.
  void scan_soon();

 private:
  struct State;
  explicit Reload(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::catalogue
