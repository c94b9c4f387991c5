// SPDX-License-Identifier: MIT
#include "backend/carrier.h"

#include <algorithm>

#include <fmt/core.h>

#include "backend/bootstrap.h"

#include "om/base/check.h"

namespace om::backend {
namespace {

constexpr std::string_view kSurroundings =
    "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin;LC_ALL=C;export PATH LC_ALL;"
    R"(cd "${HOME:-/}" 2>/dev/null||cd /;)";

bool is_variable_name(std::string_view name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  return !name.empty() && name.size() <= 32 && letters.find(name[0]) != std::string_view::npos &&
         std::ranges::all_of(name, [&](char c) {
           return letters.find(c) != std::string_view::npos || (c >= '0' && c <= '9');
         });
}

std::string upper(std::string_view name) {
  std::string result(name);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return result;
}

void append_export(std::string& line, std::string_view name, std::string_view value) {
  line += name;
  line += '=';
  line += line_word(value);
  line += ";export ";
  line += name;
  line += ';';
}

}  // namespace

Result<void> check_parameters(const std::vector<ScriptParameter>& parameters) {
  const auto refuse = [](std::string message) {
    return fail(Errc::invalid_argument, "backend.parameter_refused", std::move(message));
  };
  std::size_t total = 0;
  for (const ScriptParameter& parameter : parameters) {
    const std::string_view value = parameter.value.reveal();
    if (!is_variable_name(parameter.name)) return refuse("a parameter's name is no variable name");
    if (value.find('\0') != std::string_view::npos) {
      return refuse(parameter.name + ": a NUL byte cannot be passed to a script; remove it");
    }
    if (value.size() > kMaxParameterBytes) {
      return refuse(
          fmt::format("{}: {} bytes, and a script's argument holds at most {}; deliver "
                      "it as a file",
                      parameter.name, value.size(), kMaxParameterBytes));
    }
    total += value.size();
  }
  if (total > kMaxParametersBytes) {
    return refuse(
        fmt::format("the parameters have {} bytes together, and a script gets at most "
                    "{}; deliver them as a file",
                    total, kMaxParametersBytes));
  }
  return {};
}

std::string carrier_line(const Carried& carried) {
  OM_CHECK(check_parameters(carried.parameters).has_value());
  std::string line(kNewlineVariable);
  line += fmt::format("n={};", carried.nonce);
  line += kSurroundings;

  line += "set -- " + line_word(carried.script->interpreter);
  if (!carried.script->argument.empty()) line += " " + line_word(carried.script->argument);
  line += " /dev/fd/3";
  for (const ScriptParameter& parameter : carried.parameters) {
    line += " ";
    line += line_word(parameter.secret ? std::string_view() : parameter.value.reveal());
  }
  line += ";s=;command -v setsid >/dev/null 2>&1&&s=setsid;exec 4>&2 2>/dev/null;cat 4>&-|{ (";
  append_export(line, "OM_EXEC", carried.nonce);
  for (const ScriptParameter& parameter : carried.parameters) {
    append_export(line, upper(parameter.name), parameter.value.reveal());
  }
  if (carried.file) {
    append_export(line, "OM_FILE", carried.file->path);
    append_export(line, "OM_FILE_NAME", carried.file->name);
    append_export(line, "OM_FILE_SHA256", carried.file->sha256_hex);
  }
  line +=
      R"(exec $s /bin/sh -c 'printf "%s:B:%d\n" "$OM_EXEC" $$;)"
      R"(printf "%s:B:%d\n" "$OM_EXEC" $$ >&2;exec "$@"' om "$@" 3<&0 0</dev/null 2>&4 4>&-);r=$?;)";
  if (carried.file) {
    const std::string& path = carried.file->path;
    line += "rm -rf " + line_word(path.substr(0, path.rfind('/'))) + ";";
  }
  line += R"(printf '%s:E:%d\n' $n $r;printf '%s:E:%d\n' $n $r >&4;exit $r;})";
  line += '\n';
  return line;
}

}  // namespace om::backend
