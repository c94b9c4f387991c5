// SPDX-License-Identifier: MIT
#include "backend/carrier.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/bootstrap.h"
#include "backend/conversation.h"
#include "backend/nasty_strings.h"
#include "backend/stand_in_shell.h"

namespace om::backend {
namespace {

using testing::HasSubstr;
using testing::Not;

Carried carried(std::string script, std::vector<std::string> values = {}) {
  Carried result;
  result.nonce = new_nonce();
  Script text;
  text.bytes = std::move(script);
  result.script = std::make_shared<const Script>(std::move(text));
  int number = 0;
  for (std::string& value : values) {
    result.parameters.push_back(
        {"sys_param_" + std::to_string(++number), Secret(std::move(value)), false});
  }
  return result;
}

TEST(BootstrapTest, ExecStringsAreConstantsAndHex) {
  EXPECT_EQ(exec_string({"00ff", ""}),
            R"(exec /bin/sh -c 'LC_ALL=C;IFS= read -r w&&eval "$w"' om)");
  constexpr std::string_view before =
      R"(exec /bin/sh -c 'printf "00ff:S\n" >&2;LC_ALL=C;export LC_ALL;exec "$@"' om )";
  constexpr std::string_view shell =
      R"(/bin/sh -c 'printf "00ff:R\n" >&2;LC_ALL=C;IFS= read -r w&&eval "$w"' om)";
  EXPECT_EQ(exec_string({"00ff", "web"}),
            std::string(before) + "sudo -S -H -p 00ff:P -u web -- " + std::string(shell));
  EXPECT_EQ(exec_string({"00ff", "svc$", BecomeMethod::doas}),
            std::string(before) + "doas -n -u 'svc$' " + std::string(shell));
  EXPECT_EQ(exec_string({"00ff", "web", BecomeMethod::doas, true}).find("-n"), std::string::npos)
      << "on a terminal it may ask";
  EXPECT_EQ(
      exec_string({"00ff", "web", BecomeMethod::su}),
      std::string(before) + R"(su web -c 'exec )" +
          R"(/bin/sh -c '\''printf "00ff:R\n" >&2;LC_ALL=C;IFS= read -r w&&eval "$w"'\'' om')");
}

TEST(BootstrapTest, NoncesAre128BitsAndDiffer) {
  EXPECT_EQ(new_nonce().size(), 32U);
  EXPECT_NE(new_nonce(), new_nonce());
}

TEST(BootstrapTest, BecomeTakesUserNamesOnly) {
  for (const char* good : {"", "root", "www-data", "_x", "a.b", "svc$", "user@ad.example", "#0"}) {
    EXPECT_TRUE(check_become(good)) << good;
  }
  for (const char* bad : {"-u", "a b", "a'b", "a;b", "$(id)", "a\nb", "a!b", "a/b", "\xc3\xa9"}) {
    const auto refused = check_become(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().reason, "backend.become_refused");
  }
  EXPECT_FALSE(check_become(std::string(65, 'a')));
}

TEST(CarrierLineTest, IsOneLineAndHoldsNoSecretAsArgument) {
  Carried plan = carried("#!/bin/sh\n", {"a\nb"});
  plan.parameters.push_back({"sys_param_2", Secret("hunter2"), true});
  const std::string line = carrier_line(plan);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_THAT(line, HasSubstr(R"(set -- '/bin/sh' /dev/fd/3 'a'"$L"'b' '';)"));
  EXPECT_EQ(line.find("hunter2"), line.rfind("hunter2"));
  EXPECT_THAT(line, HasSubstr("SYS_PARAM_2='hunter2';export SYS_PARAM_2;"));
}

TEST(CarrierLineTest, WhatCannotArriveIsRefusedByNameWithoutItsValue) {
  const auto refusal = [](std::string name, std::string value) {
    const std::vector<ScriptParameter> parameters = {
        {std::move(name), Secret(std::move(value)), true}};
    const auto result = check_parameters(parameters);
    return result ? std::string() : result.error().reason + ": " + result.error().message;
  };
  EXPECT_EQ(refusal("sys_param_1", std::string(kMaxParameterBytes, 'x')), "");
  const std::string with_nul("hunter\0two", 10);
  EXPECT_THAT(refusal("sys_param_1", with_nul), HasSubstr("sys_param_1: a NUL"));
  EXPECT_THAT(refusal("sys_param_1", with_nul), Not(HasSubstr("hunter")));
  EXPECT_THAT(refusal("sys_param_1", std::string(kMaxParameterBytes + 1, 'x')),
              HasSubstr("backend.parameter_refused: sys_param_1"));
  for (const char* name : {"", "a-b", "1a", "a b", "a=b", "a;b"}) {
    EXPECT_THAT(refusal(name, "x"), HasSubstr("no variable name")) << name;
  }
  std::vector<ScriptParameter> many;
  for (int i = 0; i < 8; ++i) {
    many.push_back({"sys_param_" + std::to_string(i), Secret(std::string(125'000, 'x')), false});
  }
  EXPECT_FALSE(check_parameters(many));
}

/// Every test with each shell that hosts have as /bin/sh.
class CarrierTest : public testing::TestWithParam<std::string> {
 protected:
  struct Result {
    Conversation conversation;
    std::string out;
    std::string err;
  };
  Result run(const Carried& plan,
             const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    const ShellRun ran = shell_.run(carrier_line(plan), plan.script->bytes, environment);
    Result result{Conversation(plan.nonce), {}, {}};
    result.out = result.conversation.feed(Stream::out, ran.out);
    result.err = result.conversation.feed(Stream::err, ran.err);
    EXPECT_TRUE(result.conversation.complete()) << ran.out << ran.err;
    const auto* exited = std::get_if<process::Exited>(&ran.exit);
    EXPECT_TRUE(exited != nullptr && exited->code == result.conversation.status());
    return result;
  }
  StandInShell shell_{GetParam()};
};

TEST_P(CarrierTest, StreamsAreApartAndTheStatusArrives) {
  for (const int status : {0, 1, 3, 255}) {
    const Result result =
        run(carried("printf out; printf err >&2; exit " + std::to_string(status)));
    EXPECT_EQ(result.out, "out");
    EXPECT_EQ(result.err, "err");
    EXPECT_EQ(result.conversation.status(), status);
  }
}

TEST_P(CarrierTest, KilledScriptHasTheSignalsStatus) {
  EXPECT_EQ(run(carried("kill -KILL $$")).conversation.status(), 137);
  EXPECT_EQ(run(carried("kill -TERM $$")).conversation.status(), 143);
}

TEST_P(CarrierTest, NastyParametersArriveByteForByteInBothForms) {
  const std::vector<std::string> values = nasty_strings(1000);
  for (std::size_t at = 0; at < values.size(); at += 100) {
    const std::vector<std::string> some(values.begin() + static_cast<std::ptrdiff_t>(at),
                                        values.begin() + static_cast<std::ptrdiff_t>(at + 100));
    const Result result = run(carried("printf '%s\\000' \"$@\"; env -0 >&2", some));
    std::string expected;
    for (const std::string& value : some) expected += value + '\0';
    ASSERT_TRUE(result.out == expected) << "positional, from " << at;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const std::string variable =
          '\0' + ("SYS_PARAM_" + std::to_string(i + 1) + "=") + some[i] + '\0';
      ASSERT_NE(('\0' + result.err).find(variable), std::string::npos) << at + i;
    }
  }
}

TEST_P(CarrierTest, HundredKilobytesInOneParameter) {
  std::string value;
  while (value.size() < 100'000) value += "it's\n";
  const Result result = run(carried("printf %s \"$1\"; printf %s \"$SYS_PARAM_1\" >&2", {value}));
  EXPECT_TRUE(result.out == value);
  EXPECT_TRUE(result.err == value);
}

TEST_P(CarrierTest, SecretIsInItsVariableOnly) {
  Carried plan = carried("echo \"[$1] $SYS_PARAM_1\"; cat /proc/$PPID/environ /proc/$PPID/cmdline");
  plan.parameters.push_back({"sys_param_1", Secret("hunter2"), true});
  const Result result = run(plan);
  EXPECT_EQ(result.out.substr(0, 11), "[] hunter2\n");
  EXPECT_EQ(result.out.find("hunter2"), result.out.rfind("hunter2"));
}

TEST_P(CarrierTest, ScriptOwnsAnEmptyInputAndLeadsTheMarkedGroup) {
  const Result result = run(carried("cat; read a b c d group rest </proc/$$/stat; echo $group $$"));
  const std::string group = std::to_string(result.conversation.process_group());
  EXPECT_EQ(result.out, group + " " + group + "\n");
}

TEST_P(CarrierTest, SurroundingsAreThoseOfTheDesign) {
  const Carried plan = carried("echo $OM_EXEC $LC_ALL; pwd; echo $PATH");
  const Result result = run(plan, {{"HOME", "/usr/lib"}, {"PATH", "/bin"}});
  EXPECT_EQ(result.out, plan.nonce + " C\n/usr/lib\n/bin:/usr/local/sbin:/usr/sbin:/sbin\n");
  EXPECT_THAT(run(plan, {{"HOME", "/no/such/home"}}).out, HasSubstr(" C\n/\n"));
}

TEST_P(CarrierTest, OtherInterpretersRunTheirScripts) {
  Carried python = carried("#!/usr/bin/env python3\nimport sys\nprint(sys.argv[1:])\nsys.exit(7)\n",
                           {"a'b", "\n"});
  Script script = *python.script;
  script.interpreter = "/usr/bin/env";
  script.argument = "python3";
  python.script = std::make_shared<const Script>(script);
  const Result from_python = run(python);
  EXPECT_EQ(from_python.out, "[\"a'b\", '\\n']\n");
  EXPECT_EQ(from_python.conversation.status(), 7);

  Carried perl = carried("#!/usr/bin/perl -w\nprint \"$ARGV[0]|$^W\\n\"; exit 9;\n", {"x y"});
  script = *perl.script;
  script.interpreter = "/usr/bin/perl";
  script.argument = "-w";
  perl.script = std::make_shared<const Script>(script);
  const Result from_perl = run(perl);
  EXPECT_EQ(from_perl.out, "x y|1\n");
  EXPECT_EQ(from_perl.conversation.status(), 9);
}

TEST_P(CarrierTest, MissingInterpreterIsSaidOnTheErrorStream) {
  Carried plan = carried("print 1\n");
  Script script = *plan.script;
  script.interpreter = "/no/such/interpreter";
  plan.script = std::make_shared<const Script>(script);
  const Result result = run(plan);
  EXPECT_EQ(result.conversation.status(), 127);
  EXPECT_THAT(result.err, HasSubstr("/no/such/interpreter"));
}

TEST_P(CarrierTest, LargeScriptIsReadToItsEnd) {
  std::string script;
  for (int i = 0; i < 30'000; ++i) script += "# a line that says nothing\n";
  script += "echo the end\n";
  EXPECT_EQ(run(carried(script)).out, "the end\n");
}

TEST_P(CarrierTest, ScriptThatDoesNotReadItselfToTheEndStopsThere) {
  EXPECT_EQ(run(carried("echo first; exit 5\n" + std::string(500'000, '#'))).conversation.status(),
            5);
}

TEST_P(CarrierTest, DeliveredFileIsExportedAndGoneBeforeTheEndMark) {
  const peers::TemporaryFolder folder;
  const std::string path = folder.file("it's\na folder") + "/file";
  peers::run_program({"mkdir", folder.file("it's\na folder")});
  peers::write_file(path, "content");
  Carried plan = carried("cat \"$OM_FILE\"; echo \"|$OM_FILE_NAME|$OM_FILE_SHA256\"");
  plan.file = std::make_unique<FileOnHost>(FileOnHost{path, "a 'name'.tgz", "abcd"});
  EXPECT_EQ(run(plan).out, "content|a 'name'.tgz|abcd\n");
  EXPECT_EQ(peers::run_program({"ls", folder.path()}).output, "");
}

INSTANTIATE_TEST_SUITE_P(Shells, CarrierTest, testing::ValuesIn(shells_seen_as_bin_sh()),
                         [](const auto& shell) { return base_name(shell.param); });

}  // namespace
}  // namespace om::backend
