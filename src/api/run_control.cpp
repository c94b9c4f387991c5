// SPDX-License-Identifier: MIT
//
// Pausing a run and letting it go on. Saying it twice is harmless: only what changes something is
// in the audit.
#include "api/resources.h"
#include "api/run_json.h"

#include "om/run/coordinator.h"
#include "om/store/journal.h"

namespace om::api {
namespace {

Result<Run> run_of(const Call& call) {
  OM_TRY_SET(const std::int64_t id, call.number_arg(0));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  return store::find_run(*reader, RunId{id});
}

Result<void> note(const Call& call, const Run& run) {
  return call.services.store.write([&](store::Transaction& transaction) {
    return call.audit(transaction, "run " + std::to_string(run.id.value));
  });
}

bool is_ending(const Run& run) {
  return run.state == RunState::finished || run.state == RunState::cancelling;
}

Error conflict(const Run& run, const char* reason, const std::string& why) {
  return fail(Errc::conflict, reason, "run " + std::to_string(run.id.value) + " " + why);
}

Result<Json> paused(const Call& call) {
  OM_TRY_SET(const Run run, run_of(call));
  if (is_ending(run)) {
    return conflict(run, "run.over", "is over or being cancelled: it cannot be paused");
  }
  if (run.state != RunState::paused) {
    if (run.counts.waiting == 0) {
      return conflict(run, "run.all_started",
                      "has started every target already: a pause would change nothing; cancel it "
                      "to stop what runs");
    }
    OM_TRY(note(call, run));
    call.services.coordinator.pause(run.id);
  }
  return Json{{"run", to_json(run)}};
}

Result<Json> continued(const Call& call) {
  OM_TRY_SET(const Run run, run_of(call));
  if (is_ending(run)) {
    return conflict(run, "run.over",
                    "is over or being cancelled: it cannot go on; retry it instead");
  }
  if (run.state == RunState::paused) {
    OM_TRY(note(call, run));
    call.services.coordinator.go_on(run.id);
  }
  return Json{{"run", to_json(run)}};
}

}  // namespace

Response pause_run(const Call& call) { return respond(paused(call), 202); }
Response continue_run(const Call& call) { return respond(continued(call), 202); }

}  // namespace om::api
