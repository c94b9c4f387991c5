// SPDX-License-Identifier: MIT
//
// The lines beside the carrier's own, with each shell that hosts have as /bin/sh: delivery_line,
// removal_line and stop_line.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "backend/answer_line.h"
#include "backend/bootstrap.h"
#include "backend/conversation.h"
#include "backend/delivery_line.h"
#include "backend/stand_in_shell.h"
#include "backend/stop_line.h"

#include "om/base/crypto.h"
#include "om/base/text.h"

namespace om::backend {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

DeliveredFile file_of(const std::string& bytes) {
  DeliveredFile file;
  file.name = "app.tgz";
  file.sha256_hex = crypto::sha256_hex(bytes);
  file.size_bytes = static_cast<std::int64_t>(bytes.size());
  return file;
}

std::optional<std::string> answer_in(const std::string& nonce, char kind, const ShellRun& run) {
  AnswerLine line(nonce, kind);
  line.feed(run.out);
  return line.answer();
}

TEST(DeliveryAnswerTest, OnlyAFolderOfOurNameIsBelieved) {
  const DeliveredFile file = file_of("x");
  const auto good = read_delivery_answer("00ff", file, "at /var/tmp/omserver.00ff");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->path, "/var/tmp/omserver.00ff/file");
  EXPECT_EQ(good->name, "app.tgz");
  EXPECT_EQ(good->sha256_hex, file.sha256_hex);
  for (const char* bad : {"at /", "at /etc", "at omserver.00ff", "at /tmp/omserver.00fe", "at ", "",
                          "/tmp/omserver.00ff", "at /tmp/omserver.00ff/"}) {
    const auto refused = read_delivery_answer("00ff", file, bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().reason, "backend.file_refused");
  }
}

TEST(StopAnswerTest, ReadsWhatItUnderstandsOnly) {
  const auto all = read_stop_answer("was 3;left 1;outside 12,15");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->was, 3);
  EXPECT_EQ(all->left, 1);
  EXPECT_EQ(all->outside, (std::vector<std::int64_t>{12, 15}));
  const auto none = read_stop_answer("was 0;left 0;outside -");
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->outside.empty());
  const auto blind = read_stop_answer("was ?;left ?;outside ?");
  ASSERT_TRUE(blind);
  EXPECT_FALSE(blind->left);
  for (const char* bad :
       {"", "was 1", "was 1;left 2", "was ;left 1;outside -", "was x;left 1;outside -",
        "was 1;left ?;outside -", "was 1;left 1;outside 1,,2", "was 1;left 1;outside x"}) {
    EXPECT_FALSE(read_stop_answer(bad)) << bad;
  }
}

class LinesTest : public testing::TestWithParam<std::string> {
 protected:
  const std::string nonce_ = new_nonce();
  const peers::TemporaryFolder folder_;
  StandInShell shell_{GetParam()};

  Result<FileOnHost> deliver(const DeliveredFile& file, const std::string& body,
                             const std::vector<std::pair<std::string, std::string>>& environment) {
    const ShellRun run = shell_.run(delivery_line(nonce_, file), body, environment);
    const auto answer = answer_in(nonce_, kDeliveryAnswer, run);
    return read_delivery_answer(nonce_, file, answer.value_or("no answer: " + run.out + run.err));
  }
  std::vector<std::pair<std::string, std::string>> in_folder() const {
    return {{"TMPDIR", folder_.path()}};
  }
  std::string listing() const { return peers::run_program({"ls", folder_.path()}).output; }
};

TEST_P(LinesTest, FileArrivesPrivatelyByteForByte) {
  std::string bytes = "\r\n";
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7);
  const auto delivered = deliver(file_of(bytes), bytes, in_folder());
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_EQ(delivered->path, folder_.file("omserver." + nonce_) + "/file");
  EXPECT_TRUE(peers::read_file(delivered->path) == bytes);
  struct stat status {};
  ASSERT_EQ(::stat(folder_.file("omserver." + nonce_).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
  ASSERT_EQ(::stat(delivered->path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);

  shell_.run(removal_line(nonce_), "", in_folder());
  EXPECT_EQ(listing(), "");
}

TEST_P(LinesTest, EmptyFileArrives) {
  const auto delivered = deliver(file_of(""), "", in_folder());
  ASSERT_TRUE(delivered);
  EXPECT_EQ(std::filesystem::file_size(delivered->path), 0U);
}

TEST_P(LinesTest, CutOrChangedFileIsRefusedAndRemoved) {
  const auto cut = deliver(file_of("0123456789"), "01234", in_folder());
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("app.tgz did not reach the host: only a part"));
  const auto changed = deliver(file_of("0123456789"), "0123456780", in_folder());
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message, HasSubstr("checksum"));
  EXPECT_EQ(listing(), "");
}

TEST_P(LinesTest, HomeIsTakenWhereTheOthersWillNotDo) {
  // The folder of our name is taken in the first two, as if they were read-only.
  const std::string name = "omserver." + nonce_;
  peers::run_program({"mkdir", folder_.file("home"), folder_.file(name), "/tmp/" + name});
  const auto delivered =
      deliver(file_of("x"), "x", {{"TMPDIR", folder_.path()}, {"HOME", folder_.file("home")}});
  const auto nowhere = deliver(file_of("x"), "x", {{"TMPDIR", "/no/such"}, {"HOME", "relative"}});
  peers::run_program({"rmdir", "/tmp/" + name});
  ASSERT_TRUE(delivered) << delivered.error().message;
  EXPECT_EQ(delivered->path, folder_.file("home") + "/" + name + "/file");
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, HasSubstr("no folder with room"));
}

