// SPDX-License-Identifier: MIT
#include "om/run/prepare.h"

#include <cstring>
#include <utility>

#include "run/preparing.h"

#include "om/base/crypto.h"
#include "om/run/schedule.h"

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
      return prepare_copy(preparing);
    case RunKind::fetch:
      break;
  }
  return fail(Errc::invalid_argument, "request.field",
              "field 'kind': " + std::string(run_kind_name(preparing.request.kind)) +
                  " is not available in this controller");
}

Error wrong_batches(const std::string& field, const std::string& why) {
  return fail(Errc::invalid_argument, "request.field", "field 'batches." + field + "' " + why);
}

/// Gives every target its batch.
Result<void> split(Prepared& prepared, const Batches& wanted) {
  if (wanted.size.number < 1) return wrong_batches("size", "must be at least 1 host, or 1%");
  if (wanted.canary < 0) return wrong_batches("canary", "must not be negative");
  if (wanted.pause == PauseMode::after_canary && wanted.canary == 0) {
    return wrong_batches("pause", "is after_canary, but there is no canary: set batches.canary");
  }
  Batches& batches = prepared.run.batches.emplace(wanted);
  if (batches.order == StartOrder::random) {
    const std::string random = crypto::random_bytes(sizeof batches.seed);
    std::memcpy(&batches.seed, random.data(), sizeof batches.seed);
  }
  const Schedule schedule =
      make_schedule(batches, static_cast<int>(prepared.targets.size()), prepared.run.concurrency);
  batches.count = static_cast<int>(schedule.ends.size());
  batches.current = 0;
  int batch = 0;
  for (int place = 0; const int index : schedule.order) {
    if (place++ == schedule.ends[static_cast<std::size_t>(batch)]) ++batch;
    prepared.targets[static_cast<std::size_t>(index)].batch = batch;
  }
  return {};
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
  OM_TRY_SET(prepared.jump_hosts, JumpHosts::find(connection, prepared.hosts));
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
  if (request.batches) OM_TRY(split(preparing.prepared, *request.batches));
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
  ready.jump_hosts = std::move(jump_hosts);
  return ready;
}

}  // namespace om::run
