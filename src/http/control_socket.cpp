// SPDX-License-Identifier: MIT
#include "om/http/control_socket.h"

#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "om/base/errno_error.h"

namespace om::http {
namespace {

/// Nothing, or a socket nobody listens on any more, may stand at `path`.
Result<void> clear_the_way(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return {};
    return error_from_errno(path, errno);
  }
  if (!S_ISSOCK(there.st_mode)) {
    return fail(Errc::conflict, "http.control_path",
                fmt::format("{}: there is something that is no socket; move it away", path));
  }
  if (::unlink(path.c_str()) != 0) return error_from_errno(path, errno);
  return {};
}

}  // namespace

Result<Listener> listen_control(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Errc::invalid_argument, "http.control_path",
                fmt::format("{}: the path of a socket has at most {} bytes; choose a shorter data "
                            "directory with --data",
                            path, sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  OM_TRY(clear_the_way(path));
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return error_from_errno(path, errno);
  // On Linux the mode of an unbound socket is the mode of the file that bind makes: there is no
  // moment at which anybody else could connect.
  if (::fchmod(socket.get(), 0600) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return error_from_errno(path, errno);
  }
  Listener listener(std::move(socket), api::Entry::control, path, path);
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(listener.fd(), kListenBacklog) != 0) {
    return error_from_errno(path, errno);
  }
  return listener;
}

}  // namespace om::http
