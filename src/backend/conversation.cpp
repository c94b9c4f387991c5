// SPDX-License-Identifier: MIT
#include "backend/conversation.h"

#include <algorithm>
#include <utility>

namespace om::backend {
namespace {
constexpr std::size_t kKeptNoise = 4 * 1024;
}

std::string Conversation::feed(Stream stream, std::string_view bytes) {
  MarkParser::Parts parts;
  parser(stream).feed(bytes, parts);
  return keep(stream, std::move(parts));
}

std::string Conversation::finish(Stream stream) {
  MarkParser::Parts parts;
  parser(stream).finish(parts);
  return keep(stream, std::move(parts));
}

std::string Conversation::keep(Stream stream, MarkParser::Parts parts) {
  std::string& said = stream == Stream::out ? said_out_ : said_err_;
  said.append(parts.noise, 0, kKeptNoise - std::min(kKeptNoise, said.size()));
  return std::move(parts.output);
}

bool Conversation::complete() const {
  return (out_.ended() && err_.ended()) || out_.ended_for_both() || err_.ended_for_both();
}

std::int64_t Conversation::process_group() const {
  return out_.process_group() != 0 ? out_.process_group() : err_.process_group();
}

std::optional<int> Conversation::status() const {
  if (out_.ended() && (!err_.ended() || out_.status() != 0)) return out_.status();
  if (err_.ended()) return err_.status();
  return std::nullopt;
}

}  // namespace om::backend
