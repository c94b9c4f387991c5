// SPDX-License-Identifier: MIT
//
// A copy: a file or folder of this machine to every target, and a command where it changed
// something.
#include <cerrno>
#include <memory>
#include <utility>

#include <fcntl.h>

#include "run/preparing.h"
#include "run/spec.h"

#include "om/backend/copy_source.h"
#include "om/base/errno_error.h"
#include "om/catalogue/application_file.h"

namespace om::run {
namespace {

/// Below DATA/files, or, for the local administrator, a whole path.
Result<Fd> open_source(const Preparing& preparing, const std::string& source) {
  if (!source.starts_with('/') || preparing.request.reach == Request::SourceReach::data_files) {
    return catalogue::open_application_file(preparing.defaults.data_folder, source,
                                            catalogue::Meant::file_or_folder);
  }
  // Non-blocking, since opening a fifo would wait for its writer.
  Fd opened(::open(source.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (opened.is_open()) return opened;
  if (errno == ENOENT || errno == ENOTDIR) {
    return fail(Errc::not_found, "file.not_found", "there is no file " + source);
  }
  Error error = error_from_errno(source, errno);
  error.reason = "copy.source_unreadable";
  return error;
}

std::string last_part(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

std::shared_ptr<const backend::Script> script_of(const std::string& command) {
  auto script = std::make_shared<backend::Script>();
  script->bytes = command + "\n";
  return script;
}

}  // namespace

Result<void> prepare_copy(Preparing& preparing) {
  if (preparing.request.module.value != 0 || !preparing.request.parameters.empty()) {
    return fail(Errc::invalid_argument, "request.field",
                "fields 'module' and 'parameters' have no place in a copy");
  }
  OM_TRY_SET(Spec spec, Spec::parse("copy", preparing.request.spec));
  backend::CopyJob job;
  OM_TRY_SET(const std::string source, spec.required_text("source"));
  OM_TRY_SET(job.order.destination, spec.required_text("destination"));
  OM_TRY_SET(job.order.mode, spec.text("mode"));
  OM_TRY_SET(job.order.owner, spec.text("owner"));
  OM_TRY_SET(const std::string command, spec.text("command"));
  OM_TRY(spec.finish());
  OM_TRY(backend::check_copy_order(job.order));
  if (command.size() > kMaxCommandBytes) {
    return fail(Errc::invalid_argument, "copy.field_refused",
                "field 'command' is longer than 64 KiB: copy it as a script and run that");
  }
  OM_TRY(preparing.choose_targets(std::nullopt));
  OM_CHECK(preparing.defaults.disk != nullptr);
  OM_TRY_SET(Fd opened, open_source(preparing, source));
  const auto mode = job.order.mode.empty()
                        ? 0U
                        : static_cast<std::uint32_t>(std::stoul(job.order.mode, nullptr, 8));
  OM_TRY_SET(job.source, backend::CopySource::open(*preparing.defaults.disk, std::move(opened),
                                                   last_part(source), mode));
  if (!command.empty()) job.command.script = script_of(command);

  preparing.set_limits(0, kTransferTimeoutS);
  Run& run = preparing.prepared.run;
  run.risk = Risk::change;
  run.spec = spec_text({{"source", source},
                        {"destination", job.order.destination},
                        {"mode", job.order.mode},
                        {"owner", job.order.owner},
                        {"command", command}});
  preparing.prepared.job = std::move(job);
  return {};
}

}  // namespace om::run
