// SPDX-License-Identifier: MIT
#include "http/serving.h"

#include <vector>

#include "om/base/check.h"

namespace om::http {

Serving::Serving(FrontOptions options, api::Dispatch more) : more_(std::move(more)) {
  auto listener = listen_tcp("127.0.0.1:0");
  OM_CHECK(listener.has_value());
  address_ = listener->address();
  std::vector<Listener> listeners;
  listeners.push_back(std::move(*listener));
  auto front = Front::start(clock_, std::move(options), std::move(listeners),
                            [this](const api::Request& request) { return dispatch(request); });
  OM_CHECK(front.has_value());
  front_ = std::move(*front);
}

api::Response Serving::dispatch(const api::Request& request) {
  api::Response response;
  response.content_type = "text/plain";
  if (request.path == "/healthz") {
    response.body = "ok\n";
    return response;
  }
  ++calls_;
  if (request.path == "/echo") {
    response.body = request.method + " " + request.peer + "\n";
    for (const auto& [name, value] : request.query) response.body += name + "=" + value + "\n";
    response.body += request.body;
    return response;
  }
  if (more_) return more_(request);
  response.status = 404;
  return response;
}

std::string Serving::get(const std::string& path) const {
  RawPeer peer(address_);
  peer.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return peer.read_all();
}

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

}  // namespace om::http
