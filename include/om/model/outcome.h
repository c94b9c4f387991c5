// SPDX-License-Identifier: MIT
//
// How things end, what carries them and as whom: the words of the design, their one spelling in
// SQL, API and page. Pure values.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace om {

/// How a target ended. Success is claimed only when the end mark arrived with status zero.
enum class Outcome {
  ok,
  failed,       ///< ran, and ended non-zero or was killed
  unreachable,  ///< never got a session: name, connect, host key, login
  timed_out,    ///< ran longer than the run allows
  cancelled,    ///< somebody stopped it
  lost,         ///< the session went away before the end mark
  skipped,      ///< never started, on purpose
  interrupted,  ///< the controller itself was stopped meanwhile
};
inline constexpr std::array kOutcomes = {
    Outcome::ok,        Outcome::failed, Outcome::unreachable, Outcome::timed_out,
    Outcome::cancelled, Outcome::lost,   Outcome::skipped,     Outcome::interrupted};
std::string_view outcome_name(Outcome outcome);
std::optional<Outcome> outcome_from_name(std::string_view name);

/// What carries a module to a host.
enum class Platform { ssh, local, ansible, saltstack, func };
inline constexpr std::array kPlatforms = {Platform::ssh, Platform::local, Platform::ansible,
                                          Platform::saltstack, Platform::func};
std::string_view platform_name(Platform platform);
std::optional<Platform> platform_from_name(std::string_view name);

/// How the login user of a host becomes another one.
enum class BecomeMethod { sudo, su, doas };
std::string_view become_method_name(BecomeMethod method);
std::optional<BecomeMethod> become_method_from_name(std::string_view name);

/// What a run does at its targets.
enum class RunKind {
  module,  ///< runs a module of the catalogue
  check,   ///< goes all the way to a shell there and runs nothing
  copy,    ///< brings a file or folder to them
  fetch,   ///< brings a file back from them
};
std::string_view run_kind_name(RunKind kind);
std::optional<RunKind> run_kind_from_name(std::string_view name);

/// What a module may do to a host; decides how much ceremony the page asks for.
enum class Risk { read, change, danger };
std::string_view risk_name(Risk risk);
std::optional<Risk> risk_from_name(std::string_view name);

enum class TargetState { waiting, running, finished };
std::string_view target_state_name(TargetState state);
std::optional<TargetState> target_state_from_name(std::string_view name);

/// A paused run starts nothing more; what it has started goes on.
enum class RunState { waiting, running, paused, cancelling, finished };
std::string_view run_state_name(RunState state);
std::optional<RunState> run_state_from_name(std::string_view name);

enum class Stream { out = 1, err = 2 };
std::string_view stream_name(Stream stream);  ///< "stdout", "stderr"

}  // namespace om
