// SPDX-License-Identifier: MIT
//
// Secret: bytes that must not leak: passwords, private keys, tokens. Wiped when destroyed; no
// conversion to text, no stream operator, so that it cannot reach a log line or a JSON value by
// accident. Value, any thread.
#pragma once

#include <string>
#include <string_view>

namespace om {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  /// The bytes, for the one call that needs them. Valid while the Secret lives.
  std::string_view reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  void wipe();
  std::string bytes_;
};

}  // namespace om
