// SPDX-License-Identifier: MIT
#include "run/spec.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace om::run {
namespace {

Error wrong(const std::string& kind, const std::string& name, const std::string& why) {
  return fail(Errc::invalid_argument, "request.field", "field '" + kind + "." + name + "' " + why);
}

}  // namespace

struct Spec::State {
  std::string kind;
  nlohmann::json left;  ///< fields not asked for yet
};

Spec::Spec(std::unique_ptr<State> state) : state_(std::move(state)) {}
Spec::~Spec() = default;
Spec::Spec(Spec&&) noexcept = default;

Result<Spec> Spec::parse(const std::string& kind, const std::string& json) {
  auto state = std::make_unique<State>();
  state->kind = kind;
  state->left = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!state->left.is_object()) {
    return fail(Errc::invalid_argument, "request.field", "field '" + kind + "' must be an object");
  }
  return Spec(std::move(state));
}

Result<std::string> Spec::text(const std::string& name) {
  const auto found = state_->left.find(name);
  if (found == state_->left.end()) return std::string();
  if (!found->is_string()) return wrong(state_->kind, name, "must be a text");
  std::string value = found->get<std::string>();
  state_->left.erase(found);
  return value;
}

Result<std::string> Spec::required_text(const std::string& name) {
  OM_TRY_SET(std::string value, text(name));
  if (value.empty()) return wrong(state_->kind, name, "must not be empty");
  return value;
}

Result<void> Spec::finish() const {
  if (state_->left.empty()) return {};
  return wrong(state_->kind, state_->left.begin().key(), "is not known");
}

std::string spec_text(const std::vector<std::pair<std::string, std::string>>& fields) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, value] : fields) {
    if (!value.empty()) json[name] = value;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace om::run
