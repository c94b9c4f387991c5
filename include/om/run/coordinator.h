// SPDX-License-Identifier: MIT
//
// Coordinator: drives every run under way. It starts targets as the Plan allows, turns the
// backends' events into journal entries, has them committed, and only then lets the feed and the
// run's end be seen. It lives on one reactor's thread; start, cancel, pause
// and go_on may be called from any other. Output that is not committed is bounded: a target that is
// too far ahead is not read. A commit that fails is tried again until it works; nothing is dropped.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "om/backend/backend.h"
#include "om/event/reactor.h"
#include "om/model/run.h"
#include "om/run/feed.h"
#include "om/run/jump_hosts.h"
#include "om/run/plan.h"
#include "om/store/store.h"

namespace om::run {

struct Limits {
  int concurrency = 128;                         ///< targets at once, of one run
  int concurrency_all = 512;                     ///< of all runs
  std::int64_t kept_per_target_bytes = 8 << 20;  ///< output that is stored
  std::int64_t kept_per_run_bytes = 512LL << 20;
  std::int64_t tail_bytes = 64 << 10;  ///< of kept_per_target_bytes: the end of the output
  std::int64_t uncommitted_per_target_bytes = 256 << 10;
  std::int64_t uncommitted_bytes = 24LL << 20;
  Duration commit_retry = std::chrono::seconds(1);
  Duration progress_interval = std::chrono::milliseconds(200);  ///< between news of a transfer
  backend::Deadlines deadlines;  ///< all but `run`, which is each run's own
};

/// A run that is on disk and may start.
struct ReadyRun {
  Run run;
  std::vector<Target> targets;
  std::vector<Host> hosts;  ///< by target index
  JumpHosts jump_hosts;     ///< through which they are reached
  backend::Job job;
  backend::Deadlines deadlines;
};

class Coordinator {
 public:
  using Backends = std::map<Platform, backend::Backend*>;
  /// Called inside the transaction that closes a run: the audit entry.
  using Closing = std::function<Result<void>(store::Transaction&, const Run&)>;

  /// Requires: everything outlives the coordinator; a backend for each platform that a ready run
  /// names.
  Coordinator(event::Reactor& reactor, store::Store& store, Feed& feed, Backends backends,
              const Limits& limits, Closing closing);
  /// On the reactor's thread, or after its loop has ended.
  ~Coordinator();

  /// Any thread. Requires: run.targets is not empty and insert_run() has committed it.
  void start(ReadyRun run);
  /// Any thread. Harmless for a run that has ended or was never here.
  void cancel(RunId run);
  /// Any thread. Nothing more of the run starts until go_on(); what runs goes on. Both are harmless
  /// when it is so already, and for a run that has nothing left to start.
  void pause(RunId run);
  void go_on(RunId run);
  /// Runs under way. On the reactor's thread.
  std::size_t active() const { return runs_.size(); }

 private:
  class ActiveRun;

  void begin(ReadyRun run);
  void fill();
  void target_ended(RunId run, Outcome outcome);
  /// Uncommitted output of all runs has changed by so many bytes.
  void account(std::int64_t bytes);
  void remove(RunId run);
  /// Nothing has been under way for a moment: thousands of sessions may have been before.
  void settle();

  event::Reactor& reactor_;
  store::Store& store_;
  Feed& feed_;
  Backends backends_;
  Limits limits_;
  Closing closing_;
  Plan plan_;
  std::int64_t uncommitted_bytes_ = 0;
  bool filling_ = false;
  event::Timer settle_;
  std::unordered_map<RunId, std::unique_ptr<ActiveRun>> runs_;
};

}  // namespace om::run
