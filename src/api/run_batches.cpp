// SPDX-License-Identifier: MIT
#include "api/run_batches.h"

#include <algorithm>

#include "om/run/prepare.h"
#include "om/run/schedule.h"

namespace om::api {
namespace {

constexpr std::size_t kPreviewSizes = 20;
constexpr const char* kShare = "a number of hosts or a share of them, as \"10\" or \"25%\"";

Error refused(const std::string& field, const std::string& must) {
  return fail(Errc::invalid_argument, "request.field",
              "field 'batches." + field + "' must be " + must);
}

}  // namespace

Result<std::optional<Batches>> batches_from(const Json& json) {
  if (json.is_null()) return std::optional<Batches>();
  if (!json.is_object()) {
    return fail(Errc::invalid_argument, "request.field",
                "field 'batches' must be an object with size, canary, max_failed, pause or order");
  }
  Body body(json);
  const std::string size = body.text("size");
  const std::string max_failed = body.text("max_failed");
  const std::string pause = body.text("pause");
  const std::string order = body.text("order");
  Batches batches;
  batches.canary = static_cast<int>(body.number("canary", 0, 0, run::kMaxTargets));
  OM_TRY(body.finish());
  if (!size.empty()) {
    const std::optional<Share> known = share_from_text(size);
    if (!known) return refused("size", kShare);
    batches.size = *known;
  }
  if (!max_failed.empty()) {
    batches.max_failed = share_from_text(max_failed);
    if (!batches.max_failed) return refused("max_failed", kShare);
  }
  if (!pause.empty()) {
    const std::optional<PauseMode> known = pause_mode_from_name(pause);
    if (!known) return refused("pause", "never, after_canary or after_each");
    batches.pause = *known;
  }
  if (!order.empty()) {
    const std::optional<StartOrder> known = start_order_from_name(order);
    if (!known) return refused("order", "given or random");
    batches.order = *known;
  }
  return std::optional(batches);
}

Json batches_json(const std::optional<Batches>& batches) {
  if (!batches) return nullptr;
  return {{"size", share_text(batches->size)},
          {"canary", batches->canary},
          {"max_failed", batches->max_failed ? share_text(*batches->max_failed) : std::string()},
          {"pause", pause_mode_name(batches->pause)},
          {"order", start_order_name(batches->order)},
          {"count", batches->count},
          {"current", batches->current}};
}

Json batches_preview(const Run& run) {
  if (!run.batches) return nullptr;
  std::vector<int> sizes =
      run::make_schedule(run.batches, static_cast<int>(run.total), run.concurrency).sizes();
  const std::size_t count = sizes.size();
  sizes.resize(std::min(count, kPreviewSizes));
  return {{"count", count}, {"sizes", sizes}};
}

}  // namespace om::api
