// SPDX-License-Identifier: MIT
#include "catalogue/compose.h"

#include <nlohmann/json.hpp>

#include "catalogue/script_head.h"

#include "om/base/crypto.h"
#include "om/base/text.h"

namespace om::catalogue {
namespace {

bool is_script_platform(Platform platform) {
  return platform == Platform::ssh || platform == Platform::local;
}

void append_whole_lines(std::string& out, std::string_view text) {
  out += text;
  if (!out.empty() && out.back() != '\n') out += '\n';
}

Result<void> compose_script(const SourceFile& file, const std::vector<std::string>& shared,
                            Source& source) {
  OM_TRY_SET(const ScriptHead head, parse_script_head(file.bytes, file.extension));
  source.interpreter = head.interpreter;
  source.argument = head.argument;
  source.om_file = head.om_file;
  append_whole_lines(source.bytes, file.bytes.substr(0, head.first_line_bytes));
  for (const std::string& text : shared) append_whole_lines(source.bytes, text);
  source.bytes += file.bytes.substr(head.first_line_bytes);
  return {};
}

// The engine itself judges the rest when it runs; here what would only show as its least helpful
// message.
Result<void> check_native(const SourceFile& file) {
  const bool playbook = file.platform == Platform::ansible;
  const bool fits =
      playbook ? file.extension == "yml" || file.extension == "yaml" : file.extension == "json";
  if (!fits) {
    return fail(Errc::invalid_argument, "module.bad_kind",
                playbook ? "an ansible module is a playbook: name it Mid_N.yml (a script belongs "
                           "in modules/ssh, which serves every platform)"
                         : "a module of this platform is a list of steps: name it Mid_N.json (a "
                           "script belongs in modules/ssh, which serves every platform)");
  }
  if (text::trim(file.bytes).empty())
    return fail(Errc::invalid_argument, "module.empty", "it is empty");
  if (!playbook && !nlohmann::json::accept(file.bytes))
    return fail(Errc::invalid_argument, "module.bad_json", "it is not JSON");
  return {};
}

}  // namespace

std::string_view origin_name(Origin origin) {
  return origin == Origin::builtin ? "builtin" : "data";
}

Result<Source> compose(const SourceFile& file, const std::vector<std::string>& shared) {
  Source source;
  source.module = file.module;
  source.platform = file.platform;
  source.origin = file.origin;
  source.path = file.path;
  source.script = is_script_platform(file.platform);
  crypto::Sha256 sum;
  if (source.script) {
    OM_TRY(compose_script(file, shared, source));
  } else {
    OM_TRY(check_native(file));
    source.interpreter.clear();
    source.bytes = std::string(file.bytes);
    source.shared = shared;
    for (const std::string& text : shared) sum.update(text);
  }
  sum.update(source.bytes);
  source.sha256 = crypto::hex(sum.finish());
  return source;
}

}  // namespace om::catalogue
