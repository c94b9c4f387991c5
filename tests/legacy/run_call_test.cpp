// SPDX-License-Identifier: MIT
#include "om/legacy/run_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::legacy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RunCallTest, HostsAreAddressAndName) {
  EXPECT_THAT(parse_hosts("192.168.1.10*sn2012-07-010,192.168.1.20*sn2013-08-020"),
              ElementsAre(HostChoice{"192.168.1.10", "sn2012-07-010"},
                          HostChoice{"192.168.1.20", "sn2013-08-020"}));
  EXPECT_THAT(parse_hosts("10.0.0.1"), ElementsAre(HostChoice{"10.0.0.1", ""}));
  EXPECT_THAT(parse_hosts(" a*b ,,c*d*e,"),
              ElementsAre(HostChoice{"a", "b"}, HostChoice{"c", "d*e"}));
  EXPECT_THAT(parse_hosts(""), IsEmpty());
}

TEST(RunCallTest, EightHundredHostsAreRead) {
  std::string hosts;
  for (int i = 0; i < 800; ++i) {
    hosts += "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + "*web-" +
             std::to_string(i) + ",";
  }
  const auto choices = parse_hosts(hosts);
  ASSERT_EQ(choices.size(), 800U);
  EXPECT_EQ(choices.back(), (HostChoice{"10.0.3.31", "web-799"}));
}

TEST(RunCallTest, ParametersComeByNumberWithoutGaps) {
  const RunCall call = parse_run_call({{"sys_param_10", "ten"},
                                       {"ModuleID", "1001"},
                                       {"sys_param_2", ""},
                                       {"hosts", "a*b"},
                                       {"sys_param_0", "no"},
                                       {"sys_param_x", "no"},
                                       {"sys_param_2", "again"}});
  EXPECT_EQ(call.module, ModuleId{1001});
  EXPECT_THAT(call.hosts, ElementsAre(HostChoice{"a", "b"}));
  EXPECT_THAT(call.parameters, ElementsAre("", "ten"));
}

TEST(RunCallTest, AModuleThatIsNoNumberIsNone) {
  EXPECT_FALSE(parse_run_call({{"ModuleID", "10o1"}}).module);
  EXPECT_FALSE(parse_run_call({{"hosts", "a*b"}}).module);
}

}  // namespace
}  // namespace om::legacy
