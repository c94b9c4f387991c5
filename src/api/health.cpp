// SPDX-License-Identifier: MIT
#include "api/resources.h"

namespace om::api {

/// Says no more than that the controller answers and can read its database: anybody may ask.
Response get_health(const Call& call) {
  const Result<store::Reader> reader = call.services.store.read();
  return reader ? json_response({{"status", "ok"}}) : error_response(reader.error());
}

}  // namespace om::api
