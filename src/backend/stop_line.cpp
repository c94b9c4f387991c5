// SPDX-License-Identifier: MIT
#include "backend/stop_line.h"

#include <fmt/core.h>

#include "om/base/check.h"
#include "om/base/text.h"

namespace om::backend {
namespace {

// In: n nonce, g group, m tenths of a second of grace. at() sets p to a process's group and a to 1
// if it lives; alive() counts into c. A process's name may hold anything, newlines and brackets
// too: what counts comes after the last bracket. "kill -TERM -GROUP" is the one form that dash,
// bash, busybox and mksh all understand. now() sets t to the host's clock in hundredths of a
// second: a busy host takes longer to look through /proc than it naps, so counting naps would
// stretch the grace past the time that we wait for the answer.
constexpr std::string_view kStop =
    R"(exec 2>/dev/null;)"
    R"(at(){ l=;while IFS= read -r x;do l=$l$x;done <$1;p=;a=;set -- ${l##*) };)"
    R"(case $1 in ''|Z|X);;*)p=$3;a=1;;esac;};)"
    R"(alive(){ c=0;for f in /proc/[0-9]*/stat;do at $f;[ "$a$p" != 1$g ]||c=$((c+1));done;};)"
    R"(nap(){ sleep 0.1||{ sleep 1;i=$((i+9));};i=$((i+1));};i=0;)"
    R"(now(){ if IFS=' .' read -r t h x </proc/uptime;then t=$((t*100+1$h-100));else t=$((i*10));fi;};)"
    R"(until_gone(){ now;e=$((t+$1));while alive;[ $c -gt 0 ]&&[ $t -lt $e ];do nap;now;done;};)"
    R"(if [ ! -r /proc/self/stat ];then w=?;c=?;o=?;)"
    R"(kill -TERM -$g;while [ $i -lt $m ]&&kill -0 -$g;do nap;done;kill -KILL -$g;)"
    R"(else alive;w=$c;kill -TERM -$g;kill -CONT -$g;)"
    R"(until_gone $((m*10));[ $c = 0 ]||{ kill -KILL -$g;until_gone 200;};)"
    R"(o=;k=0;for f in $(grep -l OM_EXEC=$n /proc/[0-9]*/environ);do q=${f#/proc/};q=${q%/*};)"
    R"(at /proc/$q/stat;[ -n "$a" ]&&[ "$p" != $g ]&&[ $k -lt 20 ]&&o=$o,$q&&k=$((k+1));done;)"
    R"(o=${o#,};fi;printf '%s:K:was %s;left %s;outside %s\n' $n "$w" "$c" "${o:--}")";

}  // namespace

std::string stop_line(const std::string& nonce, std::int64_t process_group, Duration grace) {
  OM_CHECK(process_group > 1);
  return fmt::format("n={};g={};m={};{}\n", nonce, process_group, whole_ms(grace) / 100, kStop);
}

std::optional<StopAnswer> read_stop_answer(std::string_view answer) {
  StopAnswer result;
  const std::vector<std::string_view> fields = text::split(answer, ';');
  if (fields.size() != 3) return std::nullopt;
  const auto value_of = [](std::string_view field,
                           std::string_view name) -> std::optional<std::string_view> {
    if (!field.starts_with(name) || field.size() <= name.size()) return std::nullopt;
    return field.substr(name.size());
  };
  const auto was = value_of(fields[0], "was ");
  const auto left = value_of(fields[1], "left ");
  const auto outside = value_of(fields[2], "outside ");
  if (!was || !left || !outside) return std::nullopt;
  if (*was == "?" && *left == "?") return result;
  const auto was_count = text::parse_int(*was);
  const auto left_count = text::parse_int(*left);
  if (!was_count || !left_count) return std::nullopt;
  result.was = static_cast<int>(*was_count);
  result.left = static_cast<int>(*left_count);
  if (*outside == "-") return result;
  for (const std::string_view word : text::split(*outside, ',')) {
    const auto pid = text::parse_int(word);
    if (!pid || result.outside.size() == 20) return std::nullopt;
    result.outside.push_back(*pid);
  }
  return result;
}

}  // namespace om::backend
