// SPDX-License-Identifier: MIT
#include "om/process/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/launch.h"

#include "om/base/errno_error.h"
#include "om/base/fd.h"
#include "om/event/reactor.h"

namespace om::process {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
/// Of one stream in one turn of the loop, so that no child keeps the others waiting.
constexpr int kChunksPerTurn = 4;

/// A broken pipe is an answer here, not a signal.
void ignore_broken_pipes() {
  [[maybe_unused]] static const auto before = ::signal(SIGPIPE, SIG_IGN);
}

/// The end that a child gets: blocking, since O_NONBLOCK is part of what both ends' users share.
Result<void> make_blocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
    return error_from_errno("fcntl", errno);
  }
  return {};
}

/// Nothing if the process has not ended. Does not reap it.
std::optional<Exit> peek_exit(int pidfd) {
  siginfo_t info{};
  const auto id = static_cast<id_t>(pidfd);
  if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
    return std::nullopt;
  }
  if (info.si_code == CLD_EXITED) return Exited{info.si_status};
  return Signalled{info.si_status};
}

void reap(int pidfd) {
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
}

}  // namespace

class Child::Engine : public std::enable_shared_from_this<Child::Engine> {
 public:
  Engine(event::Reactor& reactor, const ChildOptions& options, ChildObserver& observer)
      : reactor_(reactor),
        observer_(&observer),
        when_dropped_(options.when_dropped),
        grace_(options.grace),
        drain_(options.drain) {}

  Result<void> start(const ChildOptions& options);
  void write(std::shared_ptr<const std::string> bytes);
  void finish_writing();
  std::size_t unsent_bytes() const { return unsent_bytes_; }
  void set_reading(bool reading);
  void terminate();
  void drop();
  pid_t pid() const { return pid_; }

 private:
  struct OutputPipe {
    Stream stream = Stream::out;
    Fd fd;
    event::Watch watch;
  };

  Result<Launched> launch_with_streams(const ChildOptions& options);
  void watch_output(OutputPipe& pipe);
  void read_some(OutputPipe& pipe);
  void write_some();
  void close_input();
  void on_exit();
  void drain();
  void end();
  void release();
  bool streams_open() const { return out_.fd.is_open() || err_.fd.is_open(); }
  bool ended() const { return observer_ == nullptr; }
  void signal_group(int number) const { ::kill(-pid_, number); }

  event::Reactor& reactor_;
  ChildObserver* observer_;  ///< null once it has ended or been dropped
  const WhenDropped when_dropped_;
  const Duration grace_;
  const Duration drain_;

  pid_t pid_ = -1;
  Fd pidfd_;
  event::Watch exit_watch_;
  OutputPipe out_{Stream::out, {}, {}};
  OutputPipe err_{Stream::err, {}, {}};
  Fd input_;
  event::Watch input_watch_;
  std::deque<std::shared_ptr<const std::string>> unsent_;
  std::size_t sent_of_first_ = 0;
  std::size_t unsent_bytes_ = 0;
  bool finish_requested_ = false;
  bool reading_ = true;

  std::optional<Exit> exit_;  ///< how it ended; reaped in release()
  bool terminating_ = false;
  bool group_killed_ = false;
  bool deadline_passed_ = false;
  event::Timer deadline_timer_;
  event::Timer grace_timer_;
  event::Timer drain_timer_;
};

Result<Launched> Child::Engine::launch_with_streams(const ChildOptions& options) {
  OM_TRY_SET(Pipe out, open_pipe());
  OM_TRY_SET(Pipe err, open_pipe());
  OM_TRY(make_blocking(out.write_end.get()));
  OM_TRY(make_blocking(err.write_end.get()));
  Fd in;
  if (options.input == Input::pipe) {
    OM_TRY_SET(Pipe pipe, open_pipe());
    OM_TRY(make_blocking(pipe.read_end.get()));
    in = std::move(pipe.read_end);
    input_ = std::move(pipe.write_end);
  } else {
    in = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!in.is_open()) return error_from_errno("/dev/null", errno);
  }
  out_.fd = std::move(out.read_end);
  err_.fd = std::move(err.read_end);
  return launch({options.argv,
                 options.environment,
                 options.directory,
                 options.umask,
                 {in.get(), out.write_end.get(), err.write_end.get()}});
}

Result<void> Child::Engine::start(const ChildOptions& options) {
  ignore_broken_pipes();
  OM_TRY_SET(Launched launched, launch_with_streams(options));
  pid_ = launched.pid;
  pidfd_ = std::move(launched.pidfd);
  exit_watch_ =
      reactor_.watch(pidfd_.get(), event::kReadable, [this](std::uint32_t) { on_exit(); });
  watch_output(out_);
  watch_output(err_);
  if (options.deadline > Duration::zero()) {
    deadline_timer_ = reactor_.after(options.deadline, [this] {
      deadline_passed_ = !exit_.has_value();
      terminate();
    });
  }
  return {};
}

void Child::Engine::watch_output(OutputPipe& pipe) {
  pipe.watch = reactor_.watch(pipe.fd.get(), event::kReadable,
                              [this, &pipe](std::uint32_t) { read_some(pipe); });
}

void Child::Engine::read_some(OutputPipe& pipe) {
  const auto self = shared_from_this();  // the observer may drop the child
  std::array<char, kChunkBytes> chunk;
  for (int i = 0; i < kChunksPerTurn && pipe.fd.is_open() && reading_; ++i) {
    const ssize_t count = ::read(pipe.fd.get(), chunk.data(), chunk.size());
    if (count > 0) {
      observer_->on_child_output(pipe.stream,
                                 std::string_view(chunk.data(), static_cast<std::size_t>(count)));
      if (ended()) return;
    } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    } else {
      pipe.watch.cancel();
      pipe.fd.reset();
      if (exit_ && !streams_open()) end();
      return;
    }
  }
}

