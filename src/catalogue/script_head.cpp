// SPDX-License-Identifier: MIT
#include "catalogue/script_head.h"

#include <algorithm>
#include <optional>

#include "catalogue/form_markup.h"

#include "om/base/text.h"

namespace om::catalogue {
namespace {

// Linux cuts the #! line at 255 bytes; what it would not read we do not either.
constexpr std::size_t kMaxFirstLine = 255;

Error bad(std::string message) {
  return fail(Errc::invalid_argument, "module.bad_head", std::move(message));
}

std::string_view first_line(std::string_view bytes) { return bytes.substr(0, bytes.find('\n')); }

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

// Reads "#! interpreter argument" as the kernel does: one argument, with the spaces in it.
Result<void> parse_first_line(std::string_view line, ScriptHead& head) {
  if (line.ends_with('\r'))
    return bad("its lines end as on Windows (CR LF): save it with Unix line ends");
  if (line.size() > kMaxFirstLine) return bad("its #! line has more than 255 bytes");
  const std::string_view rest = text::trim(line.substr(2));
  const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  head.interpreter = std::string(rest.substr(0, end));
  head.argument = std::string(text::trim(rest.substr(end)));
  if (!head.interpreter.starts_with('/'))
    return bad("its #! line does not name an interpreter by its absolute path");
  if (!is_printable(head.interpreter) || !is_printable(head.argument))
    return bad("its #! line has control characters");
  return {};
}

// The comments at the beginning: up to the first line that is neither a comment nor empty.
Result<int> find_om_file(std::string_view bytes) {
  constexpr std::string_view kKey = "om-file:";
  for (const std::string_view raw : text::split(bytes, '\n')) {
    std::string_view line = text::trim(raw);
    if (line.empty()) continue;
    if (line.front() != '#') break;
    line = text::trim(line.substr(std::min(line.find_first_not_of('#'), line.size())));
    if (!line.starts_with(kKey)) continue;
    const std::optional<int> index = parameter_index(text::trim(line.substr(kKey.size())));
    if (!index) return bad("its `# om-file:` line must name a parameter, such as sys_param_1");
    return *index;
  }
  return 0;
}

}  // namespace

Result<ScriptHead> parse_script_head(std::string_view bytes, std::string_view extension) {
  ScriptHead head;
  if (text::trim(bytes).empty()) return bad("it is empty");
  if (bytes.starts_with("\xef\xbb\xbf"))
    return bad("it begins with a byte order mark: save it as UTF-8 without one");
  if (bytes.find('\0') != std::string_view::npos)
    return bad("it has a NUL byte, so it is not a script");
  const std::string_view line = first_line(bytes);
  if (line.starts_with("#!")) {
    OM_TRY(parse_first_line(line, head));
    head.first_line_bytes = std::min(line.size() + 1, bytes.size());
  } else if (extension != "sh") {
    return bad(
        "it has no #! line, so nobody knows what runs it: begin it with one such as #!/usr/bin/env "
        "python3");
  }
  OM_TRY_SET(head.om_file, find_om_file(bytes));
  return head;
}

}  // namespace om::catalogue
