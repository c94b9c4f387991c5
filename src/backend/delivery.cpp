// SPDX-License-Identifier: MIT
#include "backend/delivery.h"

#include <algorithm>
#include <utility>

namespace om::backend {
namespace {
constexpr std::size_t kKeptBytes = 4 * 1024;
}

Delivery::Delivery(event::Reactor& reactor, Link& link, const Bootstrap& bootstrap,
                   std::shared_ptr<const DeliveredFile> file, Duration sudo_deadline,
                   std::function<void()> done)
    : nonce_(bootstrap.nonce),
      file_(std::move(file)),
      done_(std::move(done)),
      answer_(bootstrap.nonce, kDeliveryAnswer),
      // Owners of the file: the run's targets, and this view of its bytes until they are sent.
      shell_(std::make_unique<ShellCommand>(
          reactor, link, bootstrap,
          ShellInput{delivery_line(nonce_, *file_),
                     std::shared_ptr<const std::string>(file_, &file_->bytes)},
          sudo_deadline, *this)) {}

void Delivery::on_shell_output(Stream stream, std::string_view bytes) {
  said_.append(bytes.substr(0, kKeptBytes - std::min(kKeptBytes, said_.size())));
  if (stream == Stream::out) answer_.feed(bytes);
}

void Delivery::on_shell_ended(std::optional<Result<CommandEnd>> end) {
  end_ = std::move(end);
  if (answer_.answer()) result_ = read_delivery_answer(nonce_, *file_, *answer_.answer());
  const auto done = std::move(done_);
  done();
}

}  // namespace om::backend
