// SPDX-License-Identifier: MIT
#include "om/backend/copy_source.h"

#include <filesystem>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "backend/source_files.h"
#include "support/loop.h"

#include "om/base/crypto.h"

namespace om::backend {
namespace {

using testing::HasSubstr;

class CopySourceTest : public testing::Test {
 protected:
  Result<std::shared_ptr<const SourceFacts>> examine(CopySource& source) {
    std::optional<Result<std::shared_ptr<const SourceFacts>>> got;
    source.examine(loop_.reactor(), [&](const auto& facts) { got = facts; });
    EXPECT_FALSE(got) << "told from inside the call";
    EXPECT_TRUE(loop_.until([&] { return got.has_value(); }));
    return *got;
  }
  std::string prefix(CopySource& source, std::int64_t bytes) {
    std::optional<std::string> got;
    source.prefix_sha256(loop_.reactor(), bytes, [&](const Result<std::string>& hash) {
      got = hash ? *hash : hash.error().reason;
    });
    EXPECT_TRUE(loop_.until([&] { return got.has_value(); }));
    return *got;
  }
  Result<std::string> read(CopySource& source, std::int64_t offset) {
    std::optional<Result<std::string>> got;
    source.read(loop_.reactor(), offset, [&](const Result<CopySource::Piece>& piece) {
      got = piece ? Result<std::string>(piece->chunk->substr(piece->skip)) : piece.error();
    });
    EXPECT_FALSE(got) << "told from inside the call";
    EXPECT_TRUE(loop_.until([&] { return got.has_value(); }));
    return *got;
  }
  std::string read_range(CopySource& source, ByteRange range) {
    std::string bytes;
    while (range.begin < range.end) {
      const Result<std::string> piece = read(source, range.begin);
      if (!piece) return piece.error().reason;
      bytes += piece->substr(0, static_cast<std::size_t>(range.end - range.begin));
      range.begin += static_cast<std::int64_t>(piece->size());
    }
    return bytes;
  }
  static CopySource::Limits small() { return {1000, 4000}; }

