// SPDX-License-Identifier: MIT
//
// Values that break careless quoting: handmade ones, then random bytes 1 to 255. The same ones in
// every run of the tests.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace om::backend {

inline std::vector<std::string> nasty_strings(std::size_t count) {
  std::vector<std::string> values = {
      "",
      " ",
      "\n",
      "\n\n",
      "a\n",
      "\na",
      "'",
      "''",
      "'\"'\"'",
      "\"",
      "\\",
      "\\\\",
      "\\n",
      "\\'",
      "$(id)",
      "`id`",
      "${HOME}",
      "$L",
      "'\"$L\"'",
      "'\n'",
      "!!",
      "!1",
      "a!b",
      "*",
      "~",
      "~root",
      "-n",
      "--",
      "-e",
      "%s%d%n",
      "a;b",
      "a&b",
      "a|b",
      "a>b",
      "#",
      "a #b",
      "{a,b}",
      "[a-z]",
      "\t",
      "\r",
      "a\r\nb",
      "\x1b[31m",
      "\x7f",
      "\x80",
      "\x81\x82\x88",  // dash's own marks inside words
      "\xff\xfe",
      "\xc3\x28",
      "\xe4\xb8\xad\xe6\x96\x87",
      "\xed\xa0\x80",
      "om",
      "exit 0",
      "sys_param_1",
      "=",
      "a=b",
      std::string(3000, '\''),
      std::string(3000, '\n'),
      std::string(3000, '\\'),
  };
  std::string all_bytes;
  for (int byte = 1; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  values.push_back(all_bytes);
  std::mt19937 random(20261122);
  constexpr std::string_view spice = "'\"\\\n$`!&|;<>(){}[]*?~# \t%-=";
  while (values.size() < count) {
    std::string value;
    for (std::size_t n = random() % 120; n > 0; --n) {
      const auto dice = random();
      value += dice % 2 == 0 ? spice[(dice >> 8) % spice.size()]
                             : static_cast<char>(1 + (dice >> 8) % 255);
    }
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace om::backend
