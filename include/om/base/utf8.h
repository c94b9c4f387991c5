// SPDX-License-Identifier: MIT
//
// UTF-8: host output is bytes of any kind, what people read is text. Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace om::utf8 {

/// True for well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_valid(std::string_view bytes);
/// Every maximal ill-formed part becomes U+FFFD; valid input comes back unchanged.
std::string decode_lossy(std::string_view bytes);
/// Code points in valid text.
std::size_t length(std::string_view text);
/// How many bytes at the end of `bytes` are the beginning of a character that more bytes could
/// complete (0..3): what a stream keeps back until its next chunk.
std::size_t incomplete_tail(std::string_view bytes);
/// The longest prefix of at most `max_bytes` that does not cut a character.
std::string_view prefix(std::string_view text, std::size_t max_bytes);

}  // namespace om::utf8
