// SPDX-License-Identifier: MIT
#include "http/chunked.h"

#include <algorithm>

namespace om::http {
namespace {

constexpr std::size_t kMaxSizeDigits = 8;
constexpr std::size_t kMaxOverhead = std::size_t{16} * 1024;

}  // namespace

ChunkedDecoder::State ChunkedDecoder::step(char c) {
  switch (at_) {
    case At::size: {
      int digit = -1;
      if (c >= '0' && c <= '9') digit = c - '0';
      if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
      if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
      if (digit >= 0) {
        if (++size_digits_ > kMaxSizeDigits) return State::malformed;
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return State::more;
      }
      if (size_digits_ == 0) return State::malformed;
      if (c == ';') {
        at_ = At::extension;
      } else if (c == '\r') {
        at_ = At::size_end;
      } else {
        return State::malformed;
      }
      return State::more;
    }
    case At::extension:
      if (++overhead_ > kMaxOverhead || c == '\n') return State::malformed;
      if (c == '\r') at_ = At::size_end;
      return State::more;
    case At::size_end:
      if (c != '\n') return State::malformed;
      size_digits_ = 0;
      line_empty_ = true;
      at_ = left_ == 0 ? At::trailer : At::data;
      return State::more;
    case At::data:
      return State::malformed;  // feed() takes data by the block
    case At::data_cr:
      if (c != '\r') return State::malformed;
      at_ = At::data_lf;
      return State::more;
    case At::data_lf:
      if (c != '\n') return State::malformed;
      at_ = At::size;
      return State::more;
    case At::trailer:
      if (++overhead_ > kMaxOverhead || c == '\n') return State::malformed;
      if (c == '\r') {
        at_ = At::trailer_lf;
      } else {
        line_empty_ = false;
      }
      return State::more;
    case At::trailer_lf:
      if (c != '\n') return State::malformed;
      if (line_empty_) return State::done;
      line_empty_ = true;
      at_ = At::trailer;
      return State::more;
  }
  return State::malformed;
}

ChunkedDecoder::State ChunkedDecoder::feed(std::string_view& input, std::string& body) {
  while (!input.empty()) {
    if (at_ == At::data) {
      const std::size_t count =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      body.append(input.substr(0, count));
      input.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) at_ = At::data_cr;
      continue;
    }
    const char c = input.front();
    input.remove_prefix(1);
    const State state = step(c);
    if (state != State::more) return state;
  }
  return State::more;
}

}  // namespace om::http
