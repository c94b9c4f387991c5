// SPDX-License-Identifier: MIT
//
// Api: the one way in. dispatch() finds the route, asks who is calling, asks the gate whether they
// may, and calls the resource. Any worker thread, several at once; it may block on the store, never
// for a run. An exception ends here: it is logged, and the caller gets 500 without its text.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "om/api/request.h"
#include "om/base/clock.h"

namespace om::access {
class Access;
}
namespace om::catalogue {
class Sources;
}
namespace om::keys {
class HostKeyBook;
class KeySigner;
class Sealer;
}  // namespace om::keys
namespace om::run {
class Coordinator;
class Feed;
class Preparation;
}  // namespace om::run
namespace om::store {
class Store;
struct JournalEntry;
}  // namespace om::store

namespace om::api {

/// What the resources work with. All of it outlives the Api and every stream it has given out.
struct Services {
  const Clock& clock;
  store::Store& store;
  access::Access& access;
  catalogue::Sources& sources;
  keys::Sealer& sealer;
  keys::KeySigner& signer;
  keys::HostKeyBook& host_keys;
  run::Preparation& preparation;
  run::Coordinator& coordinator;
  run::Feed& feed;
  std::string controller_name;  ///< of the machine, for the page
  std::string instance;         ///< names the session cookie: several controllers behind 127.0.0.1
  std::string page_url;         ///< "http://127.0.0.1:8080": where links lead to
  WallMs started_ms = 0;
};

class Api {
 public:
  explicit Api(Services services) : services_(std::move(services)) {}
  Response dispatch(const Request& request) const;

 private:
  Services services_;
};

/// Whether the body of such a request is for a BodyReceiver: what the front has to ask before it
/// reads one. Pure, any thread.
bool takes_upload(std::string_view method, std::string_view path);

/// A journal entry as the text of one live event: what the Feed encodes with.
std::string encode_event(const store::JournalEntry& entry);

}  // namespace om::api
