// SPDX-License-Identifier: MIT
//
// The handle; the work is LiveSession's.
#include "om/ssh/session.h"

#include "ssh/live_session.h"

#include "om/base/check.h"

namespace om::ssh {

std::unique_ptr<Session> Session::start(const SessionServices& services, SessionTarget target,
                                        SessionDeadlines deadlines, SessionObserver& observer) {
  auto live = std::make_shared<LiveSession>(services, std::move(target), deadlines, observer);
  live->start();
  return std::unique_ptr<Session>(new Session(std::move(live)));
}

std::unique_ptr<Session> Session::start_through(Session& jump, std::string jump_name,
                                                const SessionServices& services,
                                                SessionTarget target, SessionDeadlines deadlines,
                                                SessionObserver& observer) {
  OM_CHECK(jump.is_ready());
  auto live = std::make_shared<LiveSession>(services, std::move(target), deadlines, observer,
                                            *jump.live_, std::move(jump_name));
  live->start();
  return std::unique_ptr<Session>(new Session(std::move(live)));
}

Session::Session(std::shared_ptr<LiveSession> live) : live_(std::move(live)) {}

Session::~Session() { live_->abandon(); }

std::unique_ptr<ExecChannel> Session::exec(ExecOptions options, ExecObserver& observer) {
  OM_CHECK(is_ready());
  return std::unique_ptr<ExecChannel>(new ExecChannel(live_->exec(std::move(options), observer)));
}

void Session::close() { live_->close(); }
bool Session::is_ready() const { return live_->is_ready(); }
bool Session::is_alive() const { return live_->is_alive(); }
std::size_t Session::channel_count() const { return live_->channel_count(); }
bool Session::can_open() const { return live_->can_open(); }
std::uint64_t Session::traffic_bytes() const { return live_->traffic_bytes(); }
std::size_t Session::memory_bytes() const { return live_->memory_bytes(); }
const SessionFacts& Session::facts() const { return live_->facts(); }

}  // namespace om::ssh
