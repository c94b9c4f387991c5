// SPDX-License-Identifier: MIT
#include "backend/copy_line.h"

#include <algorithm>

#include <fmt/core.h>

#include "backend/bootstrap.h"
#include "backend/verdict.h"

#include "om/base/check.h"
#include "om/base/text.h"

namespace om::backend {
namespace {

// In: n nonce, k key, p destination, m mode or empty, o owner or empty; t, once known, is the
// temporary name, g a folder that was made.
//
// ck sets x to a file's SHA-256. look sets u to a file's owner and e to its permissions, in words
// for chmod. dress gives the received file $1 the attributes that $2 had, or $3 where it is new.
// same tells whether what is there got other attributes. pick takes over what an earlier try has
// left, if it is ours ($1: -f or -d) and nobody writes to it any more.
constexpr std::string_view kCommon =
    R"sh(PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin;LC_ALL=C;export PATH LC_ALL;umask 022;t=;g=;)sh"
    R"sh(say(){ printf '%s:%s\n' $n "$1";};)sh"
    R"sh(no(){ [ -z "$t" ]||rmdir "$t" 2>/dev/null;[ -z "$g" ]||rmdir "$g" 2>/dev/null;)sh"
    R"sh(say "X:$1 $(printf %s "$2"|tr '\n' ' '|cut -b 1-2000)";exit 1;};)sh"
    R"sh(if command -v sha256sum >/dev/null 2>&1;then hs(){ sha256sum <"$1";};)sh"
    R"sh(elif command -v shasum >/dev/null 2>&1;then hs(){ shasum -a 256 <"$1";};)sh"
    R"sh(elif command -v openssl >/dev/null 2>&1;then hs(){ openssl dgst -sha256 -r <"$1";};)sh"
    R"sh(else no sha256;fi;)sh"
    R"sh(ck(){ x=$(hs "$1" 2>/dev/null);x=${x%% *};};)sh"
    R"sh(bits(){ y=;case $1 in r*)y=r;;esac;case $1 in ?w*)y=${y}w;;esac;)sh"
    R"sh(case $1 in ??[xst]*)y=${y}x;;esac;};)sh"
    R"sh(look(){ set -f;set -- $(ls -ldn "$1" 2>/dev/null);set +f;u=$3:$4;w=${1#?};bits "$w";e=u=$y;)sh"
    R"sh(w=${w#???};bits "$w";e=$e,g=$y;w=${w#???};bits "$w";e=$e,o=$y;};)sh"
    R"sh(own(){ [ -z "$o" ]||v=$(chown -h "$o" "$1" 2>&1)||no owner "$v";};)sh"
    R"sh(dress(){ if [ -f "$2" ]&&[ ! -L "$2" ];then look "$2";e=${m:-$e};)sh"
    R"sh([ -n "$o" ]||chown "$u" "$1" 2>/dev/null;else e=${m:-$3};fi;own "$1";)sh"
    R"sh(v=$(chmod "$e" "$1" 2>&1)||no mode "$v";};)sh"
    R"sh(same(){ [ -n "$m$o" ]||return 0;v=$(ls -ldn "$1");own "$1";)sh"
    R"sh([ -z "$m" ]||a=$(chmod $m "$1" 2>&1)||no mode "$a";[ "$v" = "$(ls -ldn "$1")" ];};)sh"
    R"sh(room(){ set -- $1 $(df -Pk "$2" 2>/dev/null|tail -n 1);)sh"
    R"sh(case $5 in ''|*[!0-9]*);;*)[ $5 -ge $1 ]||no room "$5";;esac;};)sh"
    R"sh(pick(){ r=;for f in "$2"/.omserver-$k.*.part;do [ $1 "$f" ]&&[ ! -L "$f" ]&&[ -O "$f" ]||)sh"
    R"sh(continue;q=${f%.part};q=${q##*.};case $q in ''|*[!0-9]*)continue;;esac;)sh"
    R"sh([ $q = $$ ]||if kill -0 $q 2>/dev/null;then continue;fi;)sh"
    R"sh(if [ -z "$r" ]&&{ [ "$f" = "$t" ]||mv "$f" "$t" 2>/dev/null;};then r=1;else rm -rf "$f";fi;)sh"
    R"sh(done;};)sh"
    R"sh(case $p in '~/'*)[ -n "$HOME" ]||no home;p=${HOME%/}/${p#??};;esac;)sh";

// In: h sum, z size, b the source's name, s mode of a new file. r: bytes that are there already.
constexpr std::string_view kReceiveFile =
    R"sh([ ! -d "$p" ]||p=${p%/}/$b;[ ! -d "$p" ]||no folder;case $p in */)no parent;;esac;)sh"
    R"sh(d=${p%/*};d=${d:-/};[ -d "$d" ]||no parent;)sh"
    R"sh(if [ ! -L "$p" ];then if [ -f "$p" ];then v=$(wc -c <"$p");if [ $((v)) = $z ];then ck "$p";)sh"
    R"sh(if [ "$x" = $h ];then if same "$p";then say S:;else say C:;fi;exit 0;fi;fi;)sh"
    R"sh(elif [ -e "$p" ];then no special;fi;fi;)sh"
    R"sh(t=$d/.omserver-$k.$$.part;pick -f "$d";if [ -n "$r" ];then r=$(wc -c <"$t");r=$((r));)sh"
    R"sh(if [ $r -gt 0 ]&&[ $r -le $z ];then ck "$t";say "P:$r $x";IFS= read -r a||exit 1;)sh"
    R"sh([ "$a" = y ]||r=0;else r=0;fi;[ $r != 0 ]||rm -f "$t";fi;r=$((r));)sh"
    R"sh(if [ ! -f "$t" ];then v=$( (umask 077;set -C;:>"$t") 2>&1)||no write "$v";fi;)sh"
    R"sh(drop(){ [ $r != 0 ]||rm -f "$t";};)sh"
    R"sh([ -z "$o" ]||{ v=$( { (umask 077;set -C;:>"$t.try")&&chown "$o" "$t.try";} 2>&1);y=$?;)sh"
    R"sh(rm -f "$t.try";[ $y = 0 ]||{ drop;no owner "$v";};};)sh"
    R"sh((room $(((z-r)/1024+64)) "$d")||{ drop;exit 1;};say G:$r;)sh"
    R"sh(v=$(cat 2>&1 >>"$t");[ $? = 0 ]||{ rm -f "$t";no write "$v";};)sh"
    R"sh(r=$(wc -c <"$t");[ $((r)) = $z ]||no short $((r));)sh"
    R"sh(ck "$t";[ "$x" = $h ]||{ rm -f "$t";no sum;};)sh"
    R"sh(dd if=/dev/null of="$t" conv=notrunc,fsync 2>/dev/null;dress "$t" "$p" $s;)sh"
    R"sh(say V:||exit 1;v=$(mv -f "$t" "$p" 2>&1)||no write "$v";say C:)sh";

// In: all, a function that calls d, f and l for each member. They mean three things in turn: look,
// verify, put in place. c: something has changed.
constexpr std::string_view kReceiveFolder =
    R"sh(while :;do case $p in */)p=${p%/};;*)break;;esac;done;)sh"
    R"sh(if [ ! -d "$p/" ];then if [ -e "$p" ]||[ -L "$p" ];then no file;fi;)sh"
    R"sh(d=${p%/*};[ -d "$d/" ]||no parent;v=$(mkdir "$p" 2>&1)||no write "$v";g=$p;own "$p";fi;c=$g;)sh"
    R"sh(t=$p/.omserver-$k.$$.part;pick -d "$p";)sh"
    R"sh([ -n "$r" ]||{ v=$( (umask 077;mkdir "$t") 2>&1)||no write "$v";};i=-1;)sh"
    R"sh(d(){ i=$((i+1));q=$p/$2;if [ ! -d "$q" ];then if [ -e "$q" ]||[ -L "$q" ];then no clash $i;)sh"
    R"sh(fi;fi;};)sh"
    R"sh(f(){ i=$((i+1));if [ -d "$p/$3" ]&&[ ! -L "$p/$3" ];then no clash $i;fi;)sh"
    R"sh(for q in "$p/$3" "$t/$3";do if [ -f "$q" ]&&[ ! -L "$q" ];then ck "$q";)sh"
    R"sh([ "$x" != $1 ]||return 0;fi;done;say N:$i;};)sh"
    R"sh(l(){ i=$((i+1));if [ -d "$p/$2" ]&&[ ! -L "$p/$2" ];then no clash $i;fi;)sh"
    R"sh(for q in "$p/$2" "$t/$2";do if [ -L "$q" ]&&[ "$(readlink "$q")" = "$1" ];then return 0;fi;)sh"
    R"sh(done;say N:$i;};)sh"
    R"sh(all;say G:0;IFS= read -r a||exit 1;case $a in t*)room ${a#t} "$t";)sh"
    R"sh(v=$(cd "$t"&&umask 0&&tar -xf - 2>&1)||{ say W:||exit 1;rm -rf "$t";no write "$v";};;esac;)sh"
    R"sh(d(){ :;};l(){ :;};f(){ q=$t/$3;if [ -f "$q" ]&&[ ! -L "$q" ];then ck "$q";)sh"
    R"sh([ "$x" = $1 ]||{ rm -rf "$t";no sum;};fi;};all;)sh"
    R"sh(sync -f "$t" 2>/dev/null;say V:||exit 1;g=;)sh"
    R"sh(put(){ [ ! -L "$2" ]||rm -f "$2";mv -f "$1" "$2" 2>/dev/null||)sh"
    R"sh(v=$(mv -f "$1" "$2" 2>&1)||no write "$v";c=1;};)sh"
    R"sh(d(){ q=$p/$2;[ -d "$q" ]||{ v=$(mkdir "$q" 2>&1)||no write "$v";chmod $1 "$q";own "$q";)sh"
    R"sh(c=1;};};)sh"
    R"sh(f(){ q=$t/$3;if [ -f "$q" ]&&[ ! -L "$q" ];then if [ -n "$o" ]||[ -f "$p/$3" ];)sh"
    R"sh(then dress "$q" "$p/$3" $2;fi;put "$q" "$p/$3";)sh"
    R"sh(elif ! same "$p/$3";then c=1;fi;};)sh"
    R"sh(l(){ q=$t/$2;if [ -L "$q" ];then own "$q";put "$q" "$p/$2";fi;};)sh"
    R"sh(all;rm -rf "$t";if [ -n "$c" ];then say C:;else say S:;fi)sh";

std::string beginning(const std::string& nonce, const CopyOrder& order, const SourceFacts& facts) {
  OM_CHECK(check_copy_order(order).has_value());
  return fmt::format("{}n={};k={};p={};m={};o={};{}", kNewlineVariable, nonce,
                     std::string_view(facts.sha256_hex).substr(0, 16), line_word(order.destination),
                     line_word(order.mode), line_word(order.owner), kCommon);
}

}  // namespace

std::string copy_file_line(const std::string& nonce, const CopyOrder& order,
                           const std::string& source_name, const SourceFacts& facts,
                           std::uint32_t new_mode) {
  return fmt::format("{}h={};z={};b={};s={:o};{}\n", beginning(nonce, order, facts),
                     facts.sha256_hex, facts.size_bytes, line_word(source_name), new_mode,
                     kReceiveFile);
}

std::string copy_folder_line(const std::string& nonce, const CopyOrder& order,
                             const SourceFacts& facts) {
  std::string line = beginning(nonce, order, facts);
  line += "all(){ :;";
  for (const TreeEntry& entry : facts.entries) {
    switch (entry.type) {
      case TreeEntry::Type::folder:
        line += fmt::format("d {:o} {};", entry.mode, line_word(entry.path));
        break;
      case TreeEntry::Type::file:
        line += fmt::format("f {} {:o} {};", entry.sha256_hex, entry.mode, line_word(entry.path));
        break;
      case TreeEntry::Type::symlink:
        line += fmt::format("l {} {};", line_word(entry.link_target), line_word(entry.path));
        break;
    }
  }
  line += "};";
  line += kReceiveFolder;
  line += '\n';
  return line;
}

std::string partial_name(const SourceFacts& facts) {
  return ".omserver-" + facts.sha256_hex.substr(0, 16);
}

Error copy_refusal(std::string_view answer, const CopyOrder& order, const SourceFacts& facts) {
  const std::size_t space = std::min(answer.find(' '), answer.size());
  const std::string_view key = answer.substr(0, space);
  const std::string words = excerpt(answer.substr(space));
  const std::string& where = order.destination;
  const auto because = [&](std::string_view reason, std::string message) {
    return fail(Errc::io, reason, std::move(message));
  };
  if (key == "sha256") {
    return because("copy.no_checksum_tool",
                   "the host has neither sha256sum nor shasum nor openssl: install one of them");
  }
  if (key == "folder") {
    return because("copy.destination", where + " holds a folder of that name: name another place");
  }
  if (key == "file") return because("copy.destination", where + " is there and is no folder");
  if (key == "parent") {
    return because("copy.no_folder",
                   "the folder of " + where + " does not exist there: make it first");
  }
  if (key == "special") {
    return because("copy.destination", where + " is neither a file nor a folder (a device?)");
  }
  if (key == "home") return because("copy.destination", "the user has no home there: name a path");
  if (key == "owner") {
    return because("copy.owner", fmt::format("cannot make {} the owner: {}", order.owner, words));
  }
  if (key == "mode") return because("copy.write", "cannot set the permissions: " + words);
  if (key == "room") {
    return because("copy.no_room", fmt::format("no room for it: {} KiB are free there", words));
  }
  if (key == "short") {
    return because("copy.incomplete",
                   fmt::format("{} of {} bytes arrived; they are kept, and the next copy goes on "
                               "from there",
                               words, facts.size_bytes));
  }
  if (key == "sum") {
    return because("copy.checksum",
                   "what arrived has another checksum, and was removed: try again");
  }
  if (key == "write") {
    return because("copy.write", fmt::format("{} could not be written: {}", where, words));
  }
  if (key == "clash") {
    const auto index = text::parse_int(words);
    const bool known =
        index && *index >= 0 && static_cast<std::size_t>(*index) < facts.entries.size();
    return because(
        "copy.destination",
        fmt::format("{}/{} is a folder on one side and none on the other", where,
                    known ? excerpt(facts.entries[static_cast<std::size_t>(*index)].path) : "?"));
  }
  return because("copy.refused", "the host's answer makes no sense: " + excerpt(answer));
}

std::optional<PartialOnHost> read_partial(std::string_view answer) {
  const std::size_t space = answer.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto bytes = text::parse_int(answer.substr(0, space));
  const std::string_view sum = answer.substr(space + 1);
  if (!bytes || *bytes <= 0 || sum.size() != 64 ||
      sum.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return std::nullopt;
  }
  return PartialOnHost{*bytes, std::string(sum)};
}

}  // namespace om::backend
