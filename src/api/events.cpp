// SPDX-License-Identifier: MIT
//
// The live stream of one run. It begins with the store, from where the watcher is, and goes on with
// the feed; whoever falls behind reads the store again, so a slow watcher gets the newest state
// instead of the whole history.
#include <algorithm>
#include <thread>
#include <utility>

#include "api/resources.h"
#include "api/run_json.h"

#include "om/api/api.h"
#include "om/base/text.h"
#include "om/run/feed.h"

namespace om::api {
namespace {

/// A watcher is told at most ten times a second.
constexpr auto kPause = std::chrono::milliseconds(100);
/// Output read back from the store for one message, about: a watcher who was away needs no more.
constexpr std::int64_t kCatchUpBytes = 1 << 20;
/// What every target gets of it, however many there are.
constexpr std::int64_t kLeastPreviewBytes = 512;

struct CatchUp {
  std::vector<OutputChunk> output;
  std::size_t preview_bytes = kPreviewBytes;
};

/// The output after `seq`: all of it while that is little, else the newest of every target.
Result<CatchUp> output_since(store::Connection& connection, const Run& run, std::int64_t seq) {
  CatchUp catch_up;
  OM_TRY_SET(catch_up.output, store::read_output(connection, run.id, std::nullopt, std::nullopt,
                                                 seq, kCatchUpBytes));
  if (catch_up.output.empty()) return catch_up;
  const std::int64_t last_seq = catch_up.output.back().seq;
  OM_TRY_SET(const std::vector<OutputChunk> more,
             store::read_output(connection, run.id, std::nullopt, std::nullopt, last_seq, 1));
  if (more.empty()) return catch_up;
  const std::int64_t each =
      std::clamp(kCatchUpBytes / std::max<std::int64_t>(run.total, 1), kLeastPreviewBytes,
                 static_cast<std::int64_t>(kPreviewBytes));
  catch_up.preview_bytes = static_cast<std::size_t>(each);
  // One byte more, so that the gap before it is seen.
  OM_TRY_SET(catch_up.output, store::read_output_ends(connection, run.id, seq, each + 1));
  return catch_up;
}

class RunEvents final : public LiveStream {
 public:
  RunEvents(store::Store& store, run::Feed& feed, const Clock& clock, RunId run,
            std::int64_t after_seq)
      : store_(store), feed_(feed), clock_(clock), run_(run), seq_(after_seq) {}

  std::optional<std::string> next(Duration wait) override {
    if (ended_) return std::nullopt;
    if (std::exchange(first_, false)) return "retry: 2000\n\n" + catch_up();
    const Duration pause = last_sent_ + kPause - clock_.now();
    if (pause > Duration::zero()) std::this_thread::sleep_for(std::min(pause, wait));
    const run::Feed::News news = feed_.next(run_, seq_, wait);
    last_sent_ = clock_.now();
    switch (news.state) {
      case run::Feed::State::quiet:
        return std::string();
      case run::Feed::State::ended:
        return std::nullopt;
      case run::Feed::State::behind:
      case run::Feed::State::closed:
        return catch_up();
      case run::Feed::State::news:
        break;
    }
    std::string text;
    for (const auto& piece : news.pieces) text += *piece;
    seq_ = news.seq;
    return text;
  }

 private:
  /// What the store has after seq_, as one message; with "end" when the run is over.
  std::string catch_up() {
    Result<std::string> text = read_store();
    if (text) return std::move(text).value();
    ended_ = true;
    return "event: error\ndata: " + dump({{"message", text.error().message}}) + "\n\n";
  }

  Result<std::string> read_store() {
    OM_TRY_SET(const store::Reader reader, store_.read());
    store::JournalEntry entry;
    entry.run_id = run_;
    std::size_t preview_bytes = 0;
    OM_TRY(store::snapshot(*reader, [&]() -> Result<void> {
      OM_TRY_SET(entry.run, store::find_run(*reader, run_));
      OM_TRY_SET(entry.targets, store::targets_changed_since(*reader, run_, seq_));
      OM_TRY_SET(CatchUp missed, output_since(*reader, entry.run, seq_));
      entry.output = std::move(missed.output);
      preview_bytes = missed.preview_bytes;
      return {};
    }));
    const Run& run = entry.run;
    std::string text;
    if (run.seq > seq_ || seq_ == 0) {
      text = event_text(entry, preview_bytes);
      seq_ = run.seq;
    }
    if (run.state == RunState::finished) {
      ended_ = true;
      text += "event: end\ndata: {\"seq\":" + std::to_string(run.seq) + "}\n\n";
    }
    return text;
  }

  store::Store& store_;
  run::Feed& feed_;
  const Clock& clock_;
  RunId run_;
  std::int64_t seq_;
  bool first_ = true;
  bool ended_ = false;
  MonotonicTime last_sent_{};
};

Result<Response> watch(const Call& call) {
  OM_TRY_SET(const std::int64_t id, call.number_arg(0));
  std::string after = call.request.header("last-event-id");
  if (after.empty()) after = call.request.query_value("after").value_or("0");
  const std::optional<std::int64_t> after_seq = text::parse_int(after);
  if (!after_seq || *after_seq < 0) {
    return fail(Errc::invalid_argument, "request.query", "Last-Event-ID must be an event's number");
  }
  {
    OM_TRY_SET(const store::Reader reader, call.services.store.read());
    OM_TRY_SET([[maybe_unused]] const Run run, store::find_run(*reader, RunId{id}));
  }
  Response response;
  response.content_type = "text/event-stream";
  response.stream = std::make_unique<RunEvents>(call.services.store, call.services.feed,
                                                call.services.clock, RunId{id}, *after_seq);
  return response;
}

}  // namespace

Response watch_run(const Call& call) {
  Result<Response> response = watch(call);
  return response ? std::move(response).value() : error_response(response.error());
}

}  // namespace om::api
