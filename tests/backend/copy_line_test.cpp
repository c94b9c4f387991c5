// SPDX-License-Identifier: MIT
//
// The lines that receive files and folders, with each shell that hosts have as /bin/sh.
#include "backend/copy_line.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/answer_lines.h"
#include "backend/bootstrap.h"
#include "backend/stand_in_shell.h"
#include "backend/tar_header.h"

#include "om/base/crypto.h"

namespace om::backend {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SourceFacts facts_of(const std::string& bytes) {
  return {static_cast<std::int64_t>(bytes.size()), crypto::sha256_hex(bytes), {}};
}

TEST(CopyOrderTest, BadFieldsAreNamed) {
  const auto why = [](CopyOrder order) {
    const Result<void> checked = check_copy_order(order);
    return checked ? std::string("fits") : checked.error().message;
  };
  for (const char* path : {"", "etc/x", "~x/y", "~", "../x"}) {
    EXPECT_THAT(why({path, "", ""}), HasSubstr("field 'destination'")) << path;
  }
  EXPECT_THAT(why({std::string("/a\0b", 4), "", ""}), HasSubstr("NUL"));
  EXPECT_THAT(why({"/" + std::string(4096, 'a'), "", ""}), HasSubstr("4096"));
  for (const char* mode : {"64", "0648", "rw-", "00644", " 644", "-644"}) {
    EXPECT_THAT(why({"/a", mode, ""}), HasSubstr("field 'mode'")) << mode;
  }
  for (const char* owner : {"a b", "-root", "root:", ":", "a:b:c", "$(id)", "a;b", "a\nb"}) {
    EXPECT_THAT(why({"/a", "", owner}), HasSubstr("field 'owner'")) << owner;
  }
  for (const char* owner : {"root", "www-data:www-data", ":adm", "0:0", "a.b@c:d_e"}) {
    EXPECT_EQ(why({"/a", "0644", owner}), "fits") << owner;
  }
}

TEST(CopyRefusalTest, WordsOfAHostileHostAreOneShortLine) {
  const Error error =
      copy_refusal("write \x1b[31mred\r" + std::string(9000, 'x'), {"/a", "", ""}, {});
  EXPECT_EQ(error.reason, "copy.write");
  EXPECT_LT(error.message.size(), 400U);
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
  EXPECT_EQ(copy_refusal("clash 7", {"/a", "", ""}, {}).reason, "copy.destination");
  EXPECT_EQ(copy_refusal("", {"/a", "", ""}, {}).reason, "copy.refused");
}

TEST(PartialTest, OnlyWhatMakesSenseIsBelieved) {
  const std::string sum(64, 'a');
  ASSERT_TRUE(read_partial("12 " + sum));
  EXPECT_EQ(read_partial("12 " + sum)->bytes, 12);
  for (const std::string& bad : {std::string(), std::string("12"), "-1 " + sum, "0 " + sum,
                                 "12 " + sum + "0", "x " + sum, "12 " + std::string(64, 'g')}) {
    EXPECT_FALSE(read_partial(bad)) << bad;
  }
}

class CopyLineTest : public testing::TestWithParam<std::string> {
 protected:
  using Words = std::vector<std::string>;

  Words told(const ShellRun& run) const {
    AnswerLines lines(nonce_);
    lines.feed(run.out);
    Words words;
    while (const auto line = lines.next()) words.push_back(std::string{line->kind} + line->words);
    if (words.empty()) words.push_back("nothing: " + run.out + run.err);
    return words;
  }
  Words copy(const std::string& bytes, CopyOrder order, const std::string& sent) {
    if (order.destination.empty()) order.destination = folder_.file("dest");
    return told(shell_.run(copy_file_line(nonce_, order, "its name", facts_of(bytes), 0640), sent,
                           {{"HOME", folder_.path()}}));
  }
  Words copy(const std::string& bytes, CopyOrder order = {}) { return copy(bytes, order, bytes); }
  Words copy_folder(const SourceFacts& facts, const CopyOrder& order, const std::string& sent) {
    return told(shell_.run(copy_folder_line(nonce_, order, facts), sent));
  }
  std::string dest() const { return folder_.file("dest"); }
  /// The names in a folder, hidden ones too.
  Words names(const std::string& path) const {
    Words found;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      found.push_back(entry.path().filename());
    }
    std::ranges::sort(found);
    return found;
  }
  Words names() const { return names(folder_.path()); }
  static unsigned int mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }
  /// As a cut connection leaves it: nobody writes to it any more.
  std::string leave_partial(const std::string& whole, const std::string& bytes) const {
    const std::string path = folder_.file(partial_name(facts_of(whole)) + ".999999.part");
    peers::write_file(path, bytes);
    return path;
  }

  const std::string nonce_ = new_nonce();
  const peers::TemporaryFolder folder_;
  StandInShell shell_{GetParam()};
};

