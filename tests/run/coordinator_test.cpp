// SPDX-License-Identifier: MIT
#include "om/run/coordinator.h"

#include <filesystem>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "om/base/crypto.h"
#include "om/run/schedule.h"
#include "om/store/journal.h"

namespace om::run {
namespace {

using std::chrono::milliseconds;

/// Does what the test says, when it says so.
class FakeBackend final : public backend::Backend {
 public:
  class Doing final : public backend::Execution {
   public:
    Doing(FakeBackend& owner, int index) : owner_(owner), index_(index) {}
    ~Doing() override { owner_.sinks.erase(index_); }
    void cancel(int index) override { owner_.cancelled.push_back(index); }
    void set_reading(int index, bool reading) override { owner_.reading[index] = reading; }

   private:
    FakeBackend& owner_;
    int index_;
  };

  Platform platform() const override { return Platform::ssh; }
  backend::Fanout fanout() const override { return backend::Fanout::one_target; }
  std::unique_ptr<backend::Execution> start(backend::Batch batch, backend::Sink& sink) override {
    const int index = batch.targets.at(0).index;
    started.push_back(index);
    sinks[index] = &sink;
    most_at_once = std::max(most_at_once, ++under_way);
    return std::make_unique<Doing>(*this, index);
  }

  void output(int index, const std::string& bytes, Stream stream = Stream::out) {
    sinks.at(index)->on_event(index, backend::Output{stream, bytes});
  }
  void progress(int index, std::int64_t done, std::int64_t total) {
    sinks.at(index)->on_event(index, backend::Progress{done, total});
  }
  void finish(int index, Outcome outcome, int exit_code = 0) {
    backend::Finished finished;
    finished.outcome = outcome;
    finished.exit_code = exit_code;
    --under_way;
    sinks.at(index)->on_event(index, finished);
  }

  void refuse(int index, const std::string& reason) {
    backend::Finished finished;
    finished.outcome = Outcome::unreachable;
    finished.reason = reason;
    --under_way;
    sinks.at(index)->on_event(index, finished);
  }

  std::vector<int> started;
  std::vector<int> cancelled;
  std::map<int, bool> reading;
  std::map<int, backend::Sink*> sinks;
  std::size_t under_way = 0;
  std::size_t most_at_once = 0;
};

class CoordinatorTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "om-run-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    open();
  }

  void TearDown() override {
    coordinator_.reset();
    reactor_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    const std::vector<store::Migration> migrations = store::embedded_migrations();
    auto opened = store::Store::open({folder_ + "/omserver.db", migrations}, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(opened).value();
    coordinator_ = std::make_unique<Coordinator>(
        *reactor_, *store_, feed_, Coordinator::Backends{{Platform::ssh, &backend_}}, limits_,
        [this](store::Transaction&, const om::Run& run) -> Result<void> {
          closed_.push_back(run.id);
          return {};
        });
  }

  RunId start(int total, int concurrency = 100, const std::optional<Batches>& batches = {}) {
    ReadyRun ready;
    ready.run.batches = batches;
    ready.run.module_id = ModuleId{1003};
    ready.run.user = "admin";
    ready.run.via = "api";
    ready.run.total = total;
    ready.run.concurrency = concurrency;
    ready.run.source_sha256 = crypto::sha256_hex("true\n");
    for (int i = 0; i < total; ++i) {
      Target target;
      target.index = i;
      target.host = "host" + std::to_string(i);
      target.address = "192.0.2.1";
      ready.targets.push_back(target);
      Host host;
      host.name = target.host;
      host.address = target.address;
      ready.hosts.push_back(host);
    }
    store::InsertedRun inserted;
    const Result<void> written =
        store_->write([&](store::Transaction& transaction) -> Result<void> {
          OM_TRY_SET(inserted,
                     store::insert_run(transaction, {ready.run, ready.targets, "", "true\n"}));
          return {};
        });
    EXPECT_TRUE(written) << written.error().message;
    ready.run.id = inserted.id;
    ready.run.seq = run(inserted.id).seq;
    ready.job = backend::ScriptJob{std::make_shared<backend::Script>(), nullptr, {}};
    coordinator_->start(std::move(ready));
    until([&] { return coordinator_->active() > 0; });
    return inserted.id;
  }

  /// Turns the loop until it is so; fails the test when it does not become so.
  void until(const std::function<bool()>& done) {
    for (int turns = 0; turns < 2000 && !done(); ++turns) reactor_->turn(milliseconds(5));
    ASSERT_TRUE(done());
  }

  om::Run run(RunId id) { return *store::find_run(**store_->read(), id); }
  std::vector<Target> targets(RunId id) {
    return *store::list_targets(**store_->read(), id, -1, 1000);
  }
  std::string stored(RunId id, int index) {
    std::string all;
    for (const OutputChunk& chunk :
         *store::read_output(**store_->read(), id, index, Stream::out, 0, 1 << 30)) {
      all += chunk.bytes;
    }
    return all;
  }

  std::string folder_;
  SystemClock clock_;
  Limits limits_;
  Feed feed_{[](const store::JournalEntry&) { return std::string("e"); }};
  FakeBackend backend_;
  std::unique_ptr<event::Reactor> reactor_ = *event::Reactor::create(clock_);
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Coordinator> coordinator_;
  std::vector<RunId> closed_;
};

TEST_F(CoordinatorTest, ARunIsOkOnlyIfEveryTargetIs) {
  const RunId good = start(2);
  backend_.output(0, "hello\n");
  backend_.finish(0, Outcome::ok);
  backend_.finish(1, Outcome::ok);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(good).state, RunState::finished);
  EXPECT_EQ(run(good).outcome, Outcome::ok);
  EXPECT_EQ(stored(good, 0), "hello\n");
  EXPECT_EQ(targets(good)[0].last_line, "hello");
  EXPECT_EQ(closed_, (std::vector<RunId>{good}));

