// SPDX-License-Identifier: MIT
//
// Copies to this machine and over a real sshd: the same from both.
#include "backend/copy.h"

#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/places.h"
#include "backend/source_files.h"
#include "backend/ssh_place.h"

#include "om/base/crypto.h"

namespace om::backend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class CopyTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string why_not;
    place_ = make_place(GetParam(), why_not);
    if (!place_) GTEST_SKIP() << why_not;
  }
  static Batch batch_of_copy(std::shared_ptr<CopySource> source, CopyOrder order,
                             const std::string& command = "") {
    Batch batch = batch_of("");
    CopyJob job;
    job.source = std::move(source);
    job.order = std::move(order);
    if (!command.empty()) {
      auto script = std::make_shared<Script>();
      script->bytes = command;
      job.command.script = std::move(script);
    }
    batch.job = std::move(job);
    return batch;
  }
  Finished run(Batch batch) {
    Under run(*place_, std::move(batch));
    EXPECT_TRUE(run.until_finished());
    record_ = run.record();
    return *record_.finished;
  }
  Finished copy(std::shared_ptr<CopySource> source, CopyOrder order,
                const std::string& command = "") {
    if (order.destination.empty()) order.destination = dest();
    return run(batch_of_copy(std::move(source), std::move(order), command));
  }
  std::string dest() const { return there_.file("dest"); }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(there_.path())) {
      found.push_back(entry.path().filename());
    }
    std::ranges::sort(found);
    return found;
  }

  const peers::TemporaryFolder there_;
  std::unique_ptr<Place> place_;
  SourceFiles files_;
  TargetRecord record_;
};

TEST_P(CopyTest, FileArrivesOnceAndIsUnchangedTheSecondTime) {
  const std::string bytes = patterned(5'000'000);
  const auto source = files_.holding("app.tar", bytes);
  Finished result = copy(source, {"", "0640", ""}, "echo reload; exit 0");
  EXPECT_EQ(result.outcome, Outcome::ok) << result.message;
  EXPECT_THAT(result.message, StartsWith("copied 4.8 MiB"));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(record_.out, "reload\n");
  EXPECT_TRUE(peers::read_file(dest()) == bytes);
  EXPECT_THAT(names(), ElementsAre("dest"));
  ASSERT_FALSE(record_.progress.empty());
  EXPECT_EQ(record_.progress.front().done_bytes, 0);
  EXPECT_EQ(record_.progress.back().done_bytes, 5'000'000);
  EXPECT_EQ(record_.progress.back().total_bytes, 5'000'000);

  result = copy(source, {"", "0640", ""}, "echo reload");
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.reason, "copy.unchanged");
  EXPECT_EQ(record_.out, "") << "nothing has changed: no command";
  EXPECT_EQ(result.exit_code, std::nullopt);
  EXPECT_EQ(source->bytes_read(), 5'000'000) << "it was not read for sending again";
  result = copy(source, {"", "0600", ""}, "echo reload");
  EXPECT_EQ(record_.out, "reload\n") << "the permissions have changed";
}

TEST_P(CopyTest, CommandThatFailsIsTheTargetsFailure) {
  const Finished result =
      copy(files_.holding("f", "x"), {}, "#!/bin/sh\necho out; echo err >&2; exit 7\n");
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.message, HasSubstr("copied 1 bytes; then the command: ended with status 7"));
  EXPECT_EQ(record_.out, "out\n");
  EXPECT_EQ(record_.err, "err\n");
  EXPECT_EQ(peers::read_file(dest()), "x");
}

