// SPDX-License-Identifier: MIT
#include "om/catalogue/reload.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "om/base/files.h"
#include "om/event/file_watch.h"

namespace om::catalogue {

struct Reload::State {
  Sources* sources = nullptr;
  Report report;

  std::mutex mutex;  // guards wanted and ending
  std::condition_variable changed;
  bool wanted = false;
  bool ending = false;

  std::unique_ptr<event::FileWatch> watch;
  std::thread thread;

  void ask() {
    const std::lock_guard lock(mutex);
    wanted = true;
    changed.notify_one();
  }

  // Whether there is something to do; false at the end.
  bool wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return wanted || ending; });
    wanted = false;
    return !ending;
  }

  void run() {
    while (wait()) {
      const std::vector<SourceChange> changes = sources->scan();
      if (!changes.empty()) report(changes);
    }
  }
};

Reload::Reload(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Reload>> Reload::create(event::Reactor& reactor, Sources& sources,
                                               Report report, Duration quiet) {
  OM_TRY(files::make_directories(sources.folder() + "/ssh", 0700));
  auto state = std::make_unique<State>();
  state->sources = &sources;
  state->report = std::move(report);
  State* told = state.get();
  OM_TRY_SET(state->watch,
             event::FileWatch::create(reactor, sources.folder(), quiet,
                                      [told](const std::vector<std::string>&) { told->ask(); }));
  state->wanted = true;
  state->thread = std::thread([told] { told->run(); });
  return std::unique_ptr<Reload>(new Reload(std::move(state)));
}

Reload::~Reload() {
  state_->watch.reset();
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
    state_->changed.notify_one();
  }
  state_->thread.join();
}

void Reload::scan_soon() { state_->ask(); }

}  // namespace om::catalogue
