// SPDX-License-Identifier: MIT
#include <memory>
#include <utility>

#include "run/preparing.h"

#include "om/backend/copy_source.h"
#include "om/catalogue/application_file.h"
#include "om/store/modules.h"

namespace om::run {
namespace {

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
Result<std::shared_ptr<backend::CopySource>> delivered_file(const Defaults& defaults,
                                                            std::string_view name) {
  OM_CHECK(defaults.disk != nullptr);
  OM_TRY_SET(Fd opened,
             catalogue::open_application_file(defaults.data_folder, name, catalogue::Meant::file));
  return backend::CopySource::open(*defaults.disk, std::move(opened), std::string(name), 0);
}

std::shared_ptr<const backend::Script> script_of(const catalogue::Source& source) {
  auto script = std::make_shared<backend::Script>();
  script->interpreter = source.interpreter;
  script->argument = source.argument;
  script->bytes = source.bytes;
  return script;
}

}  // namespace

Result<void> prepare_module(Preparing& preparing) {
  Prepared& prepared = preparing.prepared;
  OM_TRY_SET(const Module module,
             store::find_module(preparing.connection, preparing.request.module));
  OM_TRY(preparing.choose_targets(module.platform));
  const Platform platform = prepared.targets.front().platform;
  const std::shared_ptr<const catalogue::Source> source =
      preparing.sources.find(module.id, platform);
  if (!source) return missing_source(preparing.sources.status(module.id, platform), module);

  OM_TRY_SET(const catalogue::ParsedForm parsed, catalogue::parse_form(module.form));
  catalogue::Validation validation = catalogue::validate(parsed.form, preparing.request.parameters);
  if (!validation.ok()) {
    preparing.fields = validation.errors;
    return validation.error();
  }
  backend::ScriptJob job;
  job.script = script_of(*source);
  Run& run = prepared.run;
  for (catalogue::ValidParameter& valid : validation.parameters) {
    const std::string shown = valid.secret ? std::string() : std::string(valid.value.reveal());
    run.parameters.push_back({valid.name, shown, valid.secret});
    job.parameters.push_back({valid.name, std::move(valid.value), valid.secret});
  }
  if (source->om_file > 0) {
    const auto index = static_cast<std::size_t>(source->om_file - 1);
    if (index < job.parameters.size()) {
      OM_TRY_SET(job.file,
                 delivered_file(preparing.defaults, job.parameters[index].value.reveal()));
    }
  }
  prepared.job = std::move(job);

  preparing.set_limits(module.concurrency, module.timeout.count());
  run.module_id = module.id;
  run.module_name = module.name;
  run.module_name_en = module.name_en;
  run.risk = module.risk;
  run.source_path = source->path;
  run.source_sha256 = source->sha256;
  prepared.source_bytes = source->bytes;
  return {};
}

}  // namespace om::run