TEST_P(LinesTest, FolderWithoutRoomIsPassedOver) {
  // Claims to be larger than any disk here: no folder will do.
  DeliveredFile file = file_of("x");
  std::string line = delivery_line(nonce_, file);
  const std::size_t at = line.find(";k=64;");
  ASSERT_NE(at, std::string::npos);
  line.replace(at, 6, ";k=99999999999999;");
  const ShellRun run = shell_.run(line, "x", in_folder());
  EXPECT_EQ(answer_in(nonce_, kDeliveryAnswer, run), "refused place");
  EXPECT_EQ(listing(), "");
}

/// A process group as the carrier makes them, with the mark in its environment.
class Group final : public process::ChildObserver {
 public:
  Group(event::Reactor& reactor, const std::string& nonce, const std::string& script) {
    process::ChildOptions options;
    options.argv = {"/bin/sh", "-c", script};
    options.environment = {"PATH=/usr/bin:/bin", "OM_EXEC=" + nonce};
    child_ = std::move(process::Child::start(reactor, options, *this)).value();
  }
  std::int64_t number() const { return child_->pid(); }
  void on_child_output(Stream, std::string_view bytes) override { out.append(bytes); }
  void on_child_ended(process::ChildEnd) override { ended = true; }
  std::string out;
  bool ended = false;

 private:
  std::unique_ptr<process::Child> child_;
};

TEST_P(LinesTest, StopEndsAGroupThatObeys) {
  Group group(shell_.loop().reactor(), nonce_, "sleep 600 & sleep 600 & echo up; wait");
  ASSERT_TRUE(shell_.loop().until([&] { return group.out == "up\n"; }));
  const ShellRun run = shell_.run(stop_line(nonce_, group.number(), seconds(5)), "");
  EXPECT_EQ(answer_in(nonce_, kStopAnswer, run), "was 3;left 0;outside -");
  EXPECT_TRUE(shell_.loop().until([&] { return group.ended; }));
}

TEST_P(LinesTest, StopKillsAGroupThatDoesNotObeyAfterTheGrace) {
  Group group(shell_.loop().reactor(), nonce_,
              "trap '' TERM; sleep 600 & kill -STOP $!; echo up; wait");
  ASSERT_TRUE(shell_.loop().until([&] { return group.out == "up\n"; }));
  const auto before = std::chrono::steady_clock::now();
  const ShellRun run = shell_.run(stop_line(nonce_, group.number(), milliseconds(300)), "");
  EXPECT_GE(std::chrono::steady_clock::now() - before, milliseconds(300));
  EXPECT_EQ(answer_in(nonce_, kStopAnswer, run), "was 2;left 0;outside -");
}

TEST_P(LinesTest, StopReportsWhoLeftTheGroupAndLeavesThemAlone) {
  // The one with a name that no careless reader of /proc/PID/stat survives.
  Group group(shell_.loop().reactor(), nonce_,
              "setsid sh -c 'printf \"a) Z 1\\n2 (\" >/proc/self/comm; echo $$; sleep 600' &"
              "wait");
  ASSERT_TRUE(shell_.loop().until([&] { return group.out.ends_with('\n'); }));
  const pid_t outsider = std::stoi(group.out);
  const ShellRun run = shell_.run(stop_line(nonce_, group.number(), seconds(5)), "");
  const auto text = answer_in(nonce_, kStopAnswer, run);
  ASSERT_TRUE(text);
  const auto answer = read_stop_answer(*text);
  ASSERT_TRUE(answer) << *text;
  EXPECT_EQ(answer->was, 1);
  EXPECT_EQ(answer->left, 0);
  EXPECT_EQ(answer->outside.size(), 2U) << *text;  // the shell and its sleep
  EXPECT_TRUE(std::ranges::find(answer->outside, outsider) != answer->outside.end()) << *text;
  EXPECT_EQ(::kill(-outsider, SIGKILL), 0) << "it was left alone";
}

TEST_P(LinesTest, StopOfAGroupThatIsGoneSaysSo) {
  std::int64_t number = 0;
  {
    Group group(shell_.loop().reactor(), nonce_, "exit 0");
    number = group.number();
    ASSERT_TRUE(shell_.loop().until([&] { return group.ended; }));
  }
  const ShellRun run = shell_.run(stop_line(nonce_, number, seconds(5)), "");
  EXPECT_EQ(answer_in(nonce_, kStopAnswer, run), "was 0;left 0;outside -");
}

TEST_P(LinesTest, StopWithoutProcKillsAndAdmitsThatItCannotTell) {
  Group group(shell_.loop().reactor(), nonce_, "trap '' TERM; sleep 600 & echo up; wait");
  ASSERT_TRUE(shell_.loop().until([&] { return group.out == "up\n"; }));
  const std::string line = text::replace_all(stop_line(nonce_, group.number(), milliseconds(200)),
                                             "/proc/", "/no/proc/");
  EXPECT_EQ(answer_in(nonce_, kStopAnswer, shell_.run(line, "")), "was ?;left ?;outside ?");
  EXPECT_TRUE(shell_.loop().until([&] { return group.ended; }));
}

INSTANTIATE_TEST_SUITE_P(Shells, LinesTest, testing::ValuesIn(shells_seen_as_bin_sh()),
                         [](const auto& shell) { return base_name(shell.param); });

}  // namespace
}  // namespace om::backend