  const RunId bad = start(2);
  backend_.finish(0, Outcome::ok);
  backend_.finish(1, Outcome::lost);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(bad).outcome, Outcome::failed);
  EXPECT_EQ(run(bad).counts.by_outcome[static_cast<std::size_t>(Outcome::lost)], 1);
  EXPECT_EQ(targets(bad)[1].outcome, Outcome::lost);
}

TEST_F(CoordinatorTest, NoMoreTargetsThanTheRunAllowsAreUnderWay) {
  const RunId id = start(10, 3);
  for (int index = 0; index < 10; ++index) {
    until([&] { return backend_.sinks.contains(index); });
    backend_.finish(index, Outcome::ok);
  }
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(backend_.most_at_once, 3U);
  EXPECT_EQ(run(id).outcome, Outcome::ok);
}

TEST_F(CoordinatorTest, WatchersSeeOnlyWhatIsOnDisk) {
  const RunId id = start(1);
  backend_.output(0, "told\n");
  Feed::News news;
  std::int64_t seen = 0;
  until([&] {
    news = feed_.next(id, seen, milliseconds(0));
    if (news.state == Feed::State::news) seen = news.seq;
    return !stored(id, 0).empty();
  });
  EXPECT_EQ(stored(id, 0), "told\n");
  EXPECT_LE(seen, run(id).seq);
  backend_.finish(0, Outcome::ok);
  until([&] { return coordinator_->active() == 0; });
}

TEST_F(CoordinatorTest, ACharacterCutByTheNetworkIsToldWhole) {
  const RunId id = start(1);
  backend_.output(0, "a\xe4\xbd");
  backend_.output(0, "\xe5", Stream::err);
  until([&] { return stored(id, 0) == "a"; });
  backend_.output(0,
                  "\xa0"
                  "b");
  until([&] {
    return stored(id, 0) ==
           "a\xe4\xbd\xa0"
           "b";
  });
  backend_.output(0, "\xf0\x9f");  // never completed: the bytes that came are kept all the same
  backend_.finish(0, Outcome::ok);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(stored(id, 0),
            "a\xe4\xbd\xa0"
            "b\xf0\x9f");
  EXPECT_EQ(targets(id)[0].stdout_bytes, 7);
  EXPECT_EQ(targets(id)[0].stderr_bytes, 1);
}

TEST_F(CoordinatorTest, CancelStopsWhatRunsAndNeverStartsTheRest) {
  const RunId id = start(5, 2);
  coordinator_->cancel(id);
  until([&] { return backend_.cancelled.size() == 2; });
  EXPECT_EQ(backend_.cancelled, (std::vector<int>{0, 1}));
  backend_.finish(0, Outcome::cancelled);
  backend_.finish(1, Outcome::ok);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(id).state, RunState::finished);
  EXPECT_EQ(run(id).outcome, Outcome::cancelled);
  EXPECT_EQ(backend_.started.size(), 2U);
  EXPECT_EQ(targets(id)[1].outcome, Outcome::ok);
  EXPECT_EQ(targets(id)[4].outcome, Outcome::cancelled);
  coordinator_->cancel(id);  // harmless afterwards
  reactor_->turn(Duration::zero());
}

Batches by_one() {
  Batches batches;
  batches.size = Share{1, false};
  return batches;
}

