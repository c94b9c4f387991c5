// SPDX-License-Identifier: MIT
#include "om/event/reactor.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "om/base/errno_error.h"
#include "om/base/fd.h"

namespace om::event {
namespace {

std::uint32_t to_epoll(std::uint32_t interest) {
  std::uint32_t events = 0;
  if ((interest & kReadable) != 0) events |= EPOLLIN | EPOLLRDHUP;
  if ((interest & kWritable) != 0) events |= EPOLLOUT;
  return events;
}

std::uint32_t from_epoll(std::uint32_t events) {
  std::uint32_t ready = 0;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) ready |= kReadable;
  if ((events & EPOLLOUT) != 0) ready |= kWritable;
  // A peer that is gone must wake both directions: whoever waits finds the error at the next call.
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) ready |= kHangup | kReadable | kWritable;
  return ready;
}

}  // namespace

struct Reactor::State {
  /// Keeps its callback alive while it runs, whatever the callback does to its own watch.
  struct Watched {
    int fd = -1;
    std::shared_ptr<ReadyFn> on_ready;  // owners: this entry, and the turn that is calling it
  };
  using TimerPlace = std::pair<MonotonicTime, std::uint64_t>;

  const Clock& clock;
  Fd epoll;
  Fd wake;
  MonotonicTime now;
  std::uint64_t next_key = 1;
  std::unordered_map<std::uint64_t, Watched> watched;
  std::map<TimerPlace, Task> timers;  // by time, then by age
  std::unordered_map<std::uint64_t, MonotonicTime> timer_times;
  std::atomic<std::thread::id> loop_thread{};

  std::mutex mutex;  // guards the next two
  std::vector<Task> posted;
  bool stop_requested = false;

  explicit State(const Clock& c) : clock(c), now(c.now()) {}
};

Result<std::unique_ptr<Reactor>> Reactor::create(const Clock& clock) {
  auto state = std::make_unique<State>(clock);
  state->epoll = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!state->epoll.is_open()) return error_from_errno("epoll_create1", errno);
  state->wake = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->wake.is_open()) return error_from_errno("eventfd", errno);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = 0;  // keys begin at 1
  if (::epoll_ctl(state->epoll.get(), EPOLL_CTL_ADD, state->wake.get(), &event) != 0) {
    return error_from_errno("epoll_ctl", errno);
  }
  return std::unique_ptr<Reactor>(new Reactor(std::move(state)));
}

Reactor::Reactor(std::unique_ptr<State> state) : state_(std::move(state)) {}

Reactor::~Reactor() {
  // Tasks and timers may own objects whose destructors cancel watches here: let them go while the
  // maps still stand.
  std::vector<Task> posted;
  {
    const std::lock_guard lock(state_->mutex);
    posted.swap(state_->posted);
  }
  posted.clear();
  auto timers = std::exchange(state_->timers, {});
  timers.clear();
  auto watched = std::exchange(state_->watched, {});
  watched.clear();
}

void Reactor::run() {
  for (;;) {
    turn(std::chrono::hours(1));
    const std::lock_guard lock(state_->mutex);
    if (state_->stop_requested && state_->posted.empty()) return;
  }
}

void Reactor::turn(Duration max_wait) {
  State& state = *state_;
  state.loop_thread = std::this_thread::get_id();

  Duration wait = max_wait;
  {
    const std::lock_guard lock(state.mutex);
    if (!state.posted.empty() || state.stop_requested) wait = Duration::zero();
  }
  if (!state.timers.empty()) {
    wait = std::min(wait, state.timers.begin()->first.first - state.clock.now());
  }
  wait = std::max(wait, Duration::zero());
  // Round up: waking a millisecond early would spin until the timer is due.
  const auto wait_ms = static_cast<int>((wait.count() + 999'999) / 1'000'000);

  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(state.epoll.get(), events.data(), events.size(), wait_ms);
  state.now = state.clock.now();

  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == 0) {
      std::uint64_t ignored = 0;
      [[maybe_unused]] const ssize_t n = ::read(state.wake.get(), &ignored, sizeof ignored);
      continue;
    }
    const auto found = state.watched.find(event.data.u64);
    if (found == state.watched.end()) continue;  // cancelled earlier in this turn
    const std::shared_ptr<ReadyFn> on_ready = found->second.on_ready;
    (*on_ready)(from_epoll(event.events));
  }

  // Only what was due when the turn began: a timer that re-arms with zero delay does not starve the
  // sockets.
  std::vector<State::TimerPlace> due;
  for (const auto& [place, task] : state.timers) {
    if (place.first > state.now) break;
    due.push_back(place);
  }
  for (const State::TimerPlace& place : due) {
    const auto found = state.timers.find(place);
    if (found == state.timers.end()) continue;
    const Task task = std::move(found->second);
    state.timers.erase(found);
    state.timer_times.erase(place.second);
    task();
  }

  std::vector<Task> posted;
  {
    const std::lock_guard lock(state.mutex);
    posted.swap(state.posted);
  }
  for (Task& task : posted) {
    const Task running = std::move(task);
    running();
  }
}

