// SPDX-License-Identifier: MIT
#include "om/run/prepare.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "om/catalogue/application_file.h"
#include "om/store/modules.h"

namespace om::run {
namespace {

/// run > host > module > auto_platform; a local host is never overridden.
Platform platform_of(const Host& host, const Module& module, const Request& request,
                     const Defaults& defaults) {
  if (host.platform == Platform::local) return Platform::local;
  if (request.platform) return *request.platform;
  if (host.platform) return *host.platform;
  if (module.platform) return *module.platform;
  return defaults.auto_platform;
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

std::vector<Target> targets_of(const std::vector<Host>& hosts, const Module& module,
                               const Request& request, const Defaults& defaults) {
  std::vector<Target> targets;
  targets.reserve(hosts.size());
  for (const Host& host : hosts) {
    Target target;
    target.index = static_cast<int>(targets.size());
    target.host_id = host.id;
    target.host = host.name;
    target.address = host.address;
    target.platform = platform_of(host, module, request, defaults);
    target.login = target.platform == Platform::local ? std::string()
                   : host.login.empty()               ? "root"
                                                      : host.login;
    targets.push_back(std::move(target));
  }
  return targets;
}

/// Why a module has nothing that could run.
Error missing_source(const catalogue::SourceStatus& status, const Module& module) {
  const std::string name = "module " + std::to_string(module.id.value);
  if (status.state == catalogue::SourceStatus::State::broken) {
    return fail(Errc::conflict, "module.broken",
                name + ": " + status.path + " is broken: " + status.problem);
  }
  return fail(Errc::not_found, "module.not_written",
              name + " is not written yet; write " + status.path);
}

/// The file that a parameter names, for all targets.
Result<std::shared_ptr<const backend::DeliveredFile>> delivered_file(const std::string& data_folder,
                                                                     std::string_view name) {
  OM_TRY_SET(catalogue::ApplicationFile read, catalogue::read_application_file(data_folder, name));
  auto file = std::make_shared<backend::DeliveredFile>();
  file->name = std::move(read.name);
  file->bytes = std::move(read.bytes);
  file->sha256_hex = std::move(read.sha256_hex);
  return std::shared_ptr<const backend::DeliveredFile>(std::move(file));
}

}  // namespace

Result<Prepared> Preparation::prepare(store::Connection& connection, const Request& request,
                                      WallMs now,
                                      std::vector<catalogue::FieldError>& fields) const {
  Prepared prepared;
  OM_TRY_SET(prepared.module, store::find_module(connection, request.module));
  const Module& module = prepared.module;
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
  prepared.targets = targets_of(prepared.hosts, module, request, defaults_);
  OM_TRY(check_platforms(prepared.targets, defaults_));
  prepared.source = sources_.find(module.id, prepared.targets.front().platform);
  if (!prepared.source)
    return missing_source(sources_.status(module.id, prepared.targets.front().platform), module);

  OM_TRY_SET(const catalogue::ParsedForm parsed, catalogue::parse_form(module.form));
  catalogue::Validation validation = catalogue::validate(parsed.form, request.parameters);
  if (!validation.ok()) {
    fields = validation.errors;
    return validation.error();
  }
  for (catalogue::ValidParameter& valid : validation.parameters) {
    const std::string shown = valid.secret ? std::string() : std::string(valid.value.reveal());
    prepared.run.parameters.push_back({valid.name, shown, valid.secret});
    prepared.parameters.push_back({valid.name, std::move(valid.value), valid.secret});
  }
  if (prepared.source->om_file > 0) {
    const auto index = static_cast<std::size_t>(prepared.source->om_file - 1);
    if (index < prepared.parameters.size()) {
      OM_TRY_SET(prepared.file,
                 delivered_file(defaults_.data_folder, prepared.parameters[index].value.reveal()));
    }
  }

  Run& run = prepared.run;
  run.module_id = module.id;
  run.module_name = module.name;
  run.module_name_en = module.name_en;
  run.risk = module.risk;
  run.user = request.user;
  run.via = request.via;
  run.platform = request.platform ? std::string(platform_name(*request.platform)) : std::string();
  run.created_ms = now;
  run.total = static_cast<std::int64_t>(prepared.targets.size());
  run.concurrency = static_cast<int>(
      first_positive(request.concurrency, module.concurrency, defaults_.concurrency));
  run.timeout_s = first_positive(request.timeout_s, module.timeout.count(), defaults_.timeout_s);
  run.source_path = prepared.source->path;
  run.source_sha256 = prepared.source->sha256;
  return prepared;
}

ReadyRun Prepared::ready(RunId id) && {
  ReadyRun ready;
  run.id = id;
  for (Target& target : targets) target.run_id = id;
  ready.parameters = std::move(parameters);
  auto script = std::make_shared<backend::Script>();
  script->interpreter = source->interpreter;
  script->argument = source->argument;
  script->bytes = source->bytes;
  ready.script = std::move(script);
  ready.file = std::move(file);
  ready.deadlines.run = std::chrono::seconds(run.timeout_s);
  ready.run = std::move(run);
  ready.targets = std::move(targets);
  ready.hosts = std::move(hosts);
  return ready;
}

}  // namespace om::run
