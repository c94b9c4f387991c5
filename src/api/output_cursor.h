// SPDX-License-Identifier: MIT
//
// OutputCursor: where a page of decoded output begins: behind a chunk, with the bytes of a
// character that this chunk's end has cut, so that text read page by page is the text read at once.
// Clients pass it back as it came: "SEQ", or "SEQ.OUT.ERR" with the two rests in hex. A value;
// pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "om/api/json.h"
#include "om/base/result.h"
#include "om/model/run.h"

namespace om::api {

class OutputCursor {
 public:
  /// Fails with invalid_argument for what text() would not write.
  static Result<OutputCursor> parse(std::string_view text);

  std::int64_t seq() const { return seq_; }
  Json text() const;
  /// The next chunk as text, the cursor behind it; a character that its end cuts waits for the one
  /// after.
  std::string decode(const OutputChunk& chunk);

 private:
  std::int64_t seq_ = 0;
  std::string out_rest_;
  std::string err_rest_;
};

}  // namespace om::api
