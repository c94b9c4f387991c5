// SPDX-License-Identifier: MIT
//
// The socket and the frames: a length and that many bytes.
#include "keys/agent_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "om/base/check.h"
#include "om/base/errno_error.h"
#include "om/ssh/wire_form.h"

namespace om::keys {
namespace {

/// OpenSSH's own limit.
constexpr std::size_t kLongestMessage = 256 * 1024;

}  // namespace

AgentConnection::AgentConnection(std::string path)
    : path_(std::move(path)), interrupt_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  OM_CHECK(interrupt_.is_open());
}

void AgentConnection::interrupt() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(interrupt_.get(), &one, sizeof one);
}

Error AgentConnection::broken(const std::string& why) const {
  return fail(Errc::disconnected, "key.agent_broken", "the ssh-agent at " + path_ + ": " + why);
}

Result<void> AgentConnection::open() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) return broken("its path is too long for a socket");
  std::memcpy(address.sun_path, path_.data(), path_.size());
  socket_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_.is_open()) return broken(errno_text(errno));
  if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    return {};
  }
  const int error = errno;
  socket_ = Fd();
  return fail(Errc::not_found, "key.agent_missing",
              "the ssh-agent at " + path_ + " cannot be reached (" + errno_text(error) +
                  "); start the controller with the SSH_AUTH_SOCK of one that runs");
}

Result<void> AgentConnection::wait(short events, MonotonicTime until, Duration deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock_.now());
  if (left.count() > 0) {
    std::array<pollfd, 2> watched = {pollfd{socket_.get(), events, 0},
                                     pollfd{interrupt_.get(), POLLIN, 0}};
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left.count()) + 1);
    if (ready < 0 && errno != EINTR) return broken(errno_text(errno));
    if (watched[1].revents != 0) return broken("the controller is stopping");
    if (ready > 0) return {};
  }
  if (clock_.now() < until) return {};
  return fail(Errc::timed_out, "key.agent_timed_out",
              "the ssh-agent at " + path_ + " did not answer within " + duration_text(deadline) +
                  "; does it wait for a confirmation, or hang?");
}

Result<void> AgentConnection::send(std::string_view bytes, MonotonicTime until, Duration deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      OM_TRY(wait(POLLOUT, until, deadline));
    } else if (errno != EINTR) {
      return broken(errno_text(errno));
    }
  }
  return {};
}

Result<std::string> AgentConnection::receive(std::size_t count, MonotonicTime until,
                                             Duration deadline) {
  std::string bytes(count, '\0');
  for (std::size_t have = 0; have < count;) {
    const ssize_t got = ::recv(socket_.get(), bytes.data() + have, count - have, 0);
    if (got > 0) {
      have += static_cast<std::size_t>(got);
    } else if (got == 0) {
      return broken("it closed the connection");
    } else if (errno == EAGAIN) {
      OM_TRY(wait(POLLIN, until, deadline));
    } else if (errno != EINTR) {
      return broken(errno_text(errno));
    }
  }
  return bytes;
}

Result<std::string> AgentConnection::exchange(std::string_view message, MonotonicTime until,
                                              Duration deadline) {
  OM_TRY(send(message, until, deadline));
  OM_TRY_SET(const std::string head, receive(4, until, deadline));
  const std::uint32_t length = ssh::WireReader(head).u32();
  if (length == 0 || length > kLongestMessage) return broken("its answer makes no sense");
  return receive(length, until, deadline);
}

Result<std::string> AgentConnection::ask(std::string_view question, Duration deadline) {
  std::string message;
  ssh::append_string(message, question);
  const MonotonicTime until = clock_.now() + deadline;
  const bool was_open = socket_.is_open();
  if (!was_open) OM_TRY(open());
  Result<std::string> answer = exchange(message, until, deadline);
  if (!answer && was_open && answer.error().code == Errc::disconnected) {
    // It may have been restarted since the last question.
    OM_TRY(open());
    answer = exchange(message, until, deadline);
  }
  if (!answer) socket_ = Fd();  // an answer that comes late is not the next question's
  return answer;
}

}  // namespace om::keys
