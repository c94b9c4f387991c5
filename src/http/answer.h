// SPDX-License-Identifier: MIT
//
// Answer: a Response on its way to the wire, and the headers that every answer carries. Pure, any
// thread. Ordinary answers are written by cpp-httplib (exchange.cpp); what the front says by itself
// (refusals, heads of live streams) is written here.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "om/api/request.h"
#include "om/base/clock.h"

namespace om::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The headers of `response` with the ones that protect the page (content policy, no sniffing, no
/// referrer, no caching unless it says otherwise), content type and date. A header that could not
/// be written as one line is dropped and logged: it is our bug, and must not become a second
/// header.
Headers headers_for(const api::Response& response, WallMs now);

struct Answer {
  std::string bytes;                            ///< head and body; of a stream the head alone
  bool close = false;                           ///< nothing more is read on this connection
  std::unique_ptr<api::LiveStream> stream;      ///< set: goes on after `bytes`
  std::unique_ptr<api::BodyReceiver> receiver;  ///< set: `bytes` is empty, the body comes first
  bool chunked = false;                         ///< how the stream is framed; else by the end
  bool heartbeat = false;                       ///< the stream is text/event-stream
};

/// A whole answer that closes the connection.
std::string closing_answer(const api::Response& response, WallMs now);
/// The head of a live stream's answer.
std::string stream_head(const api::Response& response, WallMs now, bool chunked);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(WallMs wall_ms);

}  // namespace om::http
