// SPDX-License-Identifier: MIT
#include "store/batches_text.h"

#include <nlohmann/json.hpp>

namespace om::store {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

template <class T>
T number_of(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<T>() : T{};
}

}  // namespace

std::string batches_text(const std::optional<Batches>& batches) {
  if (!batches) return {};
  const Json json = {
      {"size", share_text(batches->size)},
      {"canary", batches->canary},
      {"max_failed", batches->max_failed ? share_text(*batches->max_failed) : std::string()},
      {"pause", pause_mode_name(batches->pause)},
      {"order", start_order_name(batches->order)},
      {"seed", batches->seed},
      {"count", batches->count},
      {"current", batches->current}};
  return json.dump();
}

std::optional<Batches> batches_from_text(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const std::optional<Share> size = share_from_text(text_of(json, "size"));
  const std::optional<PauseMode> pause = pause_mode_from_name(text_of(json, "pause"));
  const std::optional<StartOrder> order = start_order_from_name(text_of(json, "order"));
  if (!size || !pause || !order) return std::nullopt;
  Batches batches;
  batches.size = *size;
  batches.canary = number_of<int>(json, "canary");
  batches.max_failed = share_from_text(text_of(json, "max_failed"));
  batches.pause = *pause;
  batches.order = *order;
  batches.seed = number_of<std::uint32_t>(json, "seed");
  batches.count = number_of<int>(json, "count");
  batches.current = number_of<int>(json, "current");
  return batches;
}

}  // namespace om::store
