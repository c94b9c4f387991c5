// SPDX-License-Identifier: MIT
#include "backend/stop.h"

#include <utility>

namespace om::backend {
namespace {

/// For the way there and back, beside the grace that the host grants.
constexpr Duration kOverhead = std::chrono::seconds(10);

}  // namespace

Stop::Stop(event::Reactor& reactor, LinkSource& source, Link& link, ShellAccess& access,
           Order order, Done done)
    : reactor_(reactor),
      source_(source),
      access_(access),
      order_(std::move(order)),
      done_(std::move(done)),
      answer_(access_.bootstrap.nonce, kStopAnswer) {
  send(link);
}

void Stop::send(Link& link) {
  const Deadlines& deadlines = order_.deadlines;
  deadline_ = reactor_.after(deadlines.cancel_grace + kOverhead,
                             [this] { finish(std::nullopt, "the host did not answer in time"); });
  shell_ = std::make_unique<ShellCommand>(
      reactor_, link, access_,
      ShellInput{stop_line(access_.bootstrap.nonce, order_.process_group, deadlines.cancel_grace),
                 nullptr},
      *this);
}

void Stop::send_over_new_link(const std::string& why) {
  deadline_.cancel();  // the link has deadlines of its own
  request_ = source_.acquire(order_.where, order_.deadlines,
                             [this, why](Result<std::unique_ptr<Link>> link) {
                               if (!link) {
                                 finish(std::nullopt, why + "; then " + link.error().message);
                                 return;
                               }
                               new_link_ = std::move(link).value();
                               send(*new_link_);
                             });
}

void Stop::on_shell_output(Stream stream, std::string_view bytes) {
  if (stream != Stream::out) return;
  answer_.feed(bytes);
  if (!answer_.answer()) return;
  const auto answer = read_stop_answer(*answer_.answer());
  finish(answer, answer ? "" : "the host's answer makes no sense");
}

void Stop::on_shell_ended(std::optional<Result<CommandEnd>> end) {
  if (!end) {
    finish(std::nullopt, "the become was not let through");
  } else if (!*end && !shell_->input_sent() && !request_) {
    send_over_new_link(end->error().message);
  } else {
    finish(std::nullopt,
           *end ? "the host ended the command without an answer" : end->error().message);
  }
}

void Stop::finish(std::optional<StopAnswer> answer, std::string why_not) {
  deadline_.cancel();
  const Done done = std::exchange(done_, nullptr);
  if (done) done(std::move(answer), std::move(why_not));
}

}  // namespace om::backend
