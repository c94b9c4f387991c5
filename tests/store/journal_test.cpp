// SPDX-License-Identifier: MIT
#include "om/store/journal.h"

#include <random>

#include <gmock/gmock.h>

#include "store/temp_store.h"

#include "om/base/crypto.h"
#include "om/store/inventory.h"

namespace om::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

NewRun three_targets() {
  NewRun request;
  request.run.module_id = {1001};
  request.run.module_name = "查看系统日志";
  request.run.module_name_en = "System log";
  request.run.risk = Risk::read;
  request.run.user = "admin";
  request.run.via = "page";
  request.run.platform = "ssh";
  request.run.parameters = {{"sys_param_1", "50", false}, {"sys_param_2", "hush", true}};
  request.run.created_ms = 1000;
  request.run.concurrency = 8;
  request.run.timeout_s = 300;
  request.run.source_path = "modules/ssh/Mid_1001.sh";
  request.source_bytes = "#!/bin/sh\necho\n";
  request.run.source_sha256 = crypto::sha256_hex(request.source_bytes);
  for (const char* name : {"web3", "web1", "web2"}) {
    Target target;
    target.host_id = {static_cast<std::int64_t>(name[3])};
    target.host = name;
    target.address = std::string("10.0.0.") + name[3];
    target.login = "root";
    request.targets.push_back(target);
  }
  return request;
}

class JournalTest : public StoreFixture {
 protected:
  RunId start(const NewRun& request = three_targets()) {
    RunId id;
    write([&](Transaction& transaction) -> Result<void> {
      OM_TRY_SET(const InsertedRun inserted, insert_run(transaction, request));
      id = inserted.id;
      return {};
    });
    return id;
  }
  void append(const JournalEntry& entry) {
    write([&](Transaction& transaction) { return append_journal(transaction, entry); });
  }
  /// Ends one target and leaves the run as it stands.
  JournalEntry ending(RunId id, int index, std::int64_t seq, Outcome outcome) {
    JournalEntry entry;
    entry.run_id = id;
    entry.run = *find_run(*reader(), id);
    entry.run.state = RunState::running;
    entry.run.seq = seq;
    entry.run.counts.waiting -= 1;
    entry.run.counts.by_outcome[static_cast<std::size_t>(outcome)] += 1;
    Target target = list_targets(*reader(), id, index - 1, 1)->front();
    target.state = TargetState::finished;
    target.outcome = outcome;
    target.exit_code = 3;
    target.finished_ms = 2000 + seq;
    target.seq = seq;
    entry.targets = {target};
    return entry;
  }
  std::vector<OutputChunk> output(RunId id, std::optional<int> index = std::nullopt,
                                  std::int64_t after = 0, std::int64_t max = 1 << 20) {
    return *read_output(*reader(), id, index, std::nullopt, after, max);
  }
};

TEST_F(JournalTest, RunComesBackAsItWasAskedFor) {
  const RunId id = start();
  const om::Run run = *find_run(*reader(), id);
  EXPECT_EQ(run.id, id);
  EXPECT_EQ(run.module_id.value, 1001);
  EXPECT_EQ(run.module_name, "查看系统日志");
  EXPECT_EQ(run.module_name_en, "System log");
  EXPECT_EQ(run.risk, Risk::read);
  EXPECT_EQ(run.user, "admin");
  EXPECT_EQ(run.via, "page");
  EXPECT_EQ(run.platform, "ssh");
  EXPECT_EQ(run.state, RunState::waiting);
  EXPECT_FALSE(run.outcome);
  EXPECT_EQ(run.created_ms, 1000);
  EXPECT_EQ(run.total, 3);
  EXPECT_EQ(run.counts.waiting, 3);
  EXPECT_EQ(run.seq, 0);
  EXPECT_EQ(run.concurrency, 8);
  EXPECT_EQ(run.timeout_s, 300);
  EXPECT_EQ(run.source_path, "modules/ssh/Mid_1001.sh");
  EXPECT_EQ(*find_source(*reader(), run.source_sha256), "#!/bin/sh\necho\n");
}