  test::Loop loop_;
  SourceFiles files_{small()};
};

TEST_F(CopySourceTest, FileIsHashedAndReadByteForByte) {
  const std::string bytes = patterned(12'345);
  const auto source = files_.holding("a", bytes);
  const auto facts = examine(*source);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ((*facts)->size_bytes, 12'345);
  EXPECT_EQ((*facts)->sha256_hex, crypto::sha256_hex(bytes));
  EXPECT_EQ(read_range(*source, {0, 12'345}), bytes);
  EXPECT_EQ(read_range(*source, {4'321, 12'345}), bytes.substr(4'321));
  EXPECT_EQ(source->mode(), 0644U);
}

TEST_F(CopySourceTest, HashOfAnyBeginningIsKnown) {
  const std::string bytes = patterned(20'000'000);  // past two of the marks
  const auto source = files_.holding("a", bytes);
  ASSERT_TRUE(examine(*source));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{8} << 20,
                                 (std::size_t{8} << 20) + 1, std::size_t{16} << 20, bytes.size()}) {
    EXPECT_EQ(prefix(*source, static_cast<std::int64_t>(size)),
              crypto::sha256_hex(std::string_view(bytes).substr(0, size)))
        << size;
  }
}

TEST_F(CopySourceTest, ReadersInStepCostOneRead) {
  const auto source = files_.holding("a", patterned(50'000));
  for (std::int64_t offset = 0; offset < 50'000; offset += 1000) {
    int told = 0;
    for (int reader = 0; reader < 20; ++reader) {
      source->read(loop_.reactor(), offset, [&](const auto& piece) { told += piece ? 1 : 0; });
    }
    ASSERT_TRUE(loop_.until([&] { return told == 20; }));
  }
  EXPECT_EQ(source->bytes_read(), 50'000);
}

TEST_F(CopySourceTest, WhoHasFallenBehindReadsAgainAndHoldsNobodyUp) {
  const std::string bytes = patterned(50'000);
  const auto source = files_.holding("a", bytes);
  ASSERT_EQ(read_range(*source, {0, 50'000}), bytes);
  EXPECT_EQ(read_range(*source, {47'000, 50'000}), bytes.substr(47'000));
  EXPECT_EQ(source->bytes_read(), 50'000) << "still in the window";
  EXPECT_EQ(read_range(*source, {0, 3'000}), bytes.substr(0, 3'000));
  EXPECT_EQ(source->bytes_read(), 53'000);
}

TEST_F(CopySourceTest, ChangeInPlaceIsAnErrorAndReplacementIsNot) {
  const std::string bytes = patterned(5'000);
  const auto source = files_.holding("a", bytes);
  ASSERT_TRUE(examine(*source));
  files_.write("b", "other");
  std::filesystem::rename(files_.file("b"), files_.file("a"));
  EXPECT_EQ(read_range(*source, {0, 5'000}), bytes) << "what was opened is what is read";

  const auto changing = files_.holding("c", bytes);
  ASSERT_TRUE(examine(*changing));
  files_.write("c", patterned(5'001));
  EXPECT_EQ(read(*changing, 0).error().reason, "copy.source_changed");
  EXPECT_EQ(prefix(*changing, 100), "copy.source_changed");
  const auto cut = files_.holding("d", bytes);
  std::filesystem::resize_file(files_.file("d"), 10);
  EXPECT_EQ(examine(*cut).error().reason, "copy.source_changed");
  EXPECT_EQ(examine(*cut).error().reason, "copy.source_changed") << "for later ones too";
}

TEST_F(CopySourceTest, FolderStreamIsWhatTarUnpacks) {
  const std::string far(150, 'n');
  files_.write("tree/a b/x'y\nz", "one");
  files_.write("tree/" + far + "/" + far, patterned(3'333));
  files_.write("tree/-rf", "", 0600);
  files_.write("tree/run.sh", "#!/bin/sh\n", 0777);
  ::chmod(files_.file("tree/run.sh").c_str(), 0777);
  std::filesystem::create_directory(files_.file("tree/empty"));
  std::filesystem::create_symlink(far + far, files_.file("tree/link"));
  const auto source = files_.open("tree");
  EXPECT_EQ(source->kind(), CopySource::Kind::folder);
  EXPECT_EQ(source->file_count(), 4U);
  const auto facts = examine(*source);
  ASSERT_TRUE(facts) << facts.error().message;
  const std::vector<TreeEntry>& entries = (*facts)->entries;
  std::vector<std::string> paths;
  std::vector<std::size_t> wanted;
  for (const TreeEntry& entry : entries) {
    paths.push_back(entry.path);
    if (entry.type != TreeEntry::Type::folder) wanted.push_back(wanted.size());
  }
  EXPECT_THAT(paths, testing::ElementsAre("-rf", "a b", "a b/x'y\nz", "empty", "link", far,
                                          far + "/" + far, "run.sh"));
  EXPECT_EQ(entries[7].mode, 0755U) << "nobody else may write the copy";
  EXPECT_EQ(entries[2].sha256_hex, crypto::sha256_hex("one"));

  std::string stream;
  for (const ByteRange& range : source->ranges_of({0, 2, 4, 6, 7})) {
    stream += read_range(*source, range);
  }
  for (const std::string tar : {"tar", "busybox"}) {
    SCOPED_TRACE(tar);
    const peers::TemporaryFolder out;
    peers::write_file(out.file("s.tar"), stream);
    std::vector<std::string> words{tar};
    if (tar == "busybox") words.emplace_back("tar");
    for (const std::string& word :
         {std::string("-xf"), out.file("s.tar"), std::string("-C"), out.path()}) {
      words.push_back(word);
    }
    const peers::CommandResult unpacked = peers::run_program(words);
    EXPECT_EQ(unpacked.exit_status, 0) << unpacked.output;
    EXPECT_EQ(peers::read_file(out.file("a b/x'y\nz")), "one");
    EXPECT_EQ(peers::read_file(out.file(far + "/" + far)), patterned(3'333));
    EXPECT_EQ(std::filesystem::read_symlink(out.file("link")), far + far);
    EXPECT_TRUE(std::filesystem::exists(out.file("-rf")));
  }
  stream.clear();
  for (const ByteRange& range : source->ranges_of({2})) stream += read_range(*source, range);
  EXPECT_EQ(stream.size(), 512U + 512U + 1024U) << "one member and the end";
}

TEST_F(CopySourceTest, MemberThatChangesIsAnError) {
  files_.write("tree/a", "one");
  const auto source = files_.open("tree");
  ASSERT_TRUE(examine(*source));
  std::filesystem::remove(files_.file("tree/a"));
  std::filesystem::create_symlink("/etc/passwd", files_.file("tree/a"));
  EXPECT_EQ(read(*source, 0).error().reason, "copy.source_changed");
}

TEST_F(CopySourceTest, WhatCannotBeCopiedIsRefused) {
  std::filesystem::create_directory(files_.file("tree"));
  ASSERT_EQ(::mkfifo(files_.file("tree/pipe").c_str(), 0600), 0);
  const auto refused = files_.try_open("tree");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "copy.source_refused");
  EXPECT_THAT(refused.error().message, HasSubstr("tree/pipe"));
  const auto device = CopySource::open(*std::make_unique<event::DiskThreads>(1),
                                       Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "null", 0);
  EXPECT_EQ(device.error().reason, "copy.source_refused");
  std::filesystem::remove(files_.file("tree/pipe"));
  for (std::size_t i = 0; i <= kMaxTreeEntries; ++i) {
    files_.write("tree/" + std::to_string(i), "");
  }
  EXPECT_THAT(files_.try_open("tree").error().message, HasSubstr("more than 10000"));
}

}  // namespace
}  // namespace om::backend