std::string many_bytes(int count = 300'000) {
  std::string bytes = "\r\n";
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(i * 7);
  return bytes;
}

TEST_P(CopyLineTest, FileArrivesByteForByteAndNothingElseStays) {
  const std::string bytes = many_bytes();
  EXPECT_THAT(copy(bytes), ElementsAre("G0", "V", "C"));
  EXPECT_TRUE(peers::read_file(dest()) == bytes);
  EXPECT_EQ(mode_of(dest()), 0640U);
  EXPECT_THAT(names(), ElementsAre("dest"));
  EXPECT_THAT(copy(bytes), ElementsAre("S"));
  EXPECT_THAT(copy(""), ElementsAre("G0", "V", "C"));
  EXPECT_EQ(peers::read_file(dest()), "");
}

TEST_P(CopyLineTest, StrangeNamesArriveAsTheyAre) {
  for (const std::string name : {"with space", "-rf", "a'b\"c", "new\nline\n\nx", "$(touch x)`id`",
                                 "*", "\\n", "~", "é\xff"}) {
    EXPECT_THAT(copy("x", {folder_.file(name), "", ""}), ElementsAre("G0", "V", "C")) << name;
    EXPECT_EQ(peers::read_file(folder_.file(name)), "x") << name;
    std::filesystem::remove(folder_.file(name));
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_P(CopyLineTest, HomeAndFoldersAsDestinations) {
  EXPECT_THAT(copy("x", {"~/in home", "", ""}), ElementsAre("G0", "V", "C"));
  EXPECT_EQ(peers::read_file(folder_.file("in home")), "x");
  EXPECT_THAT(copy("y", {folder_.path(), "", ""}), ElementsAre("G0", "V", "C"));
  EXPECT_THAT(copy("y", {folder_.path() + "/", "", ""}), ElementsAre("S"));
  EXPECT_EQ(peers::read_file(folder_.file("its name")), "y");
  std::filesystem::remove(folder_.file("its name"));
  std::filesystem::create_directory(folder_.file("its name"));
  EXPECT_THAT(copy("y", {folder_.path(), "", ""}), ElementsAre("Xfolder "));
  EXPECT_THAT(copy("y", {folder_.file("no/such"), "", ""}), ElementsAre("Xparent "));
  EXPECT_THAT(copy("y", {folder_.file("no") + "/", "", ""}), ElementsAre("Xparent "));
  EXPECT_THAT(copy("y", {"/dev/null", "", ""}), ElementsAre("Xspecial "));
}

TEST_P(CopyLineTest, AttributesOfWhatIsThereStayUnlessOthersAreAskedFor) {
  peers::write_file(dest(), "old", 0604);
  EXPECT_THAT(copy("new"), ElementsAre("G0", "V", "C"));
  EXPECT_EQ(mode_of(dest()), 0604U);
  EXPECT_THAT(copy("newer", {"", "0751", ""}), ElementsAre("G0", "V", "C"));
  EXPECT_EQ(mode_of(dest()), 0751U);
  EXPECT_THAT(copy("newer", {"", "751", ""}), ElementsAre("S"));
  EXPECT_THAT(copy("newer", {"", "600", ""}), ElementsAre("C"));
  EXPECT_EQ(mode_of(dest()), 0600U);
}

TEST_P(CopyLineTest, OwnersAreSetOrNamedWhereTheyCannotBe) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root changes owners";
  EXPECT_THAT(copy("x", {"", "", "1:2"}), ElementsAre("G0", "V", "C"));
  struct stat status {};
  ASSERT_EQ(::stat(dest().c_str(), &status), 0);
  EXPECT_EQ(std::pair(status.st_uid, status.st_gid), std::pair(1U, 2U));
  EXPECT_THAT(copy("y"), ElementsAre("G0", "V", "C"));
  ASSERT_EQ(::stat(dest().c_str(), &status), 0);
  EXPECT_EQ(std::pair(status.st_uid, status.st_gid), std::pair(1U, 2U));
  EXPECT_THAT(copy("y", {"", "", "3"}), ElementsAre("C"));
  const Words refused = copy("z", {"", "", "no-such-user"});
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0], HasSubstr("Xowner "));
  EXPECT_THAT(refused[0], HasSubstr("no-such-user"));
  EXPECT_EQ(peers::read_file(dest()), "y");
  EXPECT_THAT(names(), ElementsAre("dest"));
}

