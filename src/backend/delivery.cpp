// SPDX-License-Identifier: MIT
#include "backend/delivery.h"

#include <algorithm>
#include <utility>

namespace om::backend {
namespace {
constexpr std::size_t kKeptBytes = 4 * 1024;
}

Delivery::Delivery(event::Reactor& reactor, Link& link, ShellAccess& access,
                   std::shared_ptr<CopySource> source, TransferEvents events)
    : reactor_(reactor),
      link_(link),
      access_(access),
      source_(std::move(source)),
      events_(std::move(events)),
      answer_(access.bootstrap.nonce, kDeliveryAnswer) {
  source_->examine(reactor_, [this, alive = alive_](const auto& facts) {
    if (*alive) on_examined(facts);
  });
}

Delivery::~Delivery() { *alive_ = false; }

void Delivery::on_examined(const Result<std::shared_ptr<const SourceFacts>>& facts) {
  if (!facts) return give_up(facts.error());
  file_ = {source_->name(), (*facts)->size_bytes, (*facts)->sha256_hex};
  shell_ = std::make_unique<ShellCommand>(reactor_, link_, access_,
                                          ShellInput{delivery_line(access_.bootstrap.nonce, file_),
                                                     nullptr, ShellInput::End::by_caller},
                                          *this);
}

void Delivery::on_shell_output(Stream stream, std::string_view bytes) {
  said_.append(bytes.substr(0, kKeptBytes - std::min(kKeptBytes, said_.size())));
  if (stream == Stream::out) answer_.feed(bytes);
}

void Delivery::on_shell_sent() {
  if (flow_) return flow_->on_sent();
  flow_ = std::make_unique<SourceFlow>(
      reactor_, source_, *shell_, std::vector<ByteRange>{{0, file_.size_bytes}},
      [](std::int64_t) {}, [this](Error error) { give_up(std::move(error)); });
}

void Delivery::on_shell_ended(std::optional<Result<CommandEnd>> end) {
  end_ = std::move(end);
  if (answer_.answer()) {
    Result<FileOnHost> file =
        read_delivery_answer(access_.bootstrap.nonce, file_, *answer_.answer());
    if (file) {
      result_ = Transferred{true, "", "", std::make_unique<FileOnHost>(std::move(file).value())};
    } else {
      result_ = std::move(file).error();
    }
  }
  tell_done();
}

void Delivery::give_up(Error error) {
  result_ = std::move(error);
  tell_done();
}

void Delivery::tell_done() {
  flow_.reset();
  const auto done = std::exchange(events_.done, nullptr);
  if (done) done();
}

}  // namespace om::backend
