// SPDX-License-Identifier: MIT
#include "om/base/result.h"

namespace om {

std::string_view errc_name(Errc code) {
  switch (code) {
    case Errc::invalid_argument:
      return "invalid_argument";
    case Errc::not_found:
      return "not_found";
    case Errc::conflict:
      return "conflict";
    case Errc::unauthorized:
      return "unauthorized";
    case Errc::forbidden:
      return "forbidden";
    case Errc::timed_out:
      return "timed_out";
    case Errc::disconnected:
      return "disconnected";
    case Errc::overloaded:
      return "overloaded";
    case Errc::cancelled:
      return "cancelled";
    case Errc::io:
      return "io";
    case Errc::internal:
      return "internal";
  }
  OM_CHECK(false);
}

Error Error::within(std::string_view context) const {
  return Error{code, reason, std::string(context) + ": " + message};
}

}  // namespace om
