// SPDX-License-Identifier: MIT
//
// Exchange: one complete request through cpp-httplib: request in, dispatch(), Answer out. The only
// file that sees httplib.h is exchange.cpp. Belongs to one worker thread; run() blocks as long as
// dispatch() does.
//
// The library never sees what the peer wrote. Front and Connection have parsed the head and
// collected the body; what process_request() reads is a head written here, "POST / HTTP/1.1" with
// Content-Length, from memory. So its open holes (CVE-2026-45372: header values decoded after they
// were checked) and its amplifiers (Range, multipart, regex routes, compressed bodies) have nothing
// to work on, and it can neither block nor read past the request.
#pragma once

#include <memory>

#include "http/answer.h"

#include "om/api/request.h"
#include "om/base/clock.h"

namespace om::http {

/// A request as it came, and how its connection goes on.
struct Job {
  api::Request request;
  bool http_1_0 = false;
  bool close = false;
  bool upload = false;  ///< the body has not been read
};

class Exchange {
 public:
  /// Requires: both outlive the exchange.
  Exchange(const Clock& clock, const api::Dispatch& dispatch);
  ~Exchange();
  Answer run(Job job);

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace om::http
