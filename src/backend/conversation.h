// SPDX-License-Identifier: MIT
//
// Conversation: both streams of a target that runs a carried script, and what their marks amount
// to. Complete means that the end mark came on both: the two pipes of sshd race, so one alone does
// not say that the other's output is whole. Value, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backend/mark_parser.h"

#include "om/model/outcome.h"

namespace om::backend {

class Conversation {
 public:
  explicit Conversation(std::string_view nonce) : out_(nonce), err_(nonce) {}

  /// The module's own bytes among those that came.
  std::string feed(Stream stream, std::string_view bytes);
  /// The streams have ended: what was held back of one of them.
  std::string finish(Stream stream);

  bool begun() const { return out_.begun() || err_.begun(); }
  bool complete() const;
  /// 0: unknown.
  std::int64_t process_group() const;
  /// From the end marks, one of which will do. A failure wins should they differ.
  std::optional<int> status() const;
  /// What was said before the begin marks: the profile, the login shell, a forced command. The
  /// first 4 KiB of each stream.
  std::string said() const { return said_err_ + said_out_; }

 private:
  MarkParser& parser(Stream stream) { return stream == Stream::out ? out_ : err_; }
  std::string keep(Stream stream, MarkParser::Parts parts);

  MarkParser out_;
  MarkParser err_;
  std::string said_out_;
  std::string said_err_;
};

}  // namespace om::backend
