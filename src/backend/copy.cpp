// SPDX-License-Identifier: MIT
#include "backend/copy.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "om/base/text.h"

namespace om::backend {
namespace {

constexpr std::size_t kKeptSaidBytes = 4 * 1024;
/// Without a byte taken or a word said.
constexpr Duration kStall = std::chrono::seconds(60);
/// What the slowest host hashes in a second.
constexpr std::int64_t kHashedBytesPerSecond = 5'000'000;

std::string size_text(std::int64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

}  // namespace

Copy::Copy(event::Reactor& reactor, Link& link, ShellAccess& access,
           std::shared_ptr<CopySource> source, CopyOrder order, TransferEvents events)
    : reactor_(reactor),
      link_(link),
      access_(access),
      source_(std::move(source)),
      order_(std::move(order)),
      events_(std::move(events)),
      answers_(access.bootstrap.nonce) {
  source_->examine(reactor_, [this, alive = alive_](const auto& facts) {
    if (*alive) on_examined(facts);
  });
}

Copy::~Copy() { *alive_ = false; }

void Copy::on_examined(const Result<std::shared_ptr<const SourceFacts>>& facts) {
  if (!facts) return give_up(facts.error());
  facts_ = *facts;
  state_ = State::asking;
  std::string line = is_folder() ? copy_folder_line(access_.bootstrap.nonce, order_, *facts_)
                                 : copy_file_line(access_.bootstrap.nonce, order_, source_->name(),
                                                  *facts_, source_->mode());
  shell_ = std::make_unique<ShellCommand>(
      reactor_, link_, access_, ShellInput{std::move(line), nullptr, ShellInput::End::by_caller},
      *this);
  // The file that is there, and what an earlier try has left.
  wait_for_host(2 * facts_->size_bytes);
}

void Copy::on_shell_output(Stream stream, std::string_view bytes) {
  said_.append(bytes.substr(0, kKeptSaidBytes - std::min(kKeptSaidBytes, said_.size())));
  // Before the line went out (the become has not let it through) nothing can be an answer to it.
  if (stream != Stream::out || !shell_->input_sent()) return;
  answers_.feed(bytes);
  const auto alive = alive_;
  while (const std::optional<AnswerWords> words = answers_.next()) {
    on_words(*words);
    if (!*alive) return;
  }
}

void Copy::on_words(const AnswerWords& words) {
  if (result_) return;
  switch (words.kind) {
    case 'X':
      return settle(copy_refusal(words.words, order_, *facts_));
    case 'P':
      return on_partial(words);
    case 'N':
      return on_needed(words);
    case 'G':
      return on_go(words);
    case 'V':
      state_ = State::placing;
      return wait_for_host(0);
    case 'S':
      return settle(Transferred{
          false, "copy.unchanged",
          fmt::format("unchanged: the host has it already ({})", size_text(facts_->size_bytes)),
          nullptr});
    case 'C':
      return settle(Transferred{true, "", done_text(), nullptr});
    default:
      return;
  }
}

/// Is what an earlier try has left the beginning of this file?
void Copy::on_partial(const AnswerWords& words) {
  const std::optional<PartialOnHost> partial = read_partial(words.words);
  if (state_ != State::asking || partial_bytes_ || is_folder()) return;
  if (!partial || partial->bytes > facts_->size_bytes) return answer("n\n");
  partial_bytes_ = partial->bytes;
  source_->prefix_sha256(
      reactor_, partial->bytes,
      [this, alive = alive_, sum = partial->sha256_hex](const Result<std::string>& ours) {
        if (!*alive || result_) return;
        if (!ours) return give_up(ours.error());
        answer(*ours == sum ? "y\n" : "n\n");
      });
}

void Copy::on_needed(const AnswerWords& words) {
  const auto index = text::parse_int(words.words);
  // In order and of the list: what a hostile host says here cannot ask for more than there is.
  if (state_ != State::asking || !is_folder() || !index || *index < 0 ||
      static_cast<std::size_t>(*index) >= facts_->entries.size() ||
      (!needed_.empty() && static_cast<std::size_t>(*index) <= needed_.back())) {
    return;
  }
  needed_.push_back(static_cast<std::size_t>(*index));
}

void Copy::on_go(const AnswerWords& words) {
  const auto from = text::parse_int(words.words);
  if (state_ != State::asking) return;
  if (!from || (*from != 0 && *from != partial_bytes_)) {
    return give_up(copy_refusal(words.words, order_, *facts_));
  }
  if (!is_folder()) {
    kept_bytes_ = *from;
    return send({{*from, facts_->size_bytes}}, *from, facts_->size_bytes);
  }
  if (needed_.empty()) {
    answer("-\n");
    return send({}, 0, 0);
  }
  const std::vector<ByteRange> ranges = source_->ranges_of(needed_);
  std::int64_t total = 0;
  for (const ByteRange& range : ranges) total += range.end - range.begin;
  answer(fmt::format("t {}\n", total / 1024 + 64));
  send(ranges, 0, total);
}

void Copy::send(std::vector<ByteRange> ranges, std::int64_t have_bytes, std::int64_t total_bytes) {
  state_ = State::sending;
  total_bytes_ = total_bytes;
  flow_ = std::make_unique<SourceFlow>(
      reactor_, source_, *shell_, std::move(ranges),
      [this](std::int64_t bytes) { on_moved(bytes); },
      [this](Error error) { give_up(std::move(error)); });
  if (flow_->is_through()) on_moved(0);
  if (total_bytes > 0) tell_progress(have_bytes);
}

/// May destroy this.
void Copy::tell_progress(std::int64_t done_bytes) {
  const auto progress = events_.progress;
  progress(done_bytes, total_bytes_);
}

void Copy::on_moved(std::int64_t bytes) {
  sent_bytes_ = bytes;
  const bool through = kept_bytes_ + bytes >= total_bytes_;
  if (through) state_ = State::verifying;
  wait_for_host(through ? facts_->size_bytes : 0);
  if (bytes > 0) tell_progress(kept_bytes_ + bytes);
}

void Copy::on_shell_sent() {
  if (flow_) flow_->on_sent();
}

void Copy::on_shell_ended(std::optional<Result<CommandEnd>> end) {
  end_ = std::move(end);
  tell_done();
}

void Copy::wait_for_host(std::int64_t bytes_to_hash) {
  const Duration patience = kStall + access_.become_deadline +
                            std::chrono::seconds(bytes_to_hash / kHashedBytesPerSecond);
  stall_ = reactor_.after(patience, [this, patience] {
    give_up(fail(Errc::timed_out, "copy.stalled",
                 "the host has taken nothing and said nothing for " + duration_text(patience)));
  });
}

void Copy::answer(std::string line) {
  shell_->write(std::make_shared<const std::string>(std::move(line)));
  wait_for_host(0);
}

/// The host has said its last word; its command ends by itself.
void Copy::settle(Result<Transferred> result) {
  result_ = std::move(result);
  flow_.reset();
  shell_->finish_writing();
  wait_for_host(0);
}

void Copy::give_up(Error error) {
  if (!result_) {
    const std::string left = state_text();
    if (!left.empty()) error.message += "; " + left;
    result_ = std::move(error);
  }
  tell_done();
}

void Copy::tell_done() {
  stall_.cancel();
  flow_.reset();
  const auto done = std::exchange(events_.done, nullptr);
  if (done) done();
}

std::string Copy::done_text() const {
  if (is_folder()) {
    return fmt::format("copied {} of {} members, {} sent", needed_.size(), facts_->entries.size(),
                       size_text(sent_bytes_));
  }
  if (state_ == State::asking) return "its content is unchanged; owner or permissions were set";
  if (kept_bytes_ == 0) return fmt::format("copied {}", size_text(sent_bytes_));
  return fmt::format("copied: {} were there from a try before, {} sent", size_text(kept_bytes_),
                     size_text(sent_bytes_));
}

std::string Copy::state_text() const {
  const std::string& where = order_.destination;
  switch (state_) {
    case State::examining:
    case State::asking:
      return where + " is as it was";
    case State::sending:
    case State::verifying:
      return fmt::format(
          "{} is as it was; what has arrived is kept for the next try, as {}.PID.part {}", where,
          partial_name(*facts_), is_folder() ? "in it" : "beside it");
    case State::placing:
      return where + " was being put in place at that moment: look at the host";
  }
  OM_CHECK(false);
}

}  // namespace om::backend
