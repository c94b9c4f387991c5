// SPDX-License-Identifier: MIT
#include "catalogue/script_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::catalogue {
namespace {

using testing::HasSubstr;

ScriptHead head(std::string_view bytes, std::string_view extension = "sh") {
  Result<ScriptHead> parsed = parse_script_head(bytes, extension);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : ScriptHead{};
}

std::string refused(std::string_view bytes, std::string_view extension = "sh") {
  const Result<ScriptHead> parsed = parse_script_head(bytes, extension);
  EXPECT_FALSE(parsed);
  return parsed ? std::string() : parsed.error().message;
}

TEST(ScriptHeadTest, InterpreterAndOneArgumentAsTheKernelReadsThem) {
  EXPECT_EQ(head("#!/bin/sh\n").interpreter, "/bin/sh");
  EXPECT_EQ(head("#!/bin/sh\n").argument, "");
  EXPECT_EQ(head("#! /usr/bin/env   python3 -u \nx").interpreter, "/usr/bin/env");
  EXPECT_EQ(head("#! /usr/bin/env   python3 -u \nx").argument, "python3 -u");
  EXPECT_EQ(head("#!/bin/sh\necho").first_line_bytes, 10U);
  EXPECT_EQ(head("#!/bin/sh").first_line_bytes, 9U);
}

TEST(ScriptHeadTest, OnlyShellScriptsMayDoWithoutALine) {
  EXPECT_EQ(head("echo hi\n").interpreter, "/bin/sh");
  EXPECT_EQ(head("echo hi\n").first_line_bytes, 0U);
  EXPECT_THAT(refused("print(1)\n", "py"), HasSubstr("no #! line"));
}

TEST(ScriptHeadTest, WhatCannotRunIsNamed) {
  EXPECT_THAT(refused(""), HasSubstr("empty"));
  EXPECT_THAT(refused(" \n\t\n"), HasSubstr("empty"));
  EXPECT_THAT(refused("#!/bin/sh\r\necho\r\n"), HasSubstr("CR LF"));
  EXPECT_THAT(refused("\xef\xbb\xbf#!/bin/sh\n"), HasSubstr("byte order mark"));
  EXPECT_THAT(refused(std::string_view("#!/bin/sh\n\0", 11)), HasSubstr("NUL"));
  EXPECT_THAT(refused("#!sh\n"), HasSubstr("absolute path"));
  EXPECT_THAT(refused("#!\n"), HasSubstr("absolute path"));
  EXPECT_THAT(refused("#!/bin/sh\x01\n"), HasSubstr("control characters"));
  EXPECT_THAT(refused("#!/" + std::string(300, 'x') + "\n"), HasSubstr("255"));
}

TEST(ScriptHeadTest, OmFileIsReadFromTheHeadOnly) {
  EXPECT_EQ(head("#!/bin/sh\n# SPDX\n\n#om-file: sys_param_2\necho\n").om_file, 2);
  EXPECT_EQ(head("#!/bin/sh\necho\n# om-file: sys_param_1\n").om_file, 0);
  EXPECT_EQ(head("#!/bin/sh\n# like om-file: sys_param_1\n").om_file, 0);
  EXPECT_THAT(refused("#!/bin/sh\n# om-file: nginx\n"), HasSubstr("must name a parameter"));
  EXPECT_THAT(refused("#!/bin/sh\n# om-file: sys_param_0\n"), HasSubstr("must name a parameter"));
}

}  // namespace
}  // namespace om::catalogue
