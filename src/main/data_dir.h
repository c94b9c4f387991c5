// SPDX-License-Identifier: MIT
//
// DataDir: the folder a controller lives in, and the lock that says which process is the
// controller. Made (0700) at first use. Main's thread; the lock is held as long as the object
// lives.
#pragma once

#include <string>

#include "om/base/fd.h"
#include "om/base/result.h"

namespace om::main {

/// /var/lib/omserver for root, else $XDG_DATA_HOME/omserver or ~/.local/share/omserver.
std::string default_data_dir();

class DataDir {
 public:
  /// Makes the folder and those below it, and takes the lock without waiting. Fails with conflict
  /// "data.locked" when another controller holds it.
  static Result<DataDir> lock(const std::string& path);

  std::string database() const { return path_ + "/omserver.db"; }
  std::string secret_key() const { return path_ + "/secret.key"; }
  std::string known_hosts() const { return path_ + "/known_hosts"; }
  std::string modules() const { return path_ + "/modules"; }
  std::string files() const { return path_ + "/files"; }
  static std::string control_socket(const std::string& path) { return path + "/control.sock"; }
  const std::string& path() const { return path_; }

 private:
  DataDir(std::string path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  Fd lock_;
};

}  // namespace om::main
