// SPDX-License-Identifier: MIT
#include "om/access/caller.h"

#include "om/base/check.h"

namespace om::access {

std::string_view how_name(How how) {
  switch (how) {
    case How::session:
      return "session";
    case How::link:
      return "link";
    case How::token:
      return "token";
    case How::control:
      return "control";
  }
  OM_CHECK(false);
}

Caller local_administrator() {
  Caller caller;
  caller.name = "local";
  caller.rights = Rights().with(Right::administer);
  caller.how = How::control;
  return caller;
}

}  // namespace om::access