TEST_F(JournalTest, AnotherKindOfRunComesBackWithItsSpecAndProgress) {
  NewRun request = three_targets();
  request.run.kind = RunKind::copy;
  request.run.spec = R"({"source":"app.tar"})";
  request.targets[1].batch = 2;
  const RunId id = start(request);
  EXPECT_EQ(find_run(*reader(), id)->kind, RunKind::copy);
  EXPECT_EQ(find_run(*reader(), id)->spec, R"({"source":"app.tar"})");
  EXPECT_EQ(find_target(*reader(), id, "web1")->batch, 2);
  JournalEntry entry = ending(id, 1, 1, Outcome::ok);
  entry.targets[0].done_bytes = 5;
  entry.targets[0].total_bytes = 9;
  append(entry);
  EXPECT_EQ(find_target(*reader(), id, "web1")->done_bytes, 5);
  EXPECT_EQ(find_target(*reader(), id, "web1")->total_bytes, 9);
  EXPECT_EQ(find_target(*reader(), id, "web1")->batch, 2) << "a change leaves it alone";
}

TEST_F(JournalTest, BatchesComeBackAndChangeWithTheRun) {
  NewRun request = three_targets();
  Batches& batches = request.run.batches.emplace();
  batches.size = Share{25, true};
  batches.canary = 1;
  batches.max_failed = Share{3, false};
  batches.pause = PauseMode::after_canary;
  batches.order = StartOrder::random;
  batches.seed = 4'294'967'295U;
  batches.count = 4;
  const RunId id = start(request);
  EXPECT_EQ(find_run(*reader(), id)->batches, request.run.batches);
  EXPECT_FALSE(find_run(*reader(), start())->batches);

  JournalEntry entry = ending(id, 0, 1, Outcome::unreachable);
  entry.run.state = RunState::paused;
  entry.run.paused_reason = PausedReason::after_batch;
  entry.run.batches->current = 2;
  entry.targets[0].remedy = "nc -vz web3 22";
  append(entry);
  EXPECT_EQ(find_run(*reader(), id)->state, RunState::paused);
  EXPECT_EQ(find_run(*reader(), id)->paused_reason, PausedReason::after_batch);
  EXPECT_EQ(find_run(*reader(), id)->batches->current, 2);
  EXPECT_EQ(find_target(*reader(), id, "web3")->remedy, "nc -vz web3 22");
}

TEST_F(JournalTest, HostsOfARunAreThoseThatEndedSoAsTheyAreNow) {
  NewRun request = three_targets();
  request.targets.clear();
  for (const char* name : {"web3", "web1", "web2"}) {
    Host host;
    host.name = name;
    host.address = "192.0.2.1";
    Target target;
    target.host = name;
    write([&](Transaction& transaction) -> Result<void> {
      OM_TRY_SET(target.host_id, add_host(transaction, host));
      return {};
    });
    request.targets.push_back(target);
  }
  const RunId id = start(request);
  append(ending(id, 0, 1, Outcome::failed));
  append(ending(id, 1, 2, Outcome::ok));
  const auto names = [&](std::vector<Outcome> outcomes, std::vector<std::string> hosts = {}) {
    std::vector<std::string> all;
    for (const Host& host :
         *select_hosts(*reader(), {std::move(hosts), {}, {}, OfRun{id, std::move(outcomes)}}))
      all.push_back(host.name);
    return all;
  };
  EXPECT_THAT(names({Outcome::ok, Outcome::failed}), ElementsAre("web3", "web1"));
  EXPECT_THAT(names({}), ElementsAre("web3")) << "web2 has not ended";
  EXPECT_THAT(names({Outcome::lost}), IsEmpty());
  EXPECT_THAT(names({Outcome::failed}, {"web2", "web3"}), ElementsAre("web2", "web3"));
  write([&](Transaction& transaction) -> Result<void> {
    Host moved;
    moved.name = "web3";
    moved.address = "192.0.2.77";
    OM_TRY(update_host(transaction, moved));
    return remove_host(transaction, "web1");
  });
  EXPECT_EQ(select_hosts(*reader(), {{}, {}, {}, OfRun{id, {}}})->front().address, "192.0.2.77");
  EXPECT_THAT(names({Outcome::ok}), IsEmpty()) << "that host is gone";
  EXPECT_EQ(select_hosts(*reader(), {{}, {}, {}, OfRun{RunId{99}, {}}}).error().code,
            Errc::not_found);
}

TEST_F(JournalTest, SecretParametersAreNeverStored) {
  const om::Run run = *find_run(*reader(), start());
  ASSERT_EQ(run.parameters.size(), 2U);
  EXPECT_EQ(run.parameters[0].value, "50");
  EXPECT_TRUE(run.parameters[1].secret);
  EXPECT_EQ(run.parameters[1].value, "");
}