void Child::Engine::write(std::shared_ptr<const std::string> bytes) {
  if (finish_requested_ || !input_.is_open() || bytes->empty()) return;
  unsent_bytes_ += bytes->size();
  unsent_.push_back(std::move(bytes));
  if (!input_watch_.active()) {
    input_watch_ =
        reactor_.watch(input_.get(), event::kWritable, [this](std::uint32_t) { write_some(); });
  }
}

void Child::Engine::finish_writing() {
  finish_requested_ = true;
  if (unsent_.empty()) close_input();
}

void Child::Engine::write_some() {
  const auto self = shared_from_this();  // the observer may drop the child
  while (!unsent_.empty()) {
    const std::string& first = *unsent_.front();
    const ssize_t count =
        ::write(input_.get(), first.data() + sent_of_first_, first.size() - sent_of_first_);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) {  // EPIPE: it does not want the rest
      close_input();
      return;
    }
    sent_of_first_ += static_cast<std::size_t>(count);
    unsent_bytes_ -= static_cast<std::size_t>(count);
    if (sent_of_first_ == first.size()) {
      unsent_.pop_front();
      sent_of_first_ = 0;
    }
  }
  if (finish_requested_) {
    close_input();
  } else {
    input_watch_.cancel();  // an idle pipe is always writable
  }
  if (!ended()) observer_->on_child_sent();  // which may drop the child: last
}

void Child::Engine::close_input() {
  input_watch_.cancel();
  input_.reset();
  unsent_.clear();
  unsent_bytes_ = 0;
}

void Child::Engine::set_reading(bool reading) {
  if (reading_ == reading || ended()) return;
  reading_ = reading;
  for (OutputPipe* pipe : {&out_, &err_}) {
    // Cancelled and not merely masked: epoll reports a hang-up to every watch, without end.
    pipe->watch.cancel();
    if (reading_ && pipe->fd.is_open()) watch_output(*pipe);
  }
  drain();
}

void Child::Engine::terminate() {
  if (terminating_ || ended()) return;
  terminating_ = true;
  signal_group(SIGTERM);
  drain_timer_.cancel();
  grace_timer_ = reactor_.after(grace_, [this] {
    signal_group(SIGKILL);
    group_killed_ = true;
    drain();
  });
}

void Child::Engine::on_exit() {
  exit_ = peek_exit(pidfd_.get());
  if (!exit_) return;
  exit_watch_.cancel();
  if (streams_open()) {
    drain();
  } else {
    end();
  }
}

/// Begins the last wait: for the end of streams that others may hold. Not while reading is paused,
/// and not before what terminate() left of the group has had its grace. A process that SIGKILL
/// cannot end (it hangs in the kernel) is waited for no longer than that either.
void Child::Engine::drain() {
  drain_timer_.cancel();
  const bool last_wait = group_killed_ || (exit_ && !terminating_);
  if (last_wait && reading_) drain_timer_ = reactor_.after(drain_, [this] { end(); });
}

/// The zombie was kept until now: as long as it is there, the number of its group cannot be given
/// to others, and what is left of the group can be killed.
void Child::Engine::end() {
  if (terminating_) signal_group(SIGKILL);
  const ChildEnd report{exit_.value_or(Signalled{SIGKILL}), deadline_passed_, streams_open()};
  ChildObserver& observer = *observer_;
  release();
  observer.on_child_ended(report);
}

/// Lets go of everything; nothing is told any more. The process is reaped now, or when it ends.
void Child::Engine::release() {
  observer_ = nullptr;
  for (OutputPipe* pipe : {&out_, &err_}) {
    pipe->watch.cancel();
    pipe->fd.reset();
  }
  close_input();
  deadline_timer_.cancel();
  grace_timer_.cancel();
  drain_timer_.cancel();
  exit_watch_.cancel();
  if (exit_ || peek_exit(pidfd_.get())) {
    reap(pidfd_.get());
    return;
  }
  // Owners of the orphan: its own watch, until the process has ended or the reactor is destroyed.
  struct Orphan {
    Fd pidfd;
    event::Watch watch;
  };
  const auto orphan = std::make_shared<Orphan>();
  orphan->pidfd = std::move(pidfd_);
  orphan->watch = reactor_.watch(orphan->pidfd.get(), event::kReadable, [orphan](std::uint32_t) {
    reap(orphan->pidfd.get());
    orphan->watch.cancel();
  });
}

void Child::Engine::drop() {
  if (ended()) return;
  if (when_dropped_ == WhenDropped::kill) signal_group(SIGKILL);
  release();
}

Result<std::unique_ptr<Child>> Child::start(event::Reactor& reactor, const ChildOptions& options,
                                            ChildObserver& observer) {
  OM_CHECK(!options.argv.empty());
  auto engine = std::make_shared<Engine>(reactor, options, observer);
  OM_TRY(engine->start(options));
  return std::unique_ptr<Child>(new Child(std::move(engine)));
}

Child::Child(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}
Child::~Child() { engine_->drop(); }

void Child::write(std::string bytes) {
  engine_->write(std::make_shared<const std::string>(std::move(bytes)));
}
void Child::write(std::shared_ptr<const std::string> bytes) { engine_->write(std::move(bytes)); }
void Child::finish_writing() { engine_->finish_writing(); }
std::size_t Child::unsent_bytes() const { return engine_->unsent_bytes(); }
void Child::set_reading(bool reading) { engine_->set_reading(reading); }
void Child::terminate() { engine_->terminate(); }
pid_t Child::pid() const { return engine_->pid(); }

}  // namespace om::process
