// SPDX-License-Identifier: MIT
//
// SourceFiles: files of this machine to be copied from, in a folder of a test's own, and the
// threads that read them. Destroyed before the loop that their readers run on.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "peers/sshd_fixture.h"

#include "om/backend/copy_source.h"
#include "om/event/disk_threads.h"

namespace om::backend {

class SourceFiles {
 public:
  explicit SourceFiles(CopySource::Limits limits = {}) : limits_(limits) {}

  const std::string& path() const { return folder_.path(); }
  std::string file(const std::string& name) const { return folder_.file(name); }
  void write(const std::string& name, std::string_view bytes, mode_t mode = 0644) const {
    std::filesystem::create_directories(std::filesystem::path(file(name)).parent_path());
    peers::write_file(file(name), bytes, mode);
  }
  Result<std::shared_ptr<CopySource>> try_open(const std::string& name, std::uint32_t mode = 0) {
    return CopySource::open(disk_, Fd(::open(file(name).c_str(), O_RDONLY | O_CLOEXEC)), name, mode,
                            limits_);
  }
  std::shared_ptr<CopySource> open(const std::string& name, std::uint32_t mode = 0) {
    auto source = try_open(name, mode);
    EXPECT_TRUE(source) << source.error().message;
    return std::move(source).value();
  }
  /// Writes it and opens it.
  std::shared_ptr<CopySource> holding(const std::string& name, std::string_view bytes) {
    write(name, bytes);
    return open(name);
  }

 private:
  const CopySource::Limits limits_;
  peers::TemporaryFolder folder_;
  event::DiskThreads disk_;
};

/// Bytes of every value, without a period that chunks could hide.
inline std::string patterned(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t random = 12345;
  for (char& byte : bytes) {
    random = random * 1664525 + 1013904223;
    byte = static_cast<char>(random >> 24);
  }
  return bytes;
}

}  // namespace om::backend
