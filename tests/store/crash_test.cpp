// SPDX-License-Identifier: MIT
//
// A process that is killed while it writes: everything it was told is on disk is on disk.

#include <csignal>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/temp_store.h"
#include "store/transaction.h"

#include "om/store/journal.h"

namespace om::store {
namespace {

constexpr int kRounds = 12;
constexpr std::size_t kOutputBytes = 3000;

std::string output_of(std::int64_t seq) {
  return std::string(kOutputBytes, static_cast<char>('a' + seq % 26));
}

/// Appends to one run for ever, several entries at a time; each number goes to `acknowledged` once
/// it is committed.
[[noreturn]] void write_until_killed(const TempFolder& folder, int acknowledged) {
  const SystemClock clock;
  const auto store = open_store(folder, clock);
  NewRun request;
  request.run.module_id = {1001};
  request.run.created_ms = clock.wall_ms();
  Target target;
  target.host = "web1";
  request.targets = {target};
  RunId id;
  const auto started = store->write([&](Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const InsertedRun inserted, insert_run(transaction, request));
    id = inserted.id;
    return {};
  });
  if (!started) ::_exit(1);
  for (std::int64_t seq = 1;; ++seq) {
    JournalEntry entry;
    entry.run_id = id;
    entry.run.seq = seq;
    entry.run.state = RunState::running;
    entry.output = {{seq, 0, Stream::out, output_of(seq)}};
    const bool wait = seq % 7 == 0;
    const auto append = [entry](Transaction& t) { return append_journal(t, entry); };
    const auto done = [acknowledged, id, seq](Result<void> result) {
      const std::int64_t message[] = {id.value, seq};
      if (!result || ::write(acknowledged, message, sizeof message) != sizeof message) ::_exit(1);
    };
    if (wait)
      done(store->write(append));
    else
      store->submit(append, done);
  }
}

TEST(CrashTest, KilledAtAnyMomentNothingAcknowledgedIsLost) {
  const TempFolder folder;
  std::mt19937 random(9);
  std::int64_t acknowledged_in_all = 0;
  for (int round = 0; round < kRounds; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      write_until_killed(folder, pipe[1]);
    }
    ::close(pipe[1]);
    // Killed after some number of acknowledgements, so in the middle of what follows.
    const int after = std::uniform_int_distribution<int>(1, 400)(random);
    std::int64_t message[2] = {0, 0};
    std::int64_t acknowledged = 0;
    for (int i = 0; ::read(pipe[0], message, sizeof message) == sizeof message; ++i) {
      EXPECT_EQ(message[1], acknowledged + 1);
      acknowledged = message[1];
      if (i == after) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "round " << round << ": the child gave up";
    acknowledged_in_all += acknowledged;

    const ManualClock clock;
    const auto store = open_store(folder, clock);
    ASSERT_NE(store, nullptr);
    const RunId id{message[0]};
    std::int64_t kept = 0;
    {
      const auto reader = store->read();
      const auto chunks = read_output(**reader, id, 0, std::nullopt, 0, 1 << 30);
      for (const OutputChunk& chunk : *chunks) {
        EXPECT_EQ(chunk.seq, ++kept);
        EXPECT_TRUE(chunk.bytes == output_of(chunk.seq));
      }
      EXPECT_GE(kept, acknowledged);
      EXPECT_EQ(find_run(**reader, id)->seq, kept);
    }
    std::vector<RunId> interrupted;
    ASSERT_TRUE(store->write([&](Transaction& transaction) -> Result<void> {
      OM_TRY_SET(interrupted, mark_interrupted(transaction, 1));
      return {};
    }));
    EXPECT_EQ(interrupted, std::vector<RunId>{id});
  }
  EXPECT_GT(acknowledged_in_all, kRounds * 50);
}

}  // namespace
}  // namespace om::store
