// SPDX-License-Identifier: MIT
//
// Hosts that are not as they should be: a real sshd that sees file systems of its own, and a real
// user. The script runs there byte for byte as elsewhere, and leaves no file behind.
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "backend/source_files.h"
#include "backend/ssh_place.h"
#include "peers/shell_user.h"
#include "support/processes.h"

namespace om::backend {
namespace {

using testing::HasSubstr;

/// A /tmp and a /var/tmp that nobody else uses. The tests' own folders stay where they were.
std::string mounts_with(const std::string& tmp_options) {
  return "mount --bind /tmp /mnt\n"
         "mount -t tmpfs -o mode=1777," +
         tmp_options +
         " tmpfs /tmp\n"
         "mount -t tmpfs -o mode=1777 tmpfs /var/tmp\n"
         "mkdir \"$0\"\n"
         "mount --bind \"/mnt/${0#/tmp/}\" \"$0\"\n"
         "for d in /mnt/om-test-*; do [ -e \"/tmp/${d##*/}\" ] || ln -s \"$d\" /tmp/; done\n";
}

class OddHostTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::filesystem::temp_directory_path() != "/tmp") GTEST_SKIP() << "TMPDIR is not /tmp";
    const std::string why_not = peers::why_no_mounts();
    if (!why_not.empty()) GTEST_SKIP() << why_not;
    make_user("/bin/bash");
  }
  void make_user(const std::string& shell) {
    place_.reset();
    auto made = peers::ShellUser::make(shell);
    if (!made.user) GTEST_SKIP() << made.why_not;
    user_ = std::move(made.user);
  }
  void make_host(std::vector<std::string> config = {},
                 const std::string& mounts = mounts_with("size=1m")) {
    // Outside of the home, which may be missing.
    ::chmod(keys_.path().c_str(), 0755);
    config.push_back("AuthorizedKeysFile " + keys_.file("keys"));
    std::string why_not;
    place_ = SshPlace::make({.config = std::move(config), .mounts = mounts}, why_not);
    ASSERT_TRUE(place_) << why_not;
    peers::write_file(keys_.file("keys"), place_->public_key() + "\n", 0644);
    place_->inventory().login = user_->name();
    before_ = files_there();
  }
  std::string on_host(std::vector<std::string> argv) const {
    argv.insert(argv.begin(), {"nsenter", "-m", "-t", std::to_string(place_->sshd().pid())});
    return peers::run_program(argv).output;
  }
  std::string files_there() const {
    return on_host({"/bin/sh", "-c", "find /tmp /var/tmp \"$0/\" 2>&1 | sort", user_->home()});
  }
  TargetRecord run(Batch batch) {
    Under under(*place_, std::move(batch));
    EXPECT_TRUE(under.until_finished());
    return under.record();
  }
  void expect_script_works() {
    const TargetRecord record = run(batch_of("id -un; echo err >&2; printf x; exit 3"));
    EXPECT_EQ(record.finished->exit_code, 3) << record.finished->message;
    EXPECT_EQ(record.out, user_->name() + "\nx");
    EXPECT_EQ(record.err, "err\n");
    EXPECT_EQ(files_there(), before_);
  }
  /// With a file, which lies there in `folder` for as long as the script runs.
  void expect_file_works(const std::string& folder) {
    Batch batch = batch_of("cat \"$OM_FILE\"; echo \"$OM_FILE\" >&2; exit 4");
    const std::string bytes(10'000, '\xfe');
    script_of(batch).file = source_.holding("f", bytes);
    const TargetRecord record = run(std::move(batch));
    EXPECT_EQ(record.finished->exit_code, 4) << record.finished->message;
    EXPECT_TRUE(record.out == bytes) << record.out.size();
    EXPECT_THAT(record.err, testing::StartsWith(folder + "/omserver."));
    EXPECT_EQ(files_there(), before_);
  }

  peers::TemporaryFolder keys_;
  std::unique_ptr<peers::ShellUser> user_;
  std::unique_ptr<SshPlace> place_;
  SourceFiles source_;
  std::string before_;
};

TEST_F(OddHostTest, ProfileThatPrintsAndFailsChangesNothing) {
  for (const auto& [shell, file] :
       {std::pair("/bin/bash", ".bashrc"), std::pair("/bin/tcsh", ".cshrc")}) {
    SCOPED_TRACE(shell);
    make_user(shell);
    if (IsSkipped()) return;
    user_->add_file(file, "echo noise\n/bin/sh -c 'echo noise >&2'\n/bin/false\n");
    make_host();
    expect_script_works();
    expect_file_works("/tmp");
  }
}

TEST_F(OddHostTest, ProfileThatExitsIsNoStartWithItsWords) {
  user_->add_file(".bashrc", "echo closed for repairs\nexit 7\n");
  make_host();
  const TargetRecord record = run(batch_of("echo x"));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->reason, "backend.no_start");
  EXPECT_THAT(record.finished->message, HasSubstr("status 7"));
  EXPECT_THAT(record.finished->message, HasSubstr("closed for repairs"));
  EXPECT_EQ(record.out, "");
  EXPECT_EQ(files_there(), before_);
}

