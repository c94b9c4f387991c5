// SPDX-License-Identifier: MIT
//
// The pool's handles, and what each call means; pool_state.cpp has the way of a session through it.
#include "om/ssh/session_pool.h"

#include <utility>

#include "ssh/pool_command.h"
#include "ssh/pool_state.h"

namespace om::ssh {

namespace {

class PoolRequest final : public SessionPool::Request {
 public:
  using GiveUp = std::function<void()>;
  explicit PoolRequest(GiveUp give_up) : give_up_(std::move(give_up)) {}
  ~PoolRequest() override { give_up_(); }

 private:
  GiveUp give_up_;
};

}  // namespace

SessionLease::SessionLease(std::unique_ptr<PoolUse> use) : use_(std::move(use)) {}
SessionLease::~SessionLease() = default;

std::unique_ptr<PooledExec> SessionLease::exec(ExecOptions options, ExecObserver& observer) {
  return std::make_unique<PoolCommand>(*use_, std::move(options), observer);
}

const SessionFacts& SessionLease::facts() const { return use_->entry.session->facts(); }

SessionPool::SessionPool(const SessionServices& services, const PoolLimits& limits)
    : state_(std::make_unique<PoolState>(services, limits)) {}
SessionPool::~SessionPool() = default;

std::unique_ptr<SessionPool::Request> SessionPool::acquire(Route route,
                                                           const SessionDeadlines& deadlines,
                                                           std::int64_t turn, Answer answer) {
  auto wait = std::make_shared<Wait>();
  wait->route = std::move(route);
  wait->deadlines = deadlines;
  wait->turn = turn;
  wait->answer = [answer = std::move(answer)](Result<std::unique_ptr<PoolUse>> use) {
    if (!use) return answer(std::move(use).error());
    answer(std::unique_ptr<SessionLease>(new SessionLease(*std::move(use))));
  };
  state_->ask(wait);
  return std::make_unique<PoolRequest>(
      [state = state_.get(), wait = std::move(wait)] { state->give_up(*wait); });
}

std::size_t SessionPool::size() const { return state_->size(); }
std::size_t SessionPool::idle() const { return state_->idle(); }

}  // namespace om::ssh
