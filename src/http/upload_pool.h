// SPDX-License-Identifier: MIT
//
// UploadPool: bodies that are too large for memory, each read on a thread of its own and given to a
// BodyReceiver piece by piece; then the answer is written and the connection closed. A peer that
// goes away, stalls, drips or breaks the rules costs its receiver: what that had written is undone
// before the peer is told. Any thread may call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/request_head.h"
#include "http/thread_set.h"
#include "http/transport.h"

#include "om/api/request.h"
#include "om/http/limits.h"

namespace om::http {

/// A body on its way, head and authorisation done with.
struct ComingBody {
  std::unique_ptr<Transport> transport;
  RequestHead::Framing framing = RequestHead::Framing::none;
  std::uint64_t content_length = 0;
  bool to_be_invited = false;  ///< the peer waits for "100 Continue"
  std::string input;           ///< came with the head
};

class UploadPool {
 public:
  UploadPool(const Clock& clock, const Limits& limits)
      : clock_(clock), limits_(limits), threads_(limits.uploads) {}

  bool has_room() { return threads_.has_room(); }
  /// Hangs up when there is no room, or the system gives no thread.
  void start(ComingBody body, std::unique_ptr<api::BodyReceiver> receiver);
  /// Cuts what is under way; false when some receiver has not come back within `patience`.
  bool stop(Duration patience) { return threads_.stop(patience); }

 private:
  std::optional<api::Response> receive(ComingBody& body, api::BodyReceiver& receiver);
  std::optional<api::Response> guarded_receive(ComingBody& body, api::BodyReceiver& receiver);
  void linger(Transport& transport);

  const Clock& clock_;
  const Limits limits_;
  ThreadSet threads_;
};

}  // namespace om::http
