// SPDX-License-Identifier: MIT
#include "backend/delivery_line.h"

#include <fmt/core.h>

#include "backend/bootstrap.h"

namespace om::backend {
namespace {

// In: n nonce, k KiB needed, z bytes, h sum. The sums of all three tools begin the line.
constexpr std::string_view kReceive =
    R"(umask 077;d=;)"
    R"(no(){ [ -z "$d" ]||rm -rf "$d";printf '%s:F:refused %s\n' $n "$1";exit 1;};)"
    R"(for t in "${TMPDIR:-/tmp}" /tmp "${HOME:-/}";do )"
    R"(case $t in *"$L"*)continue;;/*);;*)continue;;esac;[ -d "$t" ]&&[ -w "$t" ]||continue;)"
    R"(set -- $(df -Pk "$t" 2>/dev/null|tail -n 1);)"
    R"(case $4 in ''|*[!0-9]*);;*)[ $4 -ge $k ]||continue;;esac;)"
    R"(d=$t/omserver.$n;mkdir "$d" 2>/dev/null&&break;d=;done;)"
    R"([ -n "$d" ]||no place;cat >"$d/file" 2>/dev/null||no write;)"
    R"(s=$(wc -c <"$d/file");[ $((s)) = $z ]||no size;x=;)"
    R"(if command -v sha256sum >/dev/null 2>&1;then x=$(sha256sum <"$d/file");)"
    R"(elif command -v shasum >/dev/null 2>&1;then x=$(shasum -a 256 <"$d/file");)"
    R"(elif command -v openssl >/dev/null 2>&1;then x=$(openssl dgst -sha256 -r <"$d/file");fi;)"
    R"(case ${x%% *} in ''|$h);;*)no sum;;esac;printf '%s:F:at %s\n' $n "$d")";

std::string refusal_text(std::string_view why) {
  if (why == "place") return "no folder with room for it: looked in TMPDIR, /tmp and the home";
  if (why == "write") return "it could not be written there (quota, or the disk is full?)";
  if (why == "size") return "only a part of it arrived; try again";
  if (why == "sum") return "its checksum there is another one; try again";
  return "the host's answer makes no sense";
}

}  // namespace

std::string delivery_line(const std::string& nonce, const DeliveredFile& file) {
  return fmt::format("{}n={};k={};z={};h={};{}\n", kNewlineVariable, nonce,
                     file.size_bytes / 1024 + 64, file.size_bytes, file.sha256_hex, kReceive);
}

Result<FileOnHost> read_delivery_answer(const std::string& nonce, const DeliveredFile& file,
                                        std::string_view answer) {
  constexpr std::string_view at = "at ";
  constexpr std::string_view refused = "refused ";
  if (answer.starts_with(at)) {
    const std::string_view folder = answer.substr(at.size());
    if (folder.starts_with('/') && folder.ends_with("/omserver." + nonce) &&
        folder.find('\0') == std::string_view::npos) {
      return FileOnHost{std::string(folder) + "/file", file.name, file.sha256_hex};
    }
  }
  const std::string_view why =
      answer.starts_with(refused) ? answer.substr(refused.size()) : std::string_view();
  return fail(Errc::io, "backend.file_refused",
              fmt::format("the file {} did not reach the host: {}", file.name, refusal_text(why)));
}

std::string removal_line(const std::string& nonce) {
  return fmt::format(
      R"(n={};for t in "${{TMPDIR:-/tmp}}" /tmp "${{HOME:-/}}";do rm -rf "$t/omserver.$n";done)"
      "\n",
      nonce);
}

}  // namespace om::backend