TEST_F(CoordinatorTest, APausedRunStartsNothingUntilItGoesOn) {
  const RunId id = start(4, 2);
  coordinator_->pause(id);
  until([&] { return run(id).state == RunState::paused; });
  EXPECT_EQ(run(id).paused_reason, PausedReason::by_hand);
  coordinator_->pause(id);  // harmless
  backend_.finish(0, Outcome::ok);
  until([&] { return targets(id)[0].state == TargetState::finished; });
  EXPECT_EQ(backend_.started, (std::vector<int>{0, 1}));
  EXPECT_EQ(run(id).state, RunState::paused);
  coordinator_->go_on(id);
  until([&] { return backend_.started.size() == 3; });
  until([&] { return run(id).state == RunState::running; });
  EXPECT_FALSE(run(id).paused_reason);
  coordinator_->go_on(id);  // harmless
  for (int index = 1; index < 4; ++index) {
    until([&] { return backend_.sinks.contains(index); });
    backend_.finish(index, Outcome::ok);
  }
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(id).outcome, Outcome::ok);
  coordinator_->pause(id);
  coordinator_->go_on(id);
  reactor_->turn(Duration::zero());
}

TEST_F(CoordinatorTest, BatchesComeOneAfterTheOtherAndTheRunKnowsWhich) {
  Batches batches = by_one();
  batches.count = 2;
  batches.pause = PauseMode::after_each;
  const RunId id = start(2, 100, batches);
  backend_.finish(0, Outcome::ok);
  until([&] { return run(id).state == RunState::paused; });
  EXPECT_EQ(run(id).paused_reason, PausedReason::after_batch);
  EXPECT_EQ(run(id).batches->current, 0);
  EXPECT_EQ(backend_.started, (std::vector<int>{0}));
  coordinator_->go_on(id);
  until([&] { return backend_.sinks.contains(1); });
  until([&] { return run(id).batches->current == 1; });
  backend_.finish(1, Outcome::ok);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(id).outcome, Outcome::ok);
}

TEST_F(CoordinatorTest, TooManyFailuresEndTheRunAndWhatRunsMayFinish) {
  Batches batches;
  batches.max_failed = Share{1, false};
  const RunId id = start(5, 3, batches);
  backend_.finish(0, Outcome::failed, 1);
  until([&] { return backend_.sinks.contains(3); });
  backend_.finish(1, Outcome::unreachable);
  until([&] { return targets(id)[4].state == TargetState::finished; });
  EXPECT_EQ(targets(id)[4].outcome, Outcome::skipped);
  EXPECT_EQ(targets(id)[4].reason, "run.too_many_failed");
  EXPECT_EQ(targets(id)[4].message,
            "not started: 2 of 5 targets had failed, and the run stops at more than 1; see why, "
            "then retry the rest");
  EXPECT_EQ(run(id).state, RunState::running);
  backend_.finish(2, Outcome::ok);
  backend_.finish(3, Outcome::failed, 1);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(id).outcome, Outcome::failed);
  EXPECT_EQ(run(id).paused_reason, PausedReason::too_many_failed);
  EXPECT_EQ(run(id).counts.by_outcome[static_cast<std::size_t>(Outcome::skipped)], 1);
  EXPECT_EQ(run(id).counts.waiting, 0);
}

TEST_F(CoordinatorTest, APausedRunThatFailsTooOftenEndsInsteadOfWaiting) {
  Batches batches;
  batches.max_failed = Share{0, false};
  const RunId id = start(2, 1, batches);
  coordinator_->pause(id);
  until([&] { return run(id).state == RunState::paused; });
  backend_.finish(0, Outcome::failed, 1);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(id).state, RunState::finished);
  EXPECT_EQ(targets(id)[1].outcome, Outcome::skipped);
}

TEST_F(CoordinatorTest, APausedRunMayBeCancelled) {
  Batches batches = by_one();
  batches.pause = PauseMode::after_each;
  const RunId id = start(3, 1, batches);
  backend_.finish(0, Outcome::ok);
  until([&] { return run(id).state == RunState::paused; });
  coordinator_->cancel(id);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(id).state, RunState::finished);
  EXPECT_EQ(run(id).outcome, Outcome::cancelled);
  EXPECT_FALSE(run(id).paused_reason);
  EXPECT_EQ(targets(id)[2].outcome, Outcome::cancelled);
  EXPECT_EQ(backend_.started, (std::vector<int>{0}));
}

TEST_F(CoordinatorTest, ARandomOrderStartsWhatItsSeedSays) {
  Batches batches = by_one();
  batches.order = StartOrder::random;
  batches.seed = 41;
  const RunId id = start(8, 1, batches);
  for (std::size_t n = 1; n <= 8; ++n) {
    until([&] { return backend_.started.size() == n; });
    backend_.finish(backend_.started.back(), Outcome::ok);
  }
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(backend_.started, make_schedule(batches, 8, 1).order);
  EXPECT_EQ(targets(id)[3].host, "host3") << "the index stays the place in the request";
}

TEST_F(CoordinatorTest, AFailureComesWithItsRemedy) {
  const RunId id = start(1);
  backend_.refuse(0, "ssh.connect_refused");
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(targets(id)[0].remedy, "nc -vz -w 5 192.0.2.1 22");
}

