// SPDX-License-Identifier: MIT
#include "process/launch.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "om/base/errno_error.h"

#if defined(__SANITIZE_THREAD__)
// The C library's own name for clone. ThreadSanitizer's wrapper of the usual name takes the child
// for a fork and has it ignore locks from then on, which in shared memory is our thread too.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...);
#endif

namespace om::process {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr auto* kClone = &__clone;
#else
constexpr auto* kClone = &::clone;
#endif

/// What the child needs, and how it says what went wrong: it shares our memory until it runs the
/// new program, while this thread stands still.
struct Launch {
  const char* path;
  char* const* argv;
  char* const* environment;
  const char* directory;
  mode_t umask;
  std::array<int, 3> streams;
  const char* failed_step = nullptr;
  int error_number = 0;
};

// The child runs in our memory on a stack that a sanitizer does not know, and a sanitizer's
// wrappers of dup2 or sigaction would note in our tables what only the child does: hence plain
// system calls.
#define OM_BARE __attribute__((no_sanitize("address", "thread", "undefined")))

OM_BARE long fail_at(Launch* launch, const char* step) {
  launch->failed_step = step;
  launch->error_number = errno;
  return -1;
}

OM_BARE long prepare(Launch* launch) {
  if (::syscall(SYS_setsid) < 0) return fail_at(launch, "setsid");
  // Out of the way of 0..2 first, lest one overwrite the next.
  for (int& fd : launch->streams) {
    const long moved = ::syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
    if (moved < 0) return fail_at(launch, "fcntl");
    fd = static_cast<int>(moved);
  }
  for (int i = 0; i < 3; ++i) {
    if (::syscall(SYS_dup3, launch->streams[static_cast<std::size_t>(i)], i, 0) < 0) {
      return fail_at(launch, "dup3");
    }
  }
  // Before Linux 5.9 there is no such call; all of ours are CLOEXEC anyway.
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  if (::syscall(SYS_chdir, launch->directory) < 0) return fail_at(launch, launch->directory);
  ::syscall(SYS_umask, launch->umask);
  // All zero is SIG_DFL with no flags and an empty mask on every architecture.
  const std::array<unsigned long, 8> none{};
  for (int number = 1; number <= 64; ++number) {
    ::syscall(SYS_rt_sigaction, number, none.data(), nullptr, 8UL);
  }
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, none.data(), nullptr, 8UL);
  ::syscall(SYS_execve, launch->path, launch->argv, launch->environment);
  return fail_at(launch, launch->path);
}

OM_BARE int child_main(void* argument) {
  prepare(static_cast<Launch*>(argument));
  ::syscall(SYS_exit_group, 127);
  return 127;
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

/// The program's path, looked up in the child's own PATH.
Result<std::string> find_program(const std::string& name,
                                 const std::vector<std::string>& environment) {
  if (name.find('/') != std::string::npos) return name;
  std::string_view rest;
  for (const std::string_view variable : environment) {
    if (variable.starts_with("PATH=")) rest = variable.substr(5);
  }
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    std::string path(rest.substr(0, colon));
    path += "/" + name;
    if (::access(path.c_str(), X_OK) == 0) return path;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return fail(Errc::not_found, "process.not_found",
              name + ": no such program on this machine; install it, or put it in PATH");
}

Error start_error(std::string_view what, int error_number) {
  Error error = error_from_errno(what, error_number);
  error.reason = error_number == ENOENT ? "process.not_found" : "process.start_failed";
  return error;
}

}  // namespace

Result<Launched> launch(const LaunchPlan& plan) {
  OM_CHECK(!plan.argv.empty());
  OM_TRY_SET(const std::string path, find_program(plan.argv.front(), plan.environment));
  const std::vector<char*> argv = pointers(plan.argv);
  const std::vector<char*> environment = pointers(plan.environment);
  Launch child{path.c_str(),           argv.data(), environment.data(),
               plan.directory.c_str(), plan.umask,  plan.streams};

  // No signal handler of ours may run in the child while it shares our memory.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  constexpr std::size_t stack_bytes = 64 * 1024;
  const auto stack = std::make_unique<std::max_align_t[]>(stack_bytes / sizeof(std::max_align_t));
  int pidfd = -1;
  const pid_t pid = kClone(child_main, stack.get() + stack_bytes / sizeof(std::max_align_t),
                           CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &child, &pidfd);
  const int clone_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);

  if (pid < 0) return start_error("starting " + path, clone_error);
  Launched launched{pid, Fd(pidfd)};
  if (child.failed_step != nullptr) {
    ::waitpid(pid, nullptr, 0);  // it has ended: vfork came back
    return start_error(child.failed_step, child.error_number);
  }
  if (!launched.pidfd.is_open()) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail(Errc::io, "process.start_failed",
                "this kernel has no pidfd: Linux 5.4 or newer is needed");
  }
  return launched;
}

}  // namespace om::process