TEST_P(CopyLineTest, LinksAreReplacedAndWhatTheyPointToStays) {
  peers::write_file(folder_.file("target"), "same");
  std::filesystem::create_symlink("target", dest());
  EXPECT_THAT(copy("same"), ElementsAre("G0", "V", "C"));
  EXPECT_FALSE(std::filesystem::is_symlink(dest()));
  EXPECT_THAT(copy("other"), ElementsAre("G0", "V", "C"));
  EXPECT_EQ(peers::read_file(folder_.file("target")), "same");
}

TEST_P(CopyLineTest, CutFileStaysForTheNextTryWhichGoesOn) {
  const std::string bytes = many_bytes();
  peers::write_file(dest(), "old");
  EXPECT_THAT(copy(bytes, {}, bytes.substr(0, 100'000)), ElementsAre("G0", "Xshort 100000"));
  EXPECT_EQ(peers::read_file(dest()), "old");
  ASSERT_EQ(names().size(), 2U);
  EXPECT_THAT(names()[0], testing::StartsWith(partial_name(facts_of(bytes)) + "."));
  EXPECT_EQ(mode_of(folder_.file(names()[0])), 0600U);

  const std::string sum = crypto::sha256_hex(bytes.substr(0, 100'000));
  EXPECT_THAT(copy(bytes, {}, "y\n" + bytes.substr(100'000)),
              ElementsAre("P100000 " + sum, "G100000", "V", "C"));
  EXPECT_TRUE(peers::read_file(dest()) == bytes);
  EXPECT_THAT(names(), ElementsAre("dest"));
}

TEST_P(CopyLineTest, WhatIsNoBeginningIsStartedAnew) {
  const std::string bytes = "0123456789";
  leave_partial(bytes, "01x");
  EXPECT_THAT(copy(bytes, {}, "n\n" + bytes),
              ElementsAre("P3 " + crypto::sha256_hex("01x"), "G0", "V", "C"));
  leave_partial("abc", "longer than it");
  EXPECT_THAT(copy("abc"), ElementsAre("G0", "V", "C"));
  leave_partial("abcd", "");
  EXPECT_THAT(copy("abcd"), ElementsAre("G0", "V", "C"));
  EXPECT_THAT(names(), ElementsAre("dest"));
}

TEST_P(CopyLineTest, PartialsOfOthersAndOfThoseStillAtWorkAreLeftAlone) {
  const std::string bytes = "0123456789";
  const std::string busy =
      folder_.file(partial_name(facts_of(bytes)) + "." + std::to_string(::getpid()) + ".part");
  peers::write_file(busy, "0123");
  EXPECT_THAT(copy(bytes), ElementsAre("G0", "V", "C"));
  EXPECT_EQ(peers::read_file(busy), "0123");
  std::filesystem::remove(busy);
  std::filesystem::remove(dest());

  peers::write_file(folder_.file("elsewhere"), "0123");
  const std::string link = folder_.file(partial_name(facts_of(bytes)) + ".999999.part");
  std::filesystem::create_symlink("elsewhere", link);
  EXPECT_THAT(copy(bytes), ElementsAre("G0", "V", "C"));
  EXPECT_EQ(peers::read_file(folder_.file("elsewhere")), "0123");
  std::filesystem::remove(link);
  std::filesystem::remove(dest());
  if (::geteuid() != 0) return;
  const std::string foreign = leave_partial(bytes, "0123");
  ASSERT_EQ(::chown(foreign.c_str(), 1, 1), 0);
  EXPECT_THAT(copy(bytes), ElementsAre("G0", "V", "C"));
  EXPECT_EQ(peers::read_file(foreign), "0123");
}

TEST_P(CopyLineTest, ChangedBytesAreRefusedAndRemoved) {
  peers::write_file(dest(), "old");
  EXPECT_THAT(copy("0123456789", {}, "0123456780"), ElementsAre("G0", "Xsum "));
  EXPECT_EQ(peers::read_file(dest()), "old");
  EXPECT_THAT(names(), ElementsAre("dest"));
}

TEST_P(CopyLineTest, FolderThatMayNotBeWrittenSaysSo) {
  if (::geteuid() == 0) {
    const Words refused = copy("x", {"/proc/self/x", "", ""});
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_THAT(refused[0], HasSubstr("Xwrite "));
  }
}

class Tree {
 public:
  Tree& folder(const std::string& path) {
    add({path, TreeEntry::Type::folder, 0755, 0, "", ""}, "");
    return *this;
  }
  Tree& file(const std::string& path, const std::string& bytes, std::uint32_t mode = 0644) {
    add({path, TreeEntry::Type::file, mode, static_cast<std::int64_t>(bytes.size()), "",
         crypto::sha256_hex(bytes)},
        bytes);
    return *this;
  }
  Tree& link(const std::string& path, const std::string& target) {
    add({path, TreeEntry::Type::symlink, 0777, 0, target, ""}, "");
    return *this;
  }
  const SourceFacts& facts() const { return facts_; }
  /// What goes to a host that lacks these members.
  std::string sent(const std::vector<std::size_t>& members) const {
    std::string stream = "t 64\n";
    for (const std::size_t index : members) {
      const TreeEntry& entry = facts_.entries.at(index);
      TarMember tar;
      tar.path = entry.path;
      tar.mode = entry.mode;
      tar.size_bytes = entry.size_bytes;
      if (entry.type == TreeEntry::Type::symlink) tar.type = TarMember::Type::symlink;
      tar.link_target = entry.link_target;
      stream += tar_header(tar) + contents_.at(index);
      stream.append(static_cast<std::size_t>(tar_padding(entry.size_bytes)), '\0');
    }
    return stream.append(kTarEndBytes, '\0');
  }

 private:
  void add(TreeEntry entry, const std::string& bytes) {
    facts_.entries.push_back(std::move(entry));
    contents_.push_back(bytes);
    facts_.size_bytes += static_cast<std::int64_t>(bytes.size());
    facts_.sha256_hex = crypto::sha256_hex(facts_.sha256_hex + facts_.entries.back().path + bytes);
  }
  SourceFacts facts_;
  std::vector<std::string> contents_;
};

TEST_P(CopyLineTest, FolderArrivesWithAllThatIsInIt) {
  const std::string far(120, 'n');
  Tree tree;
  tree.folder("a b").file("a b/x'y\nz", "one").folder("empty").file("run.sh", "#!/bin/sh\n", 0755);
  tree.link("latest", "a b/" + far).folder(far).file(far + "/" + far, many_bytes(100'000));
  tree.file("-rf", "");
  const CopyOrder order{dest(), "", ""};
  EXPECT_THAT(copy_folder(tree.facts(), order, tree.sent({1, 3, 4, 6, 7})),
              ElementsAre("N1", "N3", "N4", "N6", "N7", "G0", "V", "C"));
  EXPECT_THAT(names(dest()), ElementsAre("-rf", "a b", "empty", "latest", far, "run.sh"));
  EXPECT_EQ(peers::read_file(dest() + "/a b/x'y\nz"), "one");
  EXPECT_TRUE(peers::read_file(dest() + "/" + far + "/" + far) == many_bytes(100'000));
  EXPECT_EQ(std::filesystem::read_symlink(dest() + "/latest"), "a b/" + far);
  EXPECT_EQ(mode_of(dest() + "/run.sh"), 0755U);
  EXPECT_EQ(mode_of(dest() + "/a b/x'y\nz"), 0644U);
  EXPECT_THAT(copy_folder(tree.facts(), order, "-\n"), ElementsAre("G0", "V", "S"));

  std::filesystem::remove(dest() + "/run.sh");
  peers::write_file(dest() + "/run.sh", "changed here", 0700);
  peers::write_file(dest() + "/mine", "stays");
  std::filesystem::remove(dest() + "/latest");
  std::filesystem::create_directory_symlink("empty", dest() + "/latest");
  EXPECT_THAT(copy_folder(tree.facts(), order, tree.sent({3, 4})),
              ElementsAre("N3", "N4", "G0", "V", "C"));
  EXPECT_EQ(peers::read_file(dest() + "/run.sh"), "#!/bin/sh\n");
  EXPECT_EQ(mode_of(dest() + "/run.sh"), 0700U);
  EXPECT_EQ(std::filesystem::read_symlink(dest() + "/latest"), "a b/" + far);
  EXPECT_THAT(names(dest() + "/empty"), IsEmpty());
  EXPECT_THAT(names(dest()), ElementsAre("-rf", "a b", "empty", "latest", "mine", far, "run.sh"));
}

TEST_P(CopyLineTest, CutFolderKeepsWhatCameWholeAndPutsNothingInPlace) {
  Tree tree;
  tree.file("a", "first").file("b", many_bytes());
  std::filesystem::create_directory(dest());
  peers::write_file(dest() + "/a", "old");
  const CopyOrder order{dest() + "///", "", ""};
  const std::string sent = tree.sent({0, 1});
  EXPECT_THAT(copy_folder(tree.facts(), order, sent.substr(0, 50'000)),
              testing::AllOf(testing::Contains("G0"), testing::Not(testing::Contains("C"))));
  EXPECT_EQ(peers::read_file(dest() + "/a"), "old");
}

TEST_P(CopyLineTest, FolderLeftByACutIsGoneOnWith) {
  Tree tree;
  tree.file("a", "first").file("b", "second");
  std::filesystem::create_directory(dest());
  const std::string left = dest() + "/" + partial_name(tree.facts()) + ".999999.part";
  std::filesystem::create_directory(left);
  peers::write_file(left + "/a", "first");
  peers::write_file(left + "/b", "sec");
  EXPECT_THAT(copy_folder(tree.facts(), {dest(), "0600", ""}, tree.sent({1})),
              ElementsAre("N1", "G0", "V", "C"));
  EXPECT_THAT(names(dest()), ElementsAre("a", "b"));
  EXPECT_EQ(peers::read_file(dest() + "/a"), "first");
  EXPECT_EQ(peers::read_file(dest() + "/b"), "second");
  EXPECT_EQ(mode_of(dest() + "/a"), 0600U);
}

TEST_P(CopyLineTest, FolderThatDoesNotFitIsRefusedBeforeAnythingIsMade) {
  Tree tree;
  tree.folder("x").file("y", "1");
  peers::write_file(dest(), "");
  EXPECT_THAT(copy_folder(tree.facts(), {dest(), "", ""}, "-\n"), ElementsAre("Xfile "));
  EXPECT_THAT(copy_folder(tree.facts(), {dest() + "/no/such", "", ""}, "-\n"),
              ElementsAre("Xparent "));
  std::filesystem::remove(dest());
  std::filesystem::create_directories(dest() + "/y");
  EXPECT_THAT(copy_folder(tree.facts(), {dest(), "", ""}, "-\n"), ElementsAre("Xclash 1"));
  std::filesystem::remove(dest() + "/y");
  peers::write_file(dest() + "/x", "");
  EXPECT_THAT(copy_folder(tree.facts(), {dest(), "", ""}, "-\n"), ElementsAre("Xclash 0"));
  EXPECT_THAT(names(dest()), ElementsAre("x"));
}

TEST_P(CopyLineTest, ChangedMemberIsRefusedAndRemoved) {
  Tree tree;
  tree.file("a", "first").file("b", "second");
  Tree other;
  other.file("a", "first").file("b", "sec0nd");
  EXPECT_THAT(copy_folder(tree.facts(), {dest(), "", ""}, other.sent({0, 1})),
              ElementsAre("N0", "N1", "G0", "Xsum "));
  EXPECT_THAT(names(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Shells, CopyLineTest, testing::ValuesIn(shells_seen_as_bin_sh()),
                         [](const auto& shell) { return base_name(shell.param); });

}  // namespace
}  // namespace om::backend
