// SPDX-License-Identifier: MIT
//
// ActiveRun: one run under way: the state of its targets, the entry that is being filled and the
// one that is being committed. Owned by the Coordinator, on its reactor's thread; the only thing
// that leaves the thread is the immutable entry given to the writer.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "om/run/coordinator.h"
#include "om/run/kept_output.h"

namespace om::run {

class Coordinator::ActiveRun final : public backend::Sink {
 public:
  ActiveRun(Coordinator& coordinator, ReadyRun ready);

  /// Gives one target to its backend.
  void start_target(int index, int batch_number);
  /// Ends what runs; what never started (as from Plan::stop) ends as cancelled.
  void cancel(const std::vector<int>& never_started);
  bool cancelling() const { return run_.state == RunState::cancelling; }
  bool may_pause() const { return run_.state == RunState::running && run_.counts.waiting > 0; }
  bool paused() const { return run_.state == RunState::paused; }
  /// These two only say so: what starts is the Plan's. Requires: may_pause(); paused().
  void pause(PausedReason reason);
  void go_on();
  /// Ends what never started as skipped, since so many others have failed.
  void skip(const std::vector<int>& never_started, int failed);
  /// Stops or resumes reading all targets, for the limit over all runs.
  void set_reading_all(bool reading);
  void on_event(int target_index, backend::HostEvent event) override;

 private:
  struct Work {
    explicit Work(KeptOutput keeps) : kept(std::move(keeps)) {}
    std::unique_ptr<backend::Execution> execution;
    KeptOutput kept;
    std::int64_t uncommitted_bytes = 0;
    bool reading = true;
    std::array<std::string, 2> begun_character;  ///< of stdout, of stderr: see output()
    std::string line;                            ///< the last line so far, raw, bounded
    bool line_ended = false;
    bool has_progress = false;  ///< not told yet
  };

  void output(int index, Stream stream, std::string_view bytes);
  void progressed(int index, const backend::Progress& progress);
  void tell_progress();
  void finished(int index, backend::Finished result);
  void take(int index, Stream stream, std::string_view bytes);
  void keep(int index, Stream stream, std::string_view bytes);
  void remember_line(Work& work, std::string_view bytes);
  void end_target(int index, Outcome outcome);
  void end_unstarted(const std::vector<int>& never_started, Outcome outcome,
                     const std::string& reason, const std::string& message);
  void changed(int index);
  void update_reading(int index);
  void close_if_done();
  void flush_soon();
  void flush();
  void commit();
  void committed(Result<void> result);
  Work& work(int index) { return work_[static_cast<std::size_t>(index)]; }
  Target& target(int index) { return targets_[static_cast<std::size_t>(index)]; }

  Coordinator& coordinator_;
  Run run_;
  std::vector<Target> targets_;
  ReadyRun ready_;  ///< its run and targets have moved to the two above
  std::vector<Work> work_;
  std::int64_t kept_bytes_ = 0;
  bool reading_all_ = true;

  store::JournalEntry filling_;
  std::int64_t filled_after_seq_ = 0;
  std::unordered_map<int, std::size_t>
      filled_targets_;  ///< target index -> place in filling_.targets
  std::shared_ptr<const store::JournalEntry> in_commit_;  ///< shared with the writer and the feed
  std::int64_t in_commit_after_seq_ = 0;
  bool flush_posted_ = false;
  event::Timer progress_timer_;
  event::Timer retry_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  ///< shared with posted tasks: false once gone
};

}  // namespace om::run
