// SPDX-License-Identifier: MIT
#include "om/run/prepare.h"

#include <utility>

#include "run/preparing.h"

namespace om::run {
namespace {

Platform platform_of(const Host& host, std::optional<Platform> preferred, const Request& request,
                     const Defaults& defaults) {
  if (host.platform == Platform::local) return Platform::local;
  if (request.platform) return *request.platform;
  if (host.platform) return *host.platform;
  return preferred.value_or(defaults.auto_platform);
}

/// The first number that says something.
std::int64_t first_positive(std::int64_t a, std::int64_t b, std::int64_t c) {
  return a > 0 ? a : b > 0 ? b : c;
}

Result<void> check_platforms(const std::vector<Target>& targets, const Defaults& defaults) {
  for (const Target& target : targets) {
    if (defaults.available.contains(target.platform)) continue;
    return fail(Errc::invalid_argument, "run.platform_not_available",
                "host " + target.host + ": platform " +
                    std::string(platform_name(target.platform)) +
                    " is not available in this controller; choose ssh");
  }
  return {};
}

Target target_of(const Host& host, Platform platform) {
  Target target;
  target.host_id = host.id;
  target.host = host.name;
  target.address = host.address;
  target.platform = platform;
  target.login = platform == Platform::local ? std::string()
                 : host.login.empty()        ? "root"
                                             : host.login;
  return target;
}

/// Each kind of run, by the function that prepares it.
Result<void> prepare_kind(Preparing& preparing) {
  switch (preparing.request.kind) {
    case RunKind::module:
      return prepare_module(preparing);
    case RunKind::check:
      return prepare_check(preparing);
    case RunKind::copy:
    case RunKind::fetch:
      break;
  }
  return fail(Errc::invalid_argument, "request.field",
              "field 'kind': " + std::string(run_kind_name(preparing.request.kind)) +
                  " is not available in this controller");
}

}  // namespace

Result<void> Preparing::choose_targets(std::optional<Platform> preferred) {
  OM_TRY_SET(prepared.hosts, store::select_hosts(connection, request.select));
  if (prepared.hosts.empty()) {
    return fail(Errc::invalid_argument, "run.no_hosts",
                "the selection holds no hosts; choose some");
  }
  if (prepared.hosts.size() > kMaxTargets) {
    return fail(Errc::invalid_argument, "run.too_many_hosts",
                std::to_string(prepared.hosts.size()) + " hosts; a run takes at most " +
                    std::to_string(kMaxTargets));
  }
  prepared.targets.reserve(prepared.hosts.size());
  for (const Host& host : prepared.hosts) {
    Target target = target_of(host, platform_of(host, preferred, request, defaults));
    target.index = static_cast<int>(prepared.targets.size());
    prepared.targets.push_back(std::move(target));
  }
  return check_platforms(prepared.targets, defaults);
}

void Preparing::set_limits(int concurrency, std::int64_t timeout_s) {
  prepared.run.concurrency =
      static_cast<int>(first_positive(request.concurrency, concurrency, defaults.concurrency));
  prepared.run.timeout_s = first_positive(request.timeout_s, timeout_s, defaults.timeout_s);
}

Result<Prepared> Preparation::prepare(store::Connection& connection, const Request& request,
                                      WallMs now,
                                      std::vector<catalogue::FieldError>& fields) const {
  Preparing preparing{connection, request, sources_, defaults_, fields, {}};
  Run& run = preparing.prepared.run;
  run.kind = request.kind;
  run.user = request.user;
  run.via = request.via;
  run.platform = request.platform ? std::string(platform_name(*request.platform)) : std::string();
  run.created_ms = now;
  OM_TRY(prepare_kind(preparing));
  run.total = static_cast<std::int64_t>(preparing.prepared.targets.size());
  return std::move(preparing.prepared);
}

ReadyRun Prepared::ready(RunId id) && {
  ReadyRun ready;
  run.id = id;
  for (Target& target : targets) target.run_id = id;
  ready.deadlines.run = std::chrono::seconds(run.timeout_s);
  ready.job = std::move(job);
  ready.run = std::move(run);
  ready.targets = std::move(targets);
  ready.hosts = std::move(hosts);
  return ready;
}

}  // namespace om::run
