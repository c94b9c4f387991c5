// SPDX-License-Identifier: MIT
//
// Request and Response: one call of the API, whoever sends it: TCP, the control socket or the
// command line. Values; a worker thread makes one, gives it to dispatch(), writes the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "om/base/clock.h"

namespace om::api {

/// Where a request came in. Decides what proves who is asking.
enum class Entry {
  tcp,      ///< a session cookie or a bearer token
  legacy,   ///< as tcp, by way of the original's endpoints: X-Requested-With instead of a CSRF
            ///< header
  control,  ///< the control socket: SO_PEERCRED was our uid or 0, so this is the local
            ///< administrator
};

struct Request {
  Entry entry = Entry::tcp;
  std::string method;                                      ///< "GET"
  std::string path;                                        ///< percent-decoded, begins with /
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order, names may repeat
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  std::string peer;  ///< "127.0.0.1", or "uid 0" on the control socket

  std::optional<std::string> query_value(std::string_view name) const;
  std::string header(std::string_view name) const;  ///< empty when it is not there
};

struct Response;

/// Takes a body that is too large for memory, as it comes. One thread, of the uploads' own budget;
/// may block on a disk. Destroyed without a successful finish() it undoes what it has written: the
/// peer went away or was refused.
class BodyReceiver {
 public:
  virtual ~BodyReceiver() = default;
  /// The next bytes. An answer when there is no point in sending the rest.
  virtual std::optional<Response> take(std::string_view bytes) = 0;
  /// All of it has come.
  virtual Response finish() = 0;
};

/// An answer that goes on: Server-Sent Events. One thread reads it, of the streams' own budget.
class LiveStream {
 public:
  virtual ~LiveStream() = default;
  /// The next bytes, waiting at most `wait`: empty when nothing came (the front writes a
  /// heart-beat), nothing at the end.
  virtual std::optional<std::string> next(Duration wait) = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::unique_ptr<LiveStream> stream;  ///< set: body is empty and the stream is the answer
  /// Set: the caller may send the body, and this gives the answer. Only for a request whose body is
  /// uploaded (takes_upload() in api.h): dispatch() sees it with an empty body.
  std::unique_ptr<BodyReceiver> receiver;
};

/// What the front calls. Any worker thread; may block on the store, never for a run.
using Dispatch = std::function<Response(const Request&)>;

}  // namespace om::api
