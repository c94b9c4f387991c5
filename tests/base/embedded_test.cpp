// SPDX-License-Identifier: MIT
//
// The embedded table against the files it was made from.

#include "om/base/embedded.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/paths.h"

namespace om::base {
namespace {

namespace fs = std::filesystem;

std::string read_source(std::string_view path) {
  std::ifstream in(test::source_dir() / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(EmbeddedTest, PathsAreSortedAndUnique) {
  const auto files = embedded_files();
  EXPECT_TRUE(std::ranges::is_sorted(files, {}, &EmbeddedFile::path));
  EXPECT_EQ(std::ranges::adjacent_find(files, {}, &EmbeddedFile::path), files.end());
}

TEST(EmbeddedTest, BytesAreThoseOfTheFile) {
  for (const auto& file : embedded_files()) {
    EXPECT_EQ(file.bytes, read_source(file.path)) << file.path;
    EXPECT_EQ(file.bytes.data()[file.bytes.size()], '\0') << file.path;
    EXPECT_EQ(file.sha256_hex.size(), 64U) << file.path;
  }
}

TEST(EmbeddedTest, EveryFileOfTheFoldersIsThere) {
  for (const char* folder : {"assets", "modules", "migrations"}) {
    const fs::path root = test::source_dir();
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto path = entry.path().lexically_relative(root).string();
      if (!entry.is_regular_file() || path.find("/.") != std::string::npos || path.ends_with('~'))
        continue;
      EXPECT_NE(find_embedded(path), nullptr) << path;
    }
  }
}

TEST(EmbeddedTest, FindsByExactPathOnly) {
  for (const auto& file : embedded_files()) {
    EXPECT_EQ(find_embedded(file.path), &file);
    EXPECT_EQ(find_embedded(file.path.substr(1)), nullptr);
  }
  EXPECT_EQ(find_embedded(""), nullptr);
  EXPECT_EQ(find_embedded("~"), nullptr);
}

TEST(EmbeddedTest, UnderAFolderAreItsFiles) {
  const auto files = embedded_files();
  const auto expected = std::ranges::count_if(
      files, [](const EmbeddedFile& file) { return file.path.starts_with("migrations/"); });
  const auto found = embedded_under("migrations/");
  EXPECT_EQ(std::ssize(found), expected);
  for (const auto& file : found) EXPECT_TRUE(file.path.starts_with("migrations/")) << file.path;
  EXPECT_EQ(embedded_under("").size(), files.size());
  EXPECT_TRUE(embedded_under("nowhere/").empty());
}

}  // namespace
}  // namespace om::base