void Reactor::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop_requested = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(state_->wake.get(), &one, sizeof one);
}

void Reactor::post(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(state_->mutex);
    first = state_->posted.empty();
    state_->posted.push_back(std::move(task));
  }
  if (!first) return;  // whoever queued the first one has rung already
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(state_->wake.get(), &one, sizeof one);
}

Watch Reactor::watch(int fd, std::uint32_t interest, ReadyFn on_ready) {
  Watch watch;
  watch.reactor_ = this;
  watch.key_ = state_->next_key++;
  state_->watched.emplace(watch.key_,
                          State::Watched{fd, std::make_shared<ReadyFn>(std::move(on_ready))});
  epoll_event event{};
  event.events = to_epoll(interest);
  event.data.u64 = watch.key_;
  OM_CHECK(::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  return watch;
}

Timer Reactor::after(Duration delay, Task on_timer) {
  Timer timer;
  timer.reactor_ = this;
  timer.key_ = state_->next_key++;
  const MonotonicTime when = state_->clock.now() + std::max(delay, Duration::zero());
  state_->timers.emplace(State::TimerPlace{when, timer.key_}, std::move(on_timer));
  state_->timer_times.emplace(timer.key_, when);
  return timer;
}

MonotonicTime Reactor::now() const { return state_->now; }
const Clock& Reactor::clock() const { return state_->clock; }

bool Reactor::on_loop_thread() const {
  const std::thread::id loop = state_->loop_thread;
  return loop == std::thread::id() || loop == std::this_thread::get_id();
}

Watch::Watch(Watch&& other) noexcept
    : reactor_(std::exchange(other.reactor_, nullptr)), key_(other.key_) {}

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    cancel();
    reactor_ = std::exchange(other.reactor_, nullptr);
    key_ = other.key_;
  }
  return *this;
}

Watch::~Watch() { cancel(); }

void Watch::set_interest(std::uint32_t interest) {
  OM_CHECK(reactor_ != nullptr);
  Reactor::State& state = *reactor_->state_;
  const auto found = state.watched.find(key_);
  if (found == state.watched.end()) return;
  epoll_event event{};
  event.events = to_epoll(interest);
  event.data.u64 = key_;
  OM_CHECK(::epoll_ctl(state.epoll.get(), EPOLL_CTL_MOD, found->second.fd, &event) == 0);
}

void Watch::cancel() {
  Reactor* reactor = std::exchange(reactor_, nullptr);
  if (reactor == nullptr) return;
  Reactor::State& state = *reactor->state_;
  const auto found = state.watched.find(key_);
  if (found == state.watched.end()) return;
  ::epoll_ctl(state.epoll.get(), EPOLL_CTL_DEL, found->second.fd, nullptr);
  // The callback may own this very watch: out of the map first, destroyed last.
  const std::shared_ptr<Reactor::ReadyFn> last = std::move(found->second.on_ready);
  state.watched.erase(found);
}

Timer::Timer(Timer&& other) noexcept
    : reactor_(std::exchange(other.reactor_, nullptr)), key_(other.key_) {}

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    reactor_ = std::exchange(other.reactor_, nullptr);
    key_ = other.key_;
  }
  return *this;
}

Timer::~Timer() { cancel(); }

bool Timer::active() const {
  return reactor_ != nullptr && reactor_->state_->timer_times.contains(key_);
}

void Timer::cancel() {
  Reactor* reactor = std::exchange(reactor_, nullptr);
  if (reactor == nullptr) return;
  Reactor::State& state = *reactor->state_;
  const auto found = state.timer_times.find(key_);
  if (found == state.timer_times.end()) return;
  const auto place = state.timers.find({found->second, key_});
  state.timer_times.erase(found);
  const Reactor::Task last = std::move(place->second);
  state.timers.erase(place);
}

}  // namespace om::event
