// SPDX-License-Identifier: MIT
//
// The library's memory: bounded, zeroed, and gone as a whole (checked by the address sanitizer).
#include "ssh/session_memory.h"

#include <cstring>

#include <gtest/gtest.h>

namespace om::ssh {
namespace {

TEST(SessionMemoryTest, GivesZeroedBlocksUpToItsLimit) {
  SessionMemory memory(1000);
  auto* block = static_cast<char*>(memory.allocate(600));
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(std::string_view(block, 600), std::string(600, '\0'));
  EXPECT_EQ(memory.allocate(401), nullptr);
  EXPECT_EQ(memory.allocate(static_cast<std::size_t>(-1)), nullptr);
  EXPECT_NE(memory.allocate(400), nullptr);
  memory.release(block);
  EXPECT_EQ(memory.in_use(), 400u);
  EXPECT_NE(memory.allocate(600), nullptr);
}

TEST(SessionMemoryTest, ResizesAsReallocDoes) {
  SessionMemory memory(1000);
  auto* block = static_cast<char*>(memory.resize(nullptr, 4));
  std::memcpy(block, "abcd", 4);
  block = static_cast<char*>(memory.resize(block, 8));
  EXPECT_EQ(std::string_view(block, 8), std::string_view("abcd\0\0\0\0", 8));
  block = static_cast<char*>(memory.resize(block, 2));
  EXPECT_EQ(std::string_view(block, 2), "ab");
  EXPECT_EQ(memory.in_use(), 2u);
  EXPECT_EQ(memory.resize(block, 2000), nullptr);
  EXPECT_EQ(std::string_view(block, 2), "ab");
}

TEST(SessionMemoryTest, ForgetsBlocksInAnyOrder) {
  SessionMemory memory(1000);
  void* blocks[5];
  for (void*& block : blocks) block = memory.allocate(10);
  for (const int i : {2, 0, 4}) memory.release(blocks[i]);
  memory.release(nullptr);
  EXPECT_EQ(memory.in_use(), 20u);
}

}  // namespace
}  // namespace om::ssh
