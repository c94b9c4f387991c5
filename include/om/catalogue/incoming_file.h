// SPDX-License-Identifier: MIT
//
// IncomingFile: a file on its way into DATA/files/. It is written under a hidden temporary name
// beside its place, and is there under its own name only when put_in_place() has succeeded;
// destroyed before, it leaves nothing, folders that were made for it included. The name is hostile,
// as in application_file.h. Blocks on the disk; one thread. Errors: "file.bad_name",
// "file.in_the_way", "file.no_room", or what the system said.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "om/base/clock.h"
#include "om/base/crypto.h"
#include "om/base/fd.h"
#include "om/base/result.h"

namespace om::catalogue {

struct StoredFile {
  std::string path;  ///< below DATA/files/
  std::int64_t size_bytes = 0;
  std::string sha256;  ///< hex
  WallMs modified_ms = 0;
};

class IncomingFile {
 public:
  static Result<std::unique_ptr<IncomingFile>> create(const std::string& data_dir,
                                                      std::string_view name);
  ~IncomingFile();
  IncomingFile(const IncomingFile&) = delete;
  IncomingFile& operator=(const IncomingFile&) = delete;

  Result<void> write(std::string_view bytes);
  /// All of it is written: onto the disk with it.
  Result<StoredFile> flush();
  /// In place of the file of that name, if there is one.
  Result<void> put_in_place();

 private:
  explicit IncomingFile(std::string_view name) : name_(name) {}
  Result<void> open(const std::string& data_dir);
  Error failed(int error_number) const;

  const std::string name_;
  std::string last_;  ///< part of the name
  std::string temporary_;
  Fd folder_;
  Fd file_;
  std::vector<std::pair<Fd, std::string>> made_;  ///< folders, with what each is in
  std::int64_t written_ = 0;
  crypto::Sha256 hash_;
};

/// Removes a file below DATA/files/, or an empty folder. not_found "file.not_found"; conflict
/// "file.folder_not_empty"; invalid_argument "file.bad_name".
Result<void> remove_application_file(const std::string& data_dir, std::string_view name);

}  // namespace om::catalogue
