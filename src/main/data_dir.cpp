// SPDX-License-Identifier: MIT
#include "main/data_dir.h"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "om/base/errno_error.h"
#include "om/base/files.h"

namespace om::main {

std::string default_data_dir() {
  if (::geteuid() == 0) return "/var/lib/omserver";
  const char* data_home = std::getenv("XDG_DATA_HOME");
  if (data_home != nullptr && *data_home != '\0') return std::string(data_home) + "/omserver";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/share/omserver";
}

Result<DataDir> DataDir::lock(const std::string& path) {
  OM_TRY(files::make_directories(path, 0700));
  for (const char* folder : {"/modules", "/modules/ssh", "/files", "/logs"}) {
    OM_TRY(files::make_directories(path + folder, 0700));
  }
  Fd fd(::open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.is_open()) return error_from_errno(path + "/lock", errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return error_from_errno(path + "/lock", errno);
    return fail(Errc::conflict, "data.locked", "another omserver process is using " + path);
  }
  return DataDir(path, std::move(fd));
}

}  // namespace om::main