TEST_F(JournalTest, TargetsKeepTheRequestsOrder) {
  const RunId id = start();
  const auto targets = *list_targets(*reader(), id, -1, 10);
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_EQ(targets[0].host, "web3");
  EXPECT_EQ(targets[1].host, "web1");
  EXPECT_EQ(targets[2].host, "web2");
  EXPECT_EQ(targets[2].index, 2);
  EXPECT_EQ(targets[2].state, TargetState::waiting);
  EXPECT_EQ(targets[2].address, "10.0.0.2");
  EXPECT_EQ(list_targets(*reader(), id, 0, 1)->front().host, "web1");
  EXPECT_EQ(find_target(*reader(), id, "web2")->index, 2);
  EXPECT_EQ(find_target(*reader(), id, "web9").error().code, Errc::not_found);
}

TEST_F(JournalTest, SameKeyOfTheSameUserIsTheSameRun) {
  NewRun request = three_targets();
  request.idempotency_key = "k1";
  const RunId first = start(request);
  write([&](Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const InsertedRun again, insert_run(transaction, request));
    EXPECT_TRUE(again.already_there);
    EXPECT_EQ(again.id, first);
    request.run.user = "other";
    OM_TRY_SET(const InsertedRun others, insert_run(transaction, request));
    EXPECT_FALSE(others.already_there);
    return {};
  });
  EXPECT_EQ(list_runs(*reader(), std::nullopt, 10)->size(), 2U);
  request.idempotency_key.clear();
  EXPECT_NE(start(request), start(request));
}

TEST_F(JournalTest, HostMayBeInARunOnceOnly) {
  NewRun request = three_targets();
  request.targets[2].host = "web3";
  const auto refused = store_->write([&](Transaction& transaction) -> Result<void> {
    OM_TRY(insert_run(transaction, request));
    return {};
  });
  EXPECT_FALSE(refused);
  EXPECT_THAT(*list_runs(*reader(), std::nullopt, 10), IsEmpty());
}

TEST_F(JournalTest, RunsAreListedNewestFirst) {
  const RunId a = start();
  const RunId b = start();
  const RunId c = start();
  const auto ids = [](const std::vector<om::Run>& runs) {
    std::vector<RunId> all;
    for (const om::Run& run : runs) all.push_back(run.id);
    return all;
  };
  EXPECT_THAT(ids(*list_runs(*reader(), std::nullopt, 2)), ElementsAre(c, b));
  EXPECT_THAT(ids(*list_runs(*reader(), b, 2)), ElementsAre(a));
  EXPECT_EQ(list_runs(*reader(), std::nullopt, 1)->front().parameters.size(), 2U);
}

TEST_F(JournalTest, ChangesSinceANumberAreThoseAndNoOthers) {
  const RunId id = start();
  EXPECT_THAT(*targets_changed_since(*reader(), id, 0), IsEmpty());
  append(ending(id, 1, 1, Outcome::ok));
  append(ending(id, 0, 2, Outcome::failed));
  const auto all = *targets_changed_since(*reader(), id, 0);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].host, "web1");
  EXPECT_EQ(all[1].host, "web3");
  const auto last = *targets_changed_since(*reader(), id, 1);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].outcome, Outcome::failed);
  EXPECT_EQ(last[0].exit_code, 3);
  EXPECT_EQ(last[0].seq, 2);
  const om::Run run = *find_run(*reader(), id);
  EXPECT_EQ(run.seq, 2);
  EXPECT_EQ(run.counts.waiting, 1);
  EXPECT_EQ(run.counts.by_outcome[static_cast<std::size_t>(Outcome::failed)], 1);
}

TEST_F(JournalTest, TargetThatIsNotThereIsRefused) {
  const RunId id = start();
  JournalEntry entry = ending(id, 0, 1, Outcome::ok);
  entry.targets[0].index = 7;
  EXPECT_FALSE(
      store_->write([&](Transaction& transaction) { return append_journal(transaction, entry); }));
  EXPECT_EQ(find_run(*reader(), id)->seq, 0);
}

TEST_F(JournalTest, LastOutcomeOfAHostIsTheNewestOne) {
  Host host;
  host.name = "web1";
  host.address = "10.0.0.1";
  HostId host_id;
  write([&](Transaction& transaction) -> Result<void> {
    OM_TRY_SET(host_id, add_host(transaction, host));
    return {};
  });
  const auto end = [&](Outcome outcome, WallMs at) {
    const RunId id = start();
    JournalEntry entry = ending(id, 1, 1, outcome);
    entry.targets[0].host_id = host_id;
    entry.targets[0].finished_ms = at;
    append(entry);
    return id;
  };
  const auto last = [&] { return list_hosts(*reader(), {})->front().last; };
  EXPECT_FALSE(last());
  const RunId newest = end(Outcome::lost, 5000);
  end(Outcome::ok, 4000);  // began later, ended before
  ASSERT_TRUE(last());
  EXPECT_EQ(last()->outcome, Outcome::lost);
  EXPECT_EQ(last()->run_id, newest);
  EXPECT_EQ(last()->at_ms, 5000);
}

