// SPDX-License-Identifier: MIT
#include "om/model/outcome.h"

#include "model/names.h"

namespace om {
namespace {

constexpr Names<Outcome, kOutcomes.size()> kOutcomeNames{
    {"ok", "failed", "unreachable", "timed_out", "cancelled", "lost", "skipped", "interrupted"}};
constexpr Names<Platform, kPlatforms.size()> kPlatformNames{
    {"ssh", "local", "ansible", "saltstack", "func"}};
constexpr Names<BecomeMethod, 3> kBecomeMethodNames{{"sudo", "su", "doas"}};
constexpr Names<RunKind, 4> kRunKindNames{{"module", "check", "copy", "fetch"}};
constexpr Names<Risk, 3> kRiskNames{{"read", "change", "danger"}};
constexpr Names<TargetState, 3> kTargetStateNames{{"waiting", "running", "finished"}};
constexpr Names<RunState, 5> kRunStateNames{
    {"waiting", "running", "paused", "cancelling", "finished"}};

}  // namespace

std::string_view outcome_name(Outcome outcome) { return kOutcomeNames.of(outcome); }
std::optional<Outcome> outcome_from_name(std::string_view name) { return kOutcomeNames.find(name); }
std::string_view platform_name(Platform platform) { return kPlatformNames.of(platform); }
std::optional<Platform> platform_from_name(std::string_view name) {
  return kPlatformNames.find(name);
}
std::string_view become_method_name(BecomeMethod method) { return kBecomeMethodNames.of(method); }
std::optional<BecomeMethod> become_method_from_name(std::string_view name) {
  return kBecomeMethodNames.find(name);
}
std::string_view run_kind_name(RunKind kind) { return kRunKindNames.of(kind); }
std::optional<RunKind> run_kind_from_name(std::string_view name) {
  return kRunKindNames.find(name);
}
std::string_view risk_name(Risk risk) { return kRiskNames.of(risk); }
std::optional<Risk> risk_from_name(std::string_view name) { return kRiskNames.find(name); }
std::string_view target_state_name(TargetState state) { return kTargetStateNames.of(state); }
std::optional<TargetState> target_state_from_name(std::string_view name) {
  return kTargetStateNames.find(name);
}
std::string_view run_state_name(RunState state) { return kRunStateNames.of(state); }
std::optional<RunState> run_state_from_name(std::string_view name) {
  return kRunStateNames.find(name);
}
std::string_view stream_name(Stream stream) { return stream == Stream::out ? "stdout" : "stderr"; }

}  // namespace om
