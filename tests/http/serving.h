// SPDX-License-Identifier: MIT
//
// Serving: a Front on a free loopback port for one test, with a small dispatch() that shows what it
// was asked: /healthz, /echo (method, query, body), /calls counted, and what a test adds.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "http/raw_peer.h"

#include "om/base/clock.h"
#include "om/http/front.h"

namespace om::http {

class Serving {
 public:
  explicit Serving(FrontOptions options = {}, api::Dispatch more = {});

  const std::string& address() const { return address_; }
  RawPeer peer() const { return RawPeer(address_); }
  /// GET on a connection of its own.
  std::string get(const std::string& path) const;
  /// Requests that reached dispatch(), /healthz apart.
  int calls() const { return calls_; }
  Front& front() { return *front_; }
  bool stop() { return front_->stop(); }

 private:
  api::Response dispatch(const api::Request& request);

  SystemClock clock_;
  api::Dispatch more_;
  std::atomic<int> calls_{0};
  std::string address_;
  std::unique_ptr<Front> front_;
};

/// "POST /echo HTTP/1.1\r\nHost: localhost\r\n..." with Content-Length.
std::string post(const std::string& path, const std::string& body);

}  // namespace om::http
