// SPDX-License-Identifier: MIT
#include "om/catalogue/sources.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "om/base/crypto.h"

namespace om::catalogue {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using State = SourceStatus::State;

constexpr ModuleId k1001{1001};
constexpr ModuleId k1008{1008};

class SourcesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "om-sources-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    data_ = name;
    std::filesystem::create_directories(data_ + "/modules/ssh");
    trust(data_ + "/modules");
    trust(data_ + "/modules/ssh");
  }
  void TearDown() override { std::filesystem::remove_all(data_); }

  static void trust(const std::string& path) { ASSERT_EQ(::chmod(path.c_str(), 0755), 0) << path; }
  std::string path(const std::string& name) const { return data_ + "/modules/" + name; }
  void put(const std::string& name, const std::string& text, mode_t mode = 0644) {
    const std::string folder = std::filesystem::path(path(name)).parent_path();
    std::filesystem::create_directories(folder);
    trust(folder);
    std::ofstream(path(name), std::ios::binary) << text;
    ASSERT_EQ(::chmod(path(name).c_str(), mode), 0);
  }
  void remove(const std::string& name) { std::filesystem::remove(path(name)); }

  Sources& sources() {
    if (!sources_) sources_.emplace(Sources::Options{data_, check_, builtin_});
    return *sources_;
  }
  /// "loaded Mid_1008.sh", ... in the order they are reported.
  std::vector<std::string> scan() {
    last_ = sources().scan();
    std::vector<std::string> words;
    for (const SourceChange& change : last_) {
      words.push_back(std::string(change_name(change.what)) + " " +
                      std::filesystem::path(change.path).filename().string());
    }
    return words;
  }
  std::string bytes(ModuleId module, Platform platform = Platform::ssh) {
    const std::shared_ptr<const Source> source = sources().find(module, platform);
    return source ? source->bytes : "(none)";
  }

  std::string data_;
  Sources::Checker check_;
  std::span<const base::EmbeddedFile> builtin_{kBuiltin};
  std::vector<SourceChange> last_;

  static constexpr base::EmbeddedFile kBuiltin[] = {
      {"modules/seed.json", "[]", ""},
      {"modules/ssh/Mid_1001.sh", "#!/bin/sh\nbuiltin 1001\n", ""},
      {"modules/ssh/Public_lib.sh", "builtin lib\n", ""},
  };

 private:
  std::optional<Sources> sources_;
};

TEST_F(SourcesTest, BuiltinScriptsServeEveryPlatform) {
  EXPECT_THAT(scan(), IsEmpty());
  for (const Platform platform : kPlatforms) {
    const std::shared_ptr<const Source> source = sources().find(k1001, platform);
    ASSERT_NE(source, nullptr);
    EXPECT_EQ(source->bytes, "#!/bin/sh\nbuiltin lib\nbuiltin 1001\n");
    EXPECT_EQ(source->platform, Platform::ssh);
    EXPECT_EQ(source->origin, Origin::builtin);
    EXPECT_EQ(source->path, "modules/ssh/Mid_1001.sh");
    EXPECT_EQ(source->sha256, crypto::sha256_hex(source->bytes));
    EXPECT_TRUE(source->script);
  }
}

TEST_F(SourcesTest, NothingIsInForceBeforeTheFirstScan) {
  EXPECT_EQ(sources().find(k1001, Platform::ssh), nullptr);
  EXPECT_EQ(sources().status(k1001, Platform::ssh).state, State::not_written);
}

TEST_F(SourcesTest, WhatIsNotWrittenSaysWhereToWriteIt) {
  scan();
  const SourceStatus status = sources().status(k1008, Platform::ansible);
  EXPECT_EQ(status.state, State::not_written);
  EXPECT_EQ(status.path, path("ssh/Mid_1008.sh"));
  EXPECT_EQ(status.source, nullptr);
}

TEST_F(SourcesTest, AFileOfTheDataDirectoryHidesTheBuiltinOne) {
  put("ssh/Mid_1001.sh", "#!/bin/bash -e\nmine\n");
  EXPECT_THAT(scan(), ElementsAre("loaded Mid_1001.sh"));
  const std::shared_ptr<const Source> source = sources().find(k1001, Platform::local);
  EXPECT_EQ(source->bytes, "#!/bin/bash -e\nbuiltin lib\nmine\n");
  EXPECT_EQ(source->interpreter, "/bin/bash");
  EXPECT_EQ(source->argument, "-e");
  EXPECT_EQ(source->origin, Origin::data);
  EXPECT_EQ(source->path, path("ssh/Mid_1001.sh"));
  EXPECT_EQ(last_.at(0).old_sha256, "");
  EXPECT_EQ(last_.at(0).new_sha256, source->sha256);
  EXPECT_EQ(last_.at(0).module, k1001);
}

