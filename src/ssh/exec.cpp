// SPDX-License-Identifier: MIT
//
// The handle; the work is LiveChannel's.
#include "om/ssh/exec.h"

#include "ssh/live_channel.h"

namespace om::ssh {

ExecChannel::ExecChannel(std::shared_ptr<LiveChannel> live) : live_(std::move(live)) {}

ExecChannel::~ExecChannel() { live_->abandon(); }

void ExecChannel::write(std::string bytes) {
  live_->write(std::make_shared<const std::string>(std::move(bytes)));
}

void ExecChannel::write(std::shared_ptr<const std::string> bytes) {
  live_->write(std::move(bytes));
}

void ExecChannel::finish_writing() { live_->finish_writing(); }
std::size_t ExecChannel::unsent_bytes() const { return live_->unsent_bytes(); }
bool ExecChannel::was_requested() const { return live_->was_requested(); }
void ExecChannel::set_reading(bool reading) { live_->set_reading(reading); }
void ExecChannel::close() { live_->close(); }

}  // namespace om::ssh
