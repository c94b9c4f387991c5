// SPDX-License-Identifier: MIT
#include "api/output_cursor.h"

#include <optional>
#include <vector>

#include "om/base/crypto.h"
#include "om/base/text.h"
#include "om/base/utf8.h"

namespace om::api {
namespace {

/// A cut character is at most this long.
constexpr std::size_t kMaxRest = 3;

}  // namespace

Result<OutputCursor> OutputCursor::parse(std::string_view text) {
  const Error wrong =
      fail(Errc::invalid_argument, "request.query", "'after' must be a cursor as it came");
  const std::vector<std::string_view> parts = text::split(text, '.');
  const std::optional<std::int64_t> seq = text::parse_int(parts[0]);
  if (!seq || *seq < 0 || (parts.size() != 1 && parts.size() != 3)) return wrong;
  OutputCursor cursor;
  cursor.seq_ = *seq;
  if (parts.size() == 3) {
    const std::optional<std::string> out = crypto::from_hex(parts[1]);
    const std::optional<std::string> err = crypto::from_hex(parts[2]);
    if (!out || !err || out->size() > kMaxRest || err->size() > kMaxRest) return wrong;
    cursor.out_rest_ = *out;
    cursor.err_rest_ = *err;
  }
  return cursor;
}

Json OutputCursor::text() const {
  if (out_rest_.empty() && err_rest_.empty()) return seq_;
  return std::to_string(seq_) + "." + crypto::hex(out_rest_) + "." + crypto::hex(err_rest_);
}

std::string OutputCursor::decode(const OutputChunk& chunk) {
  std::string& rest = chunk.stream == Stream::out ? out_rest_ : err_rest_;
  std::string whole = rest + chunk.bytes;
  const std::size_t keep = utf8::incomplete_tail(whole);
  rest = whole.substr(whole.size() - keep);
  whole.resize(whole.size() - keep);
  seq_ = chunk.seq;
  return utf8::decode_lossy(whole);
}

}  // namespace om::api