TEST_F(SourcesTest, RemovingItBringsTheBuiltinOneBack) {
  put("ssh/Mid_1001.sh", "mine\n");
  put("ssh/Mid_1008.sh", "mine too\n");
  scan();
  remove("ssh/Mid_1001.sh");
  remove("ssh/Mid_1008.sh");
  EXPECT_THAT(scan(), ElementsAre("removed Mid_1001.sh", "removed Mid_1008.sh"));
  EXPECT_EQ(bytes(k1001), "#!/bin/sh\nbuiltin lib\nbuiltin 1001\n");
  EXPECT_EQ(last_[0].new_sha256, sources().find(k1001, Platform::ssh)->sha256);
  EXPECT_EQ(bytes(k1008), "(none)");
  EXPECT_EQ(last_[1].new_sha256, "");
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(SourcesTest, TheNextRunGetsTheNewVersionAndTheOldOneStaysWithItsRun) {
  put("ssh/Mid_1008.sh", "one\n");
  scan();
  const std::shared_ptr<const Source> started_with = sources().find(k1008, Platform::ssh);
  put("ssh/Mid_1008.sh", "two\n");
  EXPECT_THAT(scan(), ElementsAre("loaded Mid_1008.sh"));
  EXPECT_EQ(last_[0].old_sha256, started_with->sha256);
  EXPECT_EQ(bytes(k1008), "builtin lib\ntwo\n");
  EXPECT_EQ(started_with->bytes, "builtin lib\none\n");
  EXPECT_THAT(scan(), IsEmpty());
}

TEST_F(SourcesTest, ABrokenFileLeavesThePreviousVersionInForce) {
  put("ssh/Mid_1008.sh", "#!/bin/sh\ngood\n");
  scan();
  put("ssh/Mid_1008.sh", "#!nowhere\nbad\n");
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1008.sh"));
  EXPECT_THAT(last_[0].reason, HasSubstr("absolute path"));
  EXPECT_EQ(last_[0].old_sha256, last_[0].new_sha256);
  EXPECT_EQ(bytes(k1008), "#!/bin/sh\nbuiltin lib\ngood\n");
  const SourceStatus status = sources().status(k1008, Platform::ssh);
  EXPECT_EQ(status.state, State::broken);
  EXPECT_EQ(status.path, path("ssh/Mid_1008.sh"));
  EXPECT_THAT(status.problem, HasSubstr("absolute path"));
  ASSERT_NE(status.source, nullptr);
  // The same fault is not told twice, another one is.
  EXPECT_THAT(scan(), IsEmpty());
  put("ssh/Mid_1008.sh", "#!nowhere\nstill bad\n");
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1008.sh"));
  put("ssh/Mid_1008.sh", "#!/bin/sh\ngood\n");
  EXPECT_THAT(scan(), ElementsAre("loaded Mid_1008.sh"));
  EXPECT_EQ(sources().status(k1008, Platform::ssh).state, State::ready);
}

TEST_F(SourcesTest, ABrokenFileWrittenOverABuiltinOneLeavesThatInForce) {
  scan();
  put("ssh/Mid_1001.sh", "");
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1001.sh"));
  EXPECT_EQ(bytes(k1001), "#!/bin/sh\nbuiltin lib\nbuiltin 1001\n");
}

TEST_F(SourcesTest, AfterARestartABrokenFileIsNotReplacedByTheBuiltinOne) {
  put("ssh/Mid_1001.sh", "");
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1001.sh"));
  EXPECT_EQ(bytes(k1001), "(none)");
  EXPECT_EQ(sources().status(k1001, Platform::ansible).state, State::broken);
  remove("ssh/Mid_1001.sh");
  EXPECT_THAT(scan(), ElementsAre("removed Mid_1001.sh"));
  EXPECT_EQ(bytes(k1001), "#!/bin/sh\nbuiltin lib\nbuiltin 1001\n");
}

TEST_F(SourcesTest, APlatformsOwnFileWinsOverTheScript) {
  put("ansible/Mid_1001.yml", "- hosts: all\n");
  put("saltstack/Mid_1001.json", "{\"steps\": []}");
  EXPECT_THAT(scan(), ElementsAre("loaded Mid_1001.yml", "loaded Mid_1001.json"));
  const std::shared_ptr<const Source> playbook = sources().find(k1001, Platform::ansible);
  EXPECT_FALSE(playbook->script);
  EXPECT_EQ(playbook->bytes, "- hosts: all\n");
  EXPECT_EQ(sources().find(k1001, Platform::saltstack)->bytes, "{\"steps\": []}");
  EXPECT_THAT(bytes(k1001, Platform::func), HasSubstr("builtin 1001"));
}

TEST_F(SourcesTest, ABrokenPlaybookIsNotReplacedByTheScript) {
  put("ansible/Mid_1001.sh", "#!/bin/sh\n");
  put("func/Mid_1001.json", "{oops");
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1001.sh", "broken Mid_1001.json"));
  EXPECT_THAT(last_[0].reason, HasSubstr("name it Mid_N.yml"));
  EXPECT_THAT(last_[1].reason, HasSubstr("not JSON"));
  EXPECT_EQ(bytes(k1001, Platform::ansible), "(none)");
  EXPECT_EQ(bytes(k1001, Platform::func), "(none)");
  EXPECT_THAT(bytes(k1001), HasSubstr("builtin 1001"));
}

TEST_F(SourcesTest, TwoFilesForOneNumberAreRefusedByName) {
  put("ssh/Mid_1008.sh", "one\n");
  scan();
  put("ssh/Mid_1008.py", "#!/usr/bin/python3\n");
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1008.py"));
  EXPECT_THAT(last_[0].reason, HasSubstr("there is also " + path("ssh/Mid_1008.sh")));
  EXPECT_EQ(bytes(k1008), "builtin lib\none\n");
}

TEST_F(SourcesTest, WhatOthersMayWriteIsRefused) {
  for (const mode_t mode : {0664, 0646, 0666}) {
    put("ssh/Mid_1008.sh", "x\n", mode);
    sources().scan();
    EXPECT_THAT(sources().status(k1008, Platform::ssh).problem,
                HasSubstr("chmod go-w " + path("ssh/Mid_1008.sh")));
    EXPECT_EQ(bytes(k1008), "(none)");
  }
  ASSERT_EQ(::chmod(path("ssh/Mid_1008.sh").c_str(), 0644), 0);
  EXPECT_THAT(scan(), ElementsAre("loaded Mid_1008.sh"));
}

TEST_F(SourcesTest, WhatBelongsToSomebodyElseIsRefused) {
  put("ssh/Mid_1008.sh", "x\n");
  if (::chown(path("ssh/Mid_1008.sh").c_str(), 12345, 12345) != 0)
    GTEST_SKIP() << "only root can give a file away";
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1008.sh"));
  EXPECT_THAT(last_[0].reason, HasSubstr("it belongs to user 12345"));
}

TEST_F(SourcesTest, AFolderThatOthersMayWriteIsRefusedWithAllThatIsInIt) {
  put("ssh/Mid_1008.sh", "one\n");
  scan();
  ASSERT_EQ(::chmod(path("ssh").c_str(), 0775), 0);
  std::ofstream(path("ssh/Mid_1008.sh")) << "two\n";
  EXPECT_THAT(scan(), ElementsAre("broken ssh"));
  EXPECT_EQ(bytes(k1008), "builtin lib\none\n");
  ASSERT_EQ(sources().problems().size(), 1U);
  EXPECT_THAT(sources().problems()[0].reason, HasSubstr("chmod go-w " + path("ssh")));
  EXPECT_THAT(scan(), IsEmpty());
  trust(path("ssh"));
  EXPECT_THAT(scan(), ElementsAre("loaded Mid_1008.sh"));
  EXPECT_EQ(bytes(k1008), "builtin lib\ntwo\n");
  EXPECT_THAT(sources().problems(), IsEmpty());
}

TEST_F(SourcesTest, ARefusedFolderAtTheStartHidesWhatItMayHide) {
  put("ansible/Mid_1009.yml", "- hosts: all\n");
  ASSERT_EQ(::chmod(path("ansible").c_str(), 0777), 0);
  EXPECT_THAT(scan(), ElementsAre("broken ansible"));
  EXPECT_EQ(bytes(k1001, Platform::ansible), "(none)");
  EXPECT_EQ(sources().status(k1001, Platform::ansible).state, State::broken);
  EXPECT_THAT(bytes(k1001), HasSubstr("builtin 1001"));
  ASSERT_EQ(::chmod((data_ + "/modules").c_str(), 0777), 0);
  EXPECT_THAT(scan(), ElementsAre("broken modules"));
  trust(data_ + "/modules");
  trust(path("ansible"));
  EXPECT_THAT(scan(), ElementsAre("loaded Mid_1009.yml"));
  EXPECT_THAT(bytes(k1001, Platform::ansible), HasSubstr("builtin 1001"));
}

TEST_F(SourcesTest, LinksAndOtherThingsAreRefused) {
  put("other.sh", "x\n");
  std::filesystem::create_symlink(path("other.sh"), path("ssh/Mid_1008.sh"));
  std::filesystem::create_directory(path("ssh/Mid_1009.sh"));
  ASSERT_EQ(::mkfifo(path("ssh/Mid_1010.sh").c_str(), 0600), 0);
  std::filesystem::create_directory_symlink(path("ssh"), path("func"));
  EXPECT_THAT(scan(), testing::UnorderedElementsAre("broken func", "broken Mid_1008.sh",
                                                    "broken Mid_1009.sh", "broken Mid_1010.sh"));
  EXPECT_THAT(sources().status(k1008, Platform::ssh).problem, HasSubstr("symbolic link"));
  EXPECT_THAT(sources().status(ModuleId{1010}, Platform::ssh).problem,
              HasSubstr("not a regular file"));
}

TEST_F(SourcesTest, SizeIsLimited) {
  put("ssh/Mid_1008.sh", "#!/bin/sh\n" + std::string(kMaxSourceBytes - 10, '#'));
  EXPECT_THAT(scan(), ElementsAre("loaded Mid_1008.sh"));
  put("ssh/Mid_1008.sh", "#!/bin/sh\n" + std::string(kMaxSourceBytes - 9, '#'));
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1008.sh"));
  EXPECT_THAT(last_[0].reason, HasSubstr("more than 1024 KiB"));
}

TEST_F(SourcesTest, WhatEditorsLeaveBehindIsNotAModule) {
  for (const char* name :
       {"Mid_1008.sh~", ".Mid_1008.sh.swp", "Mid_1008.bak", "Mid_1008.sh.orig", "#Mid_1008.sh#",
        "Mid_.sh", "Mid_01008.sh", "Mid_1008", "Mid_1008x.sh", "README.md", "mid_1008.sh"}) {
    put("ssh/" + std::string(name), "x\n");
  }
  EXPECT_THAT(scan(), IsEmpty());
  EXPECT_EQ(sources().status(k1008, Platform::ssh).state, State::not_written);
}

TEST_F(SourcesTest, PublicLibIsInFrontOfEveryScriptOfItsKind) {
  put("ssh/Public_lib.sh", "my lib");
  put("ssh/Public_lib.py", "import os\n");
  put("ssh/Mid_1008.py", "#!/usr/bin/env python3\nprint(1)\n");
  EXPECT_THAT(scan(),
              ElementsAre("loaded Public_lib.py", "loaded Public_lib.sh", "loaded Mid_1008.py"));
  EXPECT_EQ(bytes(k1001), "#!/bin/sh\nbuiltin lib\nmy lib\nbuiltin 1001\n");
  EXPECT_EQ(bytes(k1008), "#!/usr/bin/env python3\nimport os\nprint(1)\n");
}

TEST_F(SourcesTest, AChangedPublicLibChangesEveryScript) {
  put("ssh/Mid_1008.sh", "mine\n");
  scan();
  put("ssh/Public_lib.sh", "new\n");
  EXPECT_THAT(scan(),
              ElementsAre("loaded Public_lib.sh", "loaded Mid_1001.sh", "loaded Mid_1008.sh"));
  EXPECT_NE(last_[1].old_sha256, last_[1].new_sha256);
  remove("ssh/Public_lib.sh");
  EXPECT_THAT(scan(),
              ElementsAre("removed Public_lib.sh", "loaded Mid_1001.sh", "loaded Mid_1008.sh"));
  EXPECT_EQ(bytes(k1008), "builtin lib\nmine\n");
}

TEST_F(SourcesTest, ARefusedPublicLibLeavesThePreviousOneInForce) {
  put("ssh/Public_lib.sh", "one\n");
  scan();
  put("ssh/Public_lib.sh", "two\n", 0666);
  EXPECT_THAT(scan(), ElementsAre("broken Public_lib.sh"));
  EXPECT_EQ(bytes(k1001), "#!/bin/sh\nbuiltin lib\none\nbuiltin 1001\n");
  EXPECT_EQ(sources().problems().size(), 1U);
}

TEST_F(SourcesTest, ARefusedPublicLibAtTheStartStopsWhatNeedsIt) {
  put("ssh/Public_lib.sh", "two\n", 0666);
  put("ssh/Mid_1008.py", "#!/usr/bin/python3\n");
  scan();
  EXPECT_EQ(bytes(k1001), "(none)");
  EXPECT_THAT(sources().status(k1001, Platform::ssh).problem,
              HasSubstr("Public_lib.sh: its group or everybody may write it"));
  EXPECT_EQ(bytes(k1008), "#!/usr/bin/python3\n");
}

TEST_F(SourcesTest, EnginesGetTheirPublicLibBesideTheFile) {
  put("ansible/Public_lib.yml", "port: 80\n");
  put("ansible/Mid_1008.yml", "- hosts: all\n");
  scan();
  const std::shared_ptr<const Source> before = sources().find(k1008, Platform::ansible);
  EXPECT_THAT(before->shared, ElementsAre("port: 80\n"));
  EXPECT_EQ(before->bytes, "- hosts: all\n");
  put("ansible/Public_lib.yml", "port: 81\n");
  EXPECT_THAT(scan(), ElementsAre("loaded Public_lib.yml", "loaded Mid_1008.yml"));
  EXPECT_NE(sources().find(k1008, Platform::ansible)->sha256, before->sha256);
}

TEST_F(SourcesTest, TheCheckerHasTheLastWord) {
  std::vector<std::string> asked;
  check_ = [&asked](const Source& source) -> Result<void> {
    asked.push_back(std::filesystem::path(source.path).filename());
    if (source.bytes.find("syntax error") == std::string::npos) return {};
    return fail(Errc::invalid_argument, "", "line 1: syntax error");
  };
  put("ssh/Mid_1008.sh", "good\n");
  scan();
  EXPECT_THAT(asked, ElementsAre("Mid_1001.sh", "Mid_1008.sh"));
  put("ssh/Mid_1008.sh", "syntax error\n");
  EXPECT_THAT(scan(), ElementsAre("broken Mid_1008.sh"));
  EXPECT_EQ(last_[0].reason, "line 1: syntax error");
  EXPECT_EQ(bytes(k1008), "builtin lib\ngood\n");
  // What has not changed is not asked about again.
  EXPECT_THAT(asked, ElementsAre("Mid_1001.sh", "Mid_1008.sh", "Mid_1008.sh"));
}

TEST_F(SourcesTest, OmFileComesFromTheScriptsOwnHead) {
  put("ssh/Mid_1008.sh", "#!/bin/sh\n# om-file: sys_param_3\n");
  scan();
  EXPECT_EQ(sources().find(k1008, Platform::ssh)->om_file, 3);
  EXPECT_EQ(sources().find(k1001, Platform::ssh)->om_file, 0);
}

TEST_F(SourcesTest, WithoutADataDirectoryTheBuiltinOnesAreThere) {
  std::filesystem::remove_all(data_ + "/modules");
  EXPECT_THAT(scan(), IsEmpty());
  EXPECT_THAT(bytes(k1001), HasSubstr("builtin 1001"));
}

TEST_F(SourcesTest, ReadersSeeWholeSnapshotsWhileAScanRuns) {
  put("ssh/Mid_1008.sh", "first\n");
  scan();
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    while (!stop) {
      const SourceStatus status = sources().status(k1008, Platform::ssh);
      if (!status.source || status.source->sha256 != crypto::sha256_hex(status.source->bytes))
        ++wrong;
      if (!sources().find(k1001, Platform::local)) ++wrong;
    }
  });
  for (int i = 0; i < 50; ++i) {
    put("ssh/Mid_1008.sh", i % 3 == 0 ? "" : "version " + std::to_string(i) + "\n");
    sources().scan();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST(BuiltinSourcesTest, EveryModuleOfThisBinaryIsInForce) {
  Sources sources({testing::TempDir() + "om-no-such-folder", nullptr});
  sources.scan();
  EXPECT_THAT(sources.problems(), IsEmpty());
  for (std::int64_t number = 1001; number <= 1007; ++number) {
    const SourceStatus status = sources.status(ModuleId{number}, Platform::ssh);
    ASSERT_EQ(status.state, State::ready) << number;
    EXPECT_EQ(status.source->interpreter, "/bin/sh");
    EXPECT_THAT(status.source->bytes, HasSubstr("\nom_die() {"));
    EXPECT_EQ(status.source->om_file, number == 1005 ? 1 : 0);
  }
}

}  // namespace
}  // namespace om::catalogue
