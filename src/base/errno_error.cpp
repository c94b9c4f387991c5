// SPDX-License-Identifier: MIT
#include "om/base/errno_error.h"

#include <cerrno>
#include <cstring>

namespace om {

std::string errno_text(int error_number) {
  const char* text = ::strerrordesc_np(error_number);
  return text != nullptr ? text : "error " + std::to_string(error_number);
}

Error error_from_errno(std::string_view what, int error_number) {
  Errc code = Errc::io;
  switch (error_number) {
    case ENOENT:
      code = Errc::not_found;
      break;
    case EACCES:
    case EPERM:
      code = Errc::forbidden;
      break;
    case EEXIST:
    case EADDRINUSE:
      code = Errc::conflict;
      break;
    case EINVAL:
    case ENAMETOOLONG:
      code = Errc::invalid_argument;
      break;
    case ETIMEDOUT:
      code = Errc::timed_out;
      break;
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EHOSTUNREACH:
    case ENETUNREACH:
      code = Errc::disconnected;
      break;
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
      code = Errc::overloaded;
      break;
    default:
      break;
  }
  return Error{code, "", std::string(what) + ": " + errno_text(error_number)};
}

}  // namespace om