TEST_P(CopyTest, WhatTheHostRefusesIsNamedAndLeavesNothing) {
  const auto source = files_.holding("f", "x");
  EXPECT_EQ(copy(source, {there_.file("no/such"), "", ""}).reason, "copy.no_folder");
  EXPECT_EQ(copy(source, {"/dev/null", "", ""}).reason, "copy.destination");
  const Finished result = copy(source, {"", "", "no-such-user"});
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_EQ(result.reason, "copy.owner");
  EXPECT_THAT(result.message, HasSubstr("no-such-user"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_P(CopyTest, SourceThatChangesMeanwhileIsAnErrorAndTheDestinationStays) {
  peers::write_file(dest(), "old");
  const auto source = files_.holding("f", patterned(3'000'000));
  Under run(*place_, batch_of_copy(source, {dest(), "", ""}));
  ASSERT_TRUE(place_->loop().until([&] { return !run.record().progress.empty(); }));
  files_.write("f", patterned(3'000'001));
  ASSERT_TRUE(run.until_finished());
  if (run.result().outcome == Outcome::ok) GTEST_SKIP() << "all of it was under way already";
  EXPECT_EQ(run.result().reason, "copy.source_changed") << run.result().message;
  EXPECT_EQ(peers::read_file(dest()), "old");
}

TEST_P(CopyTest, CancelKeepsWhatCameAndTheNextCopyGoesOn) {
  const std::string bytes = patterned(60'000'000);
  const auto source = files_.holding("f", bytes);
  peers::write_file(dest(), "old");
  {
    Under run(*place_, batch_of_copy(source, {dest(), "", ""}));
    ASSERT_TRUE(place_->loop().until([&] {
      return !run.record().progress.empty() && run.record().progress.back().done_bytes > 4'000'000;
    }));
    run.execution->cancel(0);
    ASSERT_TRUE(run.until_finished());
    EXPECT_EQ(run.result().outcome, Outcome::cancelled);
    EXPECT_EQ(run.result().reason, "backend.cancelled");
    EXPECT_THAT(run.result().message, HasSubstr("is as it was"));
    EXPECT_THAT(run.result().message, HasSubstr(".omserver-"));
  }
  EXPECT_EQ(peers::read_file(dest()), "old");
  // The host's shell ends when it finds out that nothing more will come.
  ASSERT_TRUE(place_->loop().until([&] {
    for (const std::string& name : names()) {
      if (!name.starts_with(".omserver-")) continue;
      const std::string pid = name.substr(name.find('.', 1) + 1);
      if (::kill(std::stoi(pid), 0) != 0) return true;
    }
    return false;
  }));
  const auto before = std::filesystem::file_size(there_.file(names().front()));
  EXPECT_GT(before, 0U);
  const Finished result = copy(source, {});
  EXPECT_EQ(result.outcome, Outcome::ok) << result.message;
  EXPECT_THAT(result.message, HasSubstr("were there from a try before"));
  EXPECT_EQ(record_.progress.front().done_bytes, static_cast<std::int64_t>(before));
  EXPECT_TRUE(peers::read_file(dest()) == bytes);
  EXPECT_THAT(names(), ElementsAre("dest"));
}

TEST_P(CopyTest, FullDiskIsNamedAndFreedAgain) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root mounts";
  const std::string disk = there_.file("disk");
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "no tmpfs can be mounted here";
  }
  const Finished large = copy(files_.holding("f", patterned(3'000'000)), {disk + "/f", "", ""});
  // Filled up while it comes: df has promised room that others take.
  const Finished tree = [&] {
    files_.write("tree/a", patterned(600'000));
    files_.write("tree/b", patterned(300'000));
    return copy(files_.open("tree"), {disk + "/tree", "", ""});
  }();
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(disk)) {
    left.push_back(entry.path().filename());
  }
  ::umount(disk.c_str());
  EXPECT_EQ(large.outcome, Outcome::failed);
  EXPECT_EQ(large.reason, "copy.no_room") << large.message;
  EXPECT_THAT(large.message, HasSubstr("KiB are free"));
  EXPECT_EQ(tree.outcome, Outcome::ok) << tree.message;
  EXPECT_THAT(left, ElementsAre("tree"));
}

TEST_P(CopyTest, FolderArrivesAndOnlyWhatDiffersIsSentAgain) {
  files_.write("tree/bin/run", "#!/bin/sh\n", 0755);
  files_.write("tree/data", patterned(1'000'000));
  std::filesystem::create_directory(files_.file("tree/empty"));
  std::filesystem::create_symlink("bin/run", files_.file("tree/link"));
  Finished result = copy(files_.open("tree"), {}, "echo changed");
  EXPECT_EQ(result.outcome, Outcome::ok) << result.message;
  EXPECT_EQ(record_.out, "changed\n");
  EXPECT_EQ(peers::run_program({"diff", "-r", files_.file("tree"), dest()}).output, "");
  EXPECT_EQ(std::filesystem::read_symlink(dest() + "/link"), "bin/run");

  result = copy(files_.open("tree"), {}, "echo changed");
  EXPECT_EQ(result.reason, "copy.unchanged") << result.message;
  EXPECT_EQ(record_.out, "");
  files_.write("tree/bin/run", "#!/bin/sh\n:\n", 0755);
  result = copy(files_.open("tree"), {}, "echo changed");
  EXPECT_EQ(result.outcome, Outcome::ok) << result.message;
  EXPECT_THAT(result.message, HasSubstr("copied 1 of 5 members"));
  EXPECT_LT(record_.progress.back().total_bytes, 10'000);
  EXPECT_EQ(peers::run_program({"diff", "-r", files_.file("tree"), dest()}).output, "");
}

TEST_P(CopyTest, ManyMembersFitOnTheLine) {
  for (int i = 0; i < 300; ++i) {
    files_.write("tree/folder with a longer name " + std::to_string(i % 10) + "/file number " +
                     std::to_string(i),
                 std::to_string(i));
  }
  const Finished result = copy(files_.open("tree"), {});
  EXPECT_EQ(result.outcome, Outcome::ok) << result.message;
  EXPECT_EQ(peers::run_program({"diff", "-r", files_.file("tree"), dest()}).output, "");
}

TEST_P(CopyTest, BecomesTheUserWhoWrites) {
  if (::access("/usr/bin/sudo", X_OK) != 0) GTEST_SKIP() << "there is no sudo";
  if (::geteuid() != 0) GTEST_SKIP() << "only root may become others without a password";
  const std::string open_folder = there_.file("open");
  std::filesystem::create_directory(open_folder);
  ::chmod(open_folder.c_str(), 01777);
  ::chmod(there_.path().c_str(), 0755);
  Batch batch = batch_of_copy(files_.holding("f", "x"), {open_folder + "/f", "", ""}, "id -un");
  batch.targets[0].host.become = "nobody";
  const Finished result = run(std::move(batch));
  EXPECT_EQ(result.outcome, Outcome::ok) << result.message;
  EXPECT_EQ(record_.out, "nobody\n");
  struct stat status {};
  ASSERT_EQ(::stat((open_folder + "/f").c_str(), &status), 0);
  EXPECT_NE(status.st_uid, 0U);
}

INSTANTIATE_TEST_SUITE_P(Places, CopyTest, testing::ValuesIn(place_names()),
                         [](const auto& place) { return place.param; });

TEST(CopyOverSshTest, CutConnectionIsLostAndTheNextCopySendsTheRest) {
  std::string why_not;
  const auto place = SshPlace::make({}, why_not);
  if (!place) GTEST_SKIP() << why_not;
  SourceFiles files;
  const peers::TemporaryFolder there;
  const std::string bytes = patterned(60'000'000);
  const auto source = files.holding("f", bytes);
  const auto batch = [&] {
    Batch made = batch_of("");
    made.job = CopyJob{source, {there.file("dest"), "", ""}, {}};
    return made;
  };
  {
    Under run(*place, batch());
    ASSERT_TRUE(place->loop().until([&] {
      return !run.record().progress.empty() && run.record().progress.back().done_bytes > 8'000'000;
    }));
    place->sshd().kill_connections();
    ASSERT_TRUE(run.until_finished());
    EXPECT_EQ(run.result().outcome, Outcome::lost) << run.result().message;
    EXPECT_THAT(run.result().message, HasSubstr("kept for the next try"));
  }
  EXPECT_FALSE(std::filesystem::exists(there.file("dest")));
  // Whoever receives it notices that the connection is gone a moment after we do.
  ASSERT_TRUE(place->loop().until([&] {
    for (const auto& entry : std::filesystem::directory_iterator(there.path())) {
      const std::string name = entry.path().filename();
      if (::kill(std::stoi(name.substr(name.find('.', 1) + 1)), 0) == 0) return false;
    }
    return true;
  }));
  Under run(*place, batch());
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.result().outcome, Outcome::ok) << run.result().message;
  EXPECT_GT(run.record().progress.front().done_bytes, 1'000'000);
  EXPECT_TRUE(peers::read_file(there.file("dest")) == bytes);
}

TEST(CopyOverSshTest, TwentyTargetsReadTheFileOnceWithBoundedMemory) {
  std::string why_not;
  const auto place = SshPlace::make({}, why_not);
  if (!place) GTEST_SKIP() << why_not;
  SourceFiles files;
  const peers::TemporaryFolder there;
  const std::string bytes = patterned(4'000'000);
  const auto source = files.holding("f", bytes);
  RecordingSink sink;
  std::vector<std::unique_ptr<Execution>> executions;
  for (int index = 0; index < 20; ++index) {
    Batch batch = batch_of("");
    batch.targets[0].index = index;
    batch.targets[0].host = place->host();
    batch.job = CopyJob{source, {there.file(std::to_string(index)), "", ""}, {}};
    executions.push_back(place->backend().start(std::move(batch), sink));
  }
  for (int index = 0; index < 20; ++index) {
    ASSERT_TRUE(place->loop().until([&] { return sink.finished(index); }));
    EXPECT_EQ(sink[index].finished->outcome, Outcome::ok) << sink[index].finished->message;
    EXPECT_TRUE(peers::read_file(there.file(std::to_string(index))) == bytes);
  }
  EXPECT_EQ(source->bytes_read(), 4'000'000) << "all of it fits the window: one read";
}

}  // namespace
}  // namespace om::backend