TEST_F(JournalTest, OutputComesBackInOrderWithinItsLimit) {
  const RunId other = start();
  const RunId id = start();
  JournalEntry entry;
  entry.run_id = id;
  entry.run = *find_run(*reader(), id);
  entry.run.seq = 4;
  entry.output = {{1, 0, Stream::out, "aaaa"},
                  {2, 2, Stream::out, "bbbb"},
                  {3, 0, Stream::err, "cccc"},
                  {4, 0, Stream::out, "dddd"}};
  append(entry);
  const auto texts = [](const std::vector<OutputChunk>& chunks) {
    std::vector<std::string> all;
    for (const OutputChunk& chunk : chunks) all.push_back(chunk.bytes);
    return all;
  };
  EXPECT_THAT(texts(output(id)), ElementsAre("aaaa", "bbbb", "cccc", "dddd"));
  EXPECT_THAT(texts(output(id, 0)), ElementsAre("aaaa", "cccc", "dddd"));
  EXPECT_THAT(texts(output(id, 0, 1)), ElementsAre("cccc", "dddd"));
  EXPECT_THAT(texts(output(id, 0, 0, 8)), ElementsAre("aaaa", "cccc"));
  EXPECT_THAT(texts(output(id, 0, 0, 7)), ElementsAre("aaaa"));
  EXPECT_THAT(texts(output(id, 0, 0, 1)), ElementsAre("aaaa"));
  EXPECT_THAT(texts(output(id, 1)), IsEmpty());
  EXPECT_THAT(texts(output(other)), IsEmpty());
  EXPECT_THAT(texts(*read_output(*reader(), id, 0, Stream::err, 0, 100)), ElementsAre("cccc"));
  const OutputChunk chunk = output(id, 0, 1).front();
  EXPECT_EQ(chunk.seq, 3);
  EXPECT_EQ(chunk.target_index, 0);
  EXPECT_EQ(chunk.stream, Stream::err);
}

TEST_F(JournalTest, NumbersFromAClientsUrlAreHarmless) {
  const RunId id = start();
  for (const std::int64_t odd : {std::int64_t{-1}, std::int64_t{1} << 33, INT64_MAX, INT64_MIN}) {
    EXPECT_TRUE(read_output(*reader(), {odd}, 0, std::nullopt, 0, 100));
    EXPECT_TRUE(read_output(*reader(), id, 0, std::nullopt, odd, 100));
    EXPECT_EQ(find_run(*reader(), {odd}).error().code, Errc::not_found);
  }
}

