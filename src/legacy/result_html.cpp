// SPDX-License-Identifier: MIT
#include "om/legacy/result_html.h"

#include <algorithm>

#include <fmt/core.h>

#include "om/base/text.h"
#include "om/base/utf8.h"

namespace om::legacy {
namespace {

constexpr std::string_view kOk =
    "<font color='#eeeeee'>运行状态</font> <font color='#006699'><b>成功</b></font>";
constexpr std::string_view kBad =
    "<font color='#eeeeee'>运行状态</font> <font color='red'><b>失败</b></font>";
constexpr std::string_view kBar =
    "<table width='100%' height='15'><tbody><tr><td background='/static/images/B24.gif'></td></tr>"
    "</tbody></table><br>";
constexpr std::string_view kBreak = "<br>";

/// What a host printed, fit for innerHTML: no terminal control, no markup, lines with <br>.
std::string shown(std::string_view output) {
  std::string out = utf8::decode_lossy(output);
  std::erase_if(out, [](char c) {
    const auto value = static_cast<unsigned char>(c);
    return (value < 0x20 && c != '\n' && c != '\t') || value == 0x7f;
  });
  return text::replace_all(text::escape_html(out), "\n", kBreak);
}

std::string upper_ascii(std::string s) {
  std::transform(s.begin(), s.end(), s.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return s;
}

std::string head(std::string_view address) {
  return fmt::format("<font color='#eeeeee'>主机：</font><font color=#ffffff><b>{}</b></font><br>",
                     text::escape_html(address));
}

/// Adds `text` on a line of its own.
void add_line(std::string& html, const std::string& text) {
  if (text.empty()) return;
  if (!html.empty() && !html.ends_with(kBreak)) html += kBreak;
  html += text;
}

/// What is shown of a target that is not ok: what it printed, then why.
std::string account(const TargetResult& target) {
  std::string html = shown(target.output);
  add_line(html, shown(target.error_output));
  std::string why(outcome_name(target.outcome));
  if (!target.reason.empty()) why += ": " + target.reason;
  add_line(html, shown(why));
  return html;
}

std::string as_func(const TargetResult& target) {
  const bool ok = target.outcome == Outcome::ok;
  // The original looked addresses up in upper case, and showed what it found.
  std::string html = head(upper_ascii(target.address));
  html += ok ? kOk : kBad;
  html += kBreak;
  html += ok ? shown(target.output) : account(target);
  html += kBreak;
  html += kBar;
  return html;
}

std::string as_ansible(const TargetResult& target) {
  std::string html = head(target.address);
  if (target.outcome == Outcome::ok) {
    html += kOk;
    html += kBreak;
    html += shown(target.output);
    html += "<br><br>";
    html += kBar;
  } else {
    html += kBad;
    html += kBreak;
    html += account(target);
    html += kBreak;
  }
  return html;
}

/// Ansible's answer has the good first, then the failed, then those it never reached.
int ansible_place(Outcome outcome) {
  if (outcome == Outcome::ok) return 0;
  return outcome == Outcome::unreachable ? 2 : 1;
}

}  // namespace

std::string result_html(const std::vector<TargetResult>& targets) {
  std::string html;
  std::vector<const TargetResult*> by_ansible;
  for (const TargetResult& target : targets) {
    if (target.platform == Platform::ansible) {
      by_ansible.push_back(&target);
    } else {
      html += as_func(target);
    }
  }
  std::stable_sort(by_ansible.begin(), by_ansible.end(),
                   [](const TargetResult* a, const TargetResult* b) {
                     return ansible_place(a->outcome) < ansible_place(b->outcome);
                   });
  for (const TargetResult* target : by_ansible) html += as_ansible(*target);
  return html;
}

std::string still_running_html(RunId run, std::size_t targets) {
  return fmt::format(
      "<font color='#eeeeee'>还有 {} 台主机正在运行：</font><a href='/runs/{}'>/runs/{}</a><br>",
      targets, run.value, run.value);
}

}  // namespace om::legacy
