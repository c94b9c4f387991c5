// SPDX-License-Identifier: MIT
#include "om/base/quote.h"

#include <cstdio>

#include <gtest/gtest.h>

#include "om/base/crypto.h"

namespace om::quote {
namespace {

std::string shell_prints(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.append(buffer, n);
  ::pclose(pipe);
  return output;
}

TEST(QuoteTest, PlainWordsStayReadable) {
  EXPECT_EQ(shell_word("web1.example:22"), "web1.example:22");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_command({"echo", "a b", "$(id)"}), "echo 'a b' '$(id)'");
}

TEST(QuoteTest, ARealShellGivesTheSameBytesBack) {
  std::string every_byte;
  for (int c = 1; c < 256; ++c) every_byte += static_cast<char>(c);
  for (const std::string& value :
       {every_byte, std::string("$(id)`id`${HOME}"), std::string("-n"), std::string("~"),
        std::string("a\n\nb\n"), std::string("'; rm -rf x; '"), std::string("*")}) {
    EXPECT_EQ(shell_prints("printf %s " + shell_word(value) + "; printf x"), value + "x");
  }
  for (int round = 0; round < 20; ++round) {
    std::string value = crypto::random_bytes(64);
    std::erase(value, '\0');
    EXPECT_EQ(shell_prints("printf %s " + shell_word(value)), value);
  }
}

}  // namespace
}  // namespace om::quote
