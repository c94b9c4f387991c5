// SPDX-License-Identifier: MIT
#include "om/base/memory.h"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace om {
namespace {

long resident_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  long kib = 0;
  while (status >> word) {
    if (word == "VmRSS:") status >> kib;
  }
  return kib;
}

TEST(MemoryTest, GoesBackToTheSystemFromBetweenLivingBlocks) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  constexpr std::size_t kBlock = 60'000;  // too small for a mapping of its own
  std::vector<std::unique_ptr<char[]>> blocks;
  for (int i = 0; i < 2000; ++i) blocks.push_back(std::make_unique<char[]>(kBlock));
  const long full = resident_kib();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i % 50 != 49) blocks[i].reset();
  }
  return_unused_memory();
  EXPECT_LT(resident_kib(), full - 80'000);
}

}  // namespace
}  // namespace om