TEST_F(OddHostTest, ProgramOfSbinIsFoundThoughThePathLacksIt) {
  make_host({"SetEnv PATH=/usr/bin:/bin"});
  const TargetRecord record = run(batch_of("command -v useradd; echo \"${PATH%%:/usr/local*}\""));
  EXPECT_EQ(record.out, "/usr/sbin/useradd\n/usr/bin:/bin\n") << record.finished->message;
  expect_script_works();
}

TEST_F(OddHostTest, EmptyEnvironmentIsEnough) {
  make_host({"ForceCommand exec env -i /bin/sh -c \"$SSH_ORIGINAL_COMMAND\""});
  const TargetRecord record = run(batch_of("echo \"$LC_ALL,$LANG,$HOME,$USER\"; command -v cat"));
  EXPECT_THAT(record.out, testing::StartsWith("C,,,\n/")) << record.finished->message;
  expect_script_works();
  expect_file_works("/tmp");
}

TEST_F(OddHostTest, HomeThatIsMissing) {
  std::filesystem::remove_all(user_->home());
  make_host();
  expect_script_works();
  expect_file_works("/tmp");
  EXPECT_EQ(run(batch_of("pwd")).out, "/\n");
}

TEST_F(OddHostTest, HomeThatTheUserMayNotRead) {
  ::chmod(user_->home().c_str(), 0);
  make_host();
  expect_script_works();
  expect_file_works("/tmp");
  EXPECT_EQ(run(batch_of("pwd")).out, "/\n");
}

TEST_F(OddHostTest, TmpThatIsFull) {
  make_host({}, mounts_with("size=64k") + "head -c 100000 /dev/zero >/tmp/fill 2>/dev/null||:\n");
  ASSERT_EQ(on_host({"/bin/sh", "-c", "wc -c </tmp/fill"}), "65536\n");
  expect_script_works();
  expect_file_works(user_->home());
}

TEST_F(OddHostTest, TmpWithoutPermissionToExecute) {
  make_host({}, mounts_with("size=1m,noexec"));
  ASSERT_THAT(on_host({"findmnt", "-no", "OPTIONS", "/tmp"}), HasSubstr("noexec"));
  expect_script_works();
  expect_file_works("/tmp");
}

TEST_F(OddHostTest, RootThatIsReadOnly) {
  make_host({}, mounts_with("size=1m") +
                    "for m in / /mnt /tmp /var/tmp; do mount -o remount,bind,ro $m; done\n");
  const TargetRecord touched = run(batch_of("touch /tmp/x; touch ~/x"));
  EXPECT_NE(touched.finished->exit_code, 0) << "it is not read-only";
  expect_script_works();
  Batch batch = batch_of("echo x");
  script_of(batch).file = source_.holding("f", "content");
  const TargetRecord record = run(std::move(batch));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->reason, "backend.file_refused");
  EXPECT_THAT(record.finished->message, HasSubstr("TMPDIR, /tmp and the home"));
  EXPECT_EQ(record.out, "");
  EXPECT_EQ(files_there(), before_);
}

TEST_F(OddHostTest, AccountForSftpOnlyIsNoStartThatNamesIt) {
  make_host({"ForceCommand internal-sftp"});
  const TargetRecord record = run(batch_of("echo x"));
  EXPECT_EQ(record.finished->outcome, Outcome::failed);
  EXPECT_EQ(record.finished->reason, "backend.no_start");
  EXPECT_THAT(record.finished->message, HasSubstr("SFTP only"));
  EXPECT_EQ(record.out, "");
  EXPECT_EQ(files_there(), before_);
}

TEST_F(OddHostTest, CancelWithoutProcIsNotConfirmed) {
  make_host();
  Batch batch = batch_of("echo up; sleep 600");
  batch.deadlines.cancel_grace = std::chrono::seconds(1);
  Under under(*place_, std::move(batch));
  ASSERT_TRUE(place_->loop().until([&] { return under.record().out == "up\n"; }));
  ASSERT_EQ(on_host({"mount", "-t", "tmpfs", "tmpfs", "/proc"}), "");
  under.execution->cancel(0);
  ASSERT_TRUE(under.until_finished());
  EXPECT_EQ(under.result().outcome, Outcome::cancelled);
  EXPECT_EQ(under.result().reason, "backend.cancelled_unconfirmed");
  EXPECT_THAT(under.result().message, HasSubstr("could not confirm"));
  EXPECT_THAT(under.result().message, HasSubstr("no /proc"));
  // Our own /proc shows that it was ended all the same.
  const auto group = static_cast<pid_t>(*under.record().process_group);
  EXPECT_TRUE(place_->loop().until([&] { return test::living_in_group(group) == 0; }));
  EXPECT_EQ(files_there(), before_);
}

}  // namespace
}  // namespace om::backend