TEST_F(CoordinatorTest, ATargetAheadOfTheDiskIsNotRead) {
  const RunId id = start(1);
  backend_.output(0, std::string(300 << 10, 'x'));
  EXPECT_EQ(backend_.reading[0], false);
  until([&] { return backend_.reading[0]; });
  EXPECT_EQ(stored(id, 0).size(), 300U << 10);
  backend_.finish(0, Outcome::ok);
  until([&] { return coordinator_->active() == 0; });
}

TEST_F(CoordinatorTest, ATransfersProgressIsToldNowAndThenAndAtTheEnd) {
  limits_.progress_interval = milliseconds(50);
  coordinator_.reset();
  store_.reset();
  open();
  const RunId id = start(2);
  until([&] { return targets(id)[1].state == TargetState::running; });
  const std::int64_t before = run(id).seq;
  for (int done = 1; done <= 1000; ++done) backend_.progress(0, done, 2000);
  backend_.progress(1, 7, 0);
  until([&] { return targets(id)[0].done_bytes == 1000 && targets(id)[1].done_bytes == 7; });
  EXPECT_EQ(targets(id)[0].total_bytes, 2000);
  EXPECT_EQ(run(id).seq, before + 2) << "one change a target, however many events";
  backend_.progress(0, 2000, 2000);
  backend_.finish(0, Outcome::ok);
  backend_.finish(1, Outcome::ok);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(targets(id)[0].done_bytes, 2000);
}

TEST_F(CoordinatorTest, PastTheLimitHeadAndTailAreKeptAndTheCutIsCounted) {
  limits_.kept_per_target_bytes = 1000;
  limits_.tail_bytes = 100;
  coordinator_.reset();
  store_.reset();
  open();
  const RunId id = start(1);
  std::string all;
  for (int i = 0; i < 500; ++i) all += std::to_string(10000 + i) + "\n";
  for (std::size_t at = 0; at < all.size(); at += 70) backend_.output(0, all.substr(at, 70));
  backend_.finish(0, Outcome::ok);
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(stored(id, 0), all.substr(0, 900) + all.substr(all.size() - 100));
  EXPECT_EQ(targets(id)[0].cut_bytes, static_cast<std::int64_t>(all.size()) - 1000);
  EXPECT_EQ(targets(id)[0].stdout_bytes, 1000);
}

TEST_F(CoordinatorTest, AFailingBackendAtStartDoesNotUpsetThePlan) {
  const RunId id = start(3, 1);
  // Each target ends in the same turn it begins in.
  for (int index = 0; index < 3; ++index) {
    until([&] { return backend_.sinks.contains(index); });
    backend_.finish(index, Outcome::unreachable);
  }
  until([&] { return coordinator_->active() == 0; });
  EXPECT_EQ(run(id).counts.by_outcome[static_cast<std::size_t>(Outcome::unreachable)], 3);
}

TEST_F(CoordinatorTest, RunsUnderWayAreInterruptedByTheNextStart) {
  const RunId id = start(3, 1);
  backend_.output(0, "half\n");
  backend_.finish(0, Outcome::ok);
  until([&] { return targets(id)[0].state == TargetState::finished; });
  coordinator_.reset();
  store_.reset();
  open();
  ASSERT_TRUE(store_->write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET([[maybe_unused]] const std::vector<RunId> touched,
               store::mark_interrupted(transaction, clock_.wall_ms()));
    return {};
  }));
  EXPECT_EQ(run(id).state, RunState::finished);
  EXPECT_EQ(run(id).outcome, Outcome::interrupted);
  EXPECT_EQ(targets(id)[0].outcome, Outcome::ok);
  EXPECT_EQ(targets(id)[1].outcome, Outcome::interrupted);
  EXPECT_EQ(targets(id)[2].outcome, Outcome::interrupted);
  EXPECT_EQ(stored(id, 0), "half\n");
}

TEST_F(CoordinatorTest, APausedRunIsInterruptedByTheNextStartLikeAnyOther) {
  Batches batches = by_one();
  batches.pause = PauseMode::after_each;
  const RunId id = start(2, 1, batches);
  backend_.finish(0, Outcome::ok);
  until([&] { return run(id).state == RunState::paused; });
  coordinator_.reset();
  store_.reset();
  open();
  ASSERT_TRUE(store_->write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY(store::mark_interrupted(transaction, clock_.wall_ms()));
    return {};
  }));
  EXPECT_EQ(run(id).state, RunState::finished);
  EXPECT_FALSE(run(id).paused_reason);
  EXPECT_EQ(targets(id)[1].outcome, Outcome::interrupted);
}

}  // namespace
}  // namespace om::run