/// What a host sent is what is kept: any bytes, any sizes, however they were cut into chunks.
TEST_F(JournalTest, BytesComeBackAsTheyCame) {
  std::mt19937 random(20260722);
  const auto number = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (int round = 0; round < 20; ++round) {
    const RunId id = start();
    std::string sent[3][2];
    std::int64_t seq = 0;
    for (int batch = 0; batch < 5; ++batch) {
      JournalEntry entry;
      entry.run_id = id;
      entry.run = *find_run(*reader(), id);
      for (int chunk = number(0, 8); chunk > 0; --chunk) {
        std::string bytes(
            static_cast<std::size_t>(number(0, 3) ? number(0, 300) : number(0, 70'000)), '\0');
        for (char& byte : bytes) byte = static_cast<char>(number(0, 255));
        const int target = number(0, 2);
        const Stream stream = number(0, 1) ? Stream::out : Stream::err;
        sent[target][stream == Stream::err] += bytes;
        entry.output.push_back({++seq, target, stream, std::move(bytes)});
      }
      entry.run.seq = seq;
      append(entry);
    }
    if (round % 5 == 0) reopen();
    for (int target = 0; target < 3; ++target) {
      std::string kept[2];
      std::int64_t after = 0;
      const int limit = number(1, 100'000);
      for (auto chunks = output(id, target, after, limit); !chunks.empty();
           chunks = output(id, target, after, limit)) {
        for (const OutputChunk& chunk : chunks) kept[chunk.stream == Stream::err] += chunk.bytes;
        after = chunks.back().seq;
      }
      EXPECT_TRUE(kept[0] == sent[target][0]) << "round " << round;
      EXPECT_TRUE(kept[1] == sent[target][1]) << "round " << round;
    }
  }
}

TEST_F(JournalTest, TheEndsOfAllOutputAreFoundWithoutReadingIt) {
  const RunId id = start();
  JournalEntry entry = ending(id, 0, 1, Outcome::ok);
  entry.output = {{2, 0, Stream::out, "first"},       {3, 1, Stream::out, std::string(5000, 'a')},
                  {4, 0, Stream::out, "second"},      {5, 1, Stream::out, "the end"},
                  {6, 1, Stream::err, "a complaint"}, {7, 0, Stream::out, "third"}};
  entry.run.seq = 7;
  append(entry);
  const auto ends = [&](std::int64_t after, std::int64_t bytes_each) {
    std::vector<std::string> texts;
    for (const OutputChunk& chunk : *read_output_ends(*reader(), id, after, bytes_each))
      texts.push_back(std::to_string(chunk.target_index) + std::to_string(chunk.seq) + chunk.bytes);
    return texts;
  };
  EXPECT_THAT(ends(0, 8), ElementsAre("13a", "04ond", "15the end", "16omplaint", "07third"));
  EXPECT_THAT(ends(4, 100), ElementsAre("15the end", "16a complaint", "07third"));
  EXPECT_THAT(ends(7, 100), IsEmpty());
}

TEST_F(JournalTest, InterruptedRunsAreClosedAndFinishedOnesLeftAlone) {
  const RunId closed = start();
  {
    JournalEntry entry = ending(closed, 0, 1, Outcome::ok);
    entry.run.state = RunState::finished;
    entry.run.outcome = Outcome::ok;
    append(entry);
  }
  const RunId open = start();
  {
    JournalEntry entry = ending(open, 0, 1, Outcome::failed);
    Target begun = list_targets(*reader(), open, 0, 1)->front();
    begun.state = TargetState::running;
    begun.started_ms = 1500;
    begun.seq = 2;
    entry.targets.push_back(begun);
    entry.output = {
        {3, 1, Stream::out, "be"}, {4, 1, Stream::err, "oh"}, {5, 1, Stream::out, "gun"}};
    entry.run.seq = 5;
    entry.run.counts.waiting = 1;
    entry.run.counts.running = 1;
    append(entry);
  }
  std::vector<RunId> touched;
  write([&](Transaction& transaction) -> Result<void> {
    OM_TRY_SET(touched, mark_interrupted(transaction, 9000));
    return {};
  });
  EXPECT_THAT(touched, ElementsAre(open));
  const om::Run run = *find_run(*reader(), open);
  EXPECT_EQ(run.state, RunState::finished);
  EXPECT_EQ(run.outcome, Outcome::interrupted);
  EXPECT_EQ(run.finished_ms, 9000);
  EXPECT_EQ(run.seq, 7);
  EXPECT_EQ(run.counts.waiting, 0);
  EXPECT_EQ(run.counts.running, 0);
  EXPECT_EQ(run.counts.by_outcome[static_cast<std::size_t>(Outcome::interrupted)], 2);
  EXPECT_EQ(run.counts.by_outcome[static_cast<std::size_t>(Outcome::failed)], 1);
  const auto targets = *list_targets(*reader(), open, -1, 10);
  EXPECT_EQ(targets[0].outcome, Outcome::failed);
  EXPECT_EQ(targets[1].outcome, Outcome::interrupted);
  EXPECT_EQ(targets[1].reason, "run.interrupted");
  EXPECT_EQ(targets[1].seq, 6);
  // Whoever asks for output only where there is some missed what had come before the interruption.
  EXPECT_EQ(targets[1].stdout_bytes, 5);
  EXPECT_EQ(targets[1].stderr_bytes, 2);
  EXPECT_EQ(targets[2].outcome, Outcome::interrupted);
  EXPECT_EQ(targets[2].reason, "run.interrupted_before_start");
  EXPECT_EQ(targets[2].seq, 7);
  EXPECT_EQ(targets[2].stdout_bytes, 0);
  EXPECT_EQ(find_run(*reader(), closed)->outcome, Outcome::ok);
  write([&](Transaction& transaction) -> Result<void> {
    OM_TRY_SET(touched, mark_interrupted(transaction, 9999));
    return {};
  });
  EXPECT_THAT(touched, IsEmpty());
}

}  // namespace
}  // namespace om::store
