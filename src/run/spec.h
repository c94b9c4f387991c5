// SPDX-License-Identifier: MIT
//
// Spec: the JSON object that says what a copy or fetch does, read field by field: all of them
// texts. Wrong types and fields that nobody asked for are errors. One use, one thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "om/base/result.h"

namespace om::run {

class Spec {
 public:
  /// `kind` names it in errors: "copy".
  static Result<Spec> parse(const std::string& kind, const std::string& json);
  ~Spec();
  Spec(Spec&&) noexcept;

  /// Empty when it is not there.
  Result<std::string> text(const std::string& name);
  /// Not there is an error, as is empty.
  Result<std::string> required_text(const std::string& name);
  /// Fails if there are fields that nobody has asked for.
  Result<void> finish() const;

 private:
  struct State;
  explicit Spec(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The same object as text, with what is empty left out.
std::string spec_text(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace om::run
