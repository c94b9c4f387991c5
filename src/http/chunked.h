// SPDX-License-Identifier: MIT
//
// ChunkedDecoder: takes the chunks off a body in Transfer-Encoding: chunked, as it comes. A value,
// any thread. Strict: a size is hex digits alone, extensions are skipped, trailers are read and
// dropped (merging them into the headers was a smuggling hole elsewhere), both within a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace om::http {

class ChunkedDecoder {
 public:
  enum class State { more, done, malformed };

  /// Appends what `input` decodes to to `body` and removes what was used from `input`. When done,
  /// what is left of `input` follows the body.
  State feed(std::string_view& input, std::string& body);

 private:
  enum class At { size, extension, size_end, data, data_cr, data_lf, trailer, trailer_lf };
  State step(char c);

  At at_ = At::size;
  std::uint64_t left_ = 0;  ///< of this chunk's data
  std::size_t size_digits_ = 0;
  std::size_t overhead_ = 0;  ///< bytes of extensions and trailers so far
  bool line_empty_ = true;    ///< of the trailer line we are in
};

}  // namespace om::http
