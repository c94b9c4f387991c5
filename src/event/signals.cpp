// SPDX-License-Identifier: MIT
#include "om/event/signals.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include <sys/signalfd.h>
#include <unistd.h>

#include "om/base/errno_error.h"

namespace om::event {
namespace {

sigset_t set_of(const std::vector<int>& signal_numbers) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : signal_numbers) sigaddset(&set, number);
  return set;
}

}  // namespace

void Signals::block(const std::vector<int>& signal_numbers) {
  const sigset_t set = set_of(signal_numbers);
  OM_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

Result<Signals> Signals::create(Reactor& reactor, const std::vector<int>& signal_numbers,
                                std::function<void(int)> on_signal) {
  const sigset_t set = set_of(signal_numbers);
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.is_open()) return error_from_errno("signalfd", errno);
  const int number = fd.get();
  Watch watch =
      reactor.watch(number, kReadable, [number, on_signal = std::move(on_signal)](std::uint32_t) {
        signalfd_siginfo info{};
        while (::read(number, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
          on_signal(static_cast<int>(info.ssi_signo));
        }
      });
  return Signals(std::move(fd), std::move(watch));
}

Signals::Signals(Fd fd, Watch watch) : fd_(std::move(fd)), watch_(std::move(watch)) {}

}  // namespace om::event
