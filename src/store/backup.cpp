// SPDX-License-Identifier: MIT
#include "store/backup.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "om/base/errno_error.h"
#include "om/base/fd.h"

namespace om::store {
namespace {

Result<void> make_empty(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return error_from_errno(path, errno);
  return {};
}

Result<void> sync(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) return error_from_errno(path, errno);
  return {};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

Result<void> vacuum_into(Connection& connection, const std::string& partial,
                         const std::string& path) {
  // VACUUM INTO fills an empty file; making it first gives it its mode.
  OM_TRY(make_empty(partial));
  OM_TRY(connection.execute("VACUUM INTO ?1", partial));
  OM_TRY(sync(partial));
  if (std::rename(partial.c_str(), path.c_str()) != 0) return error_from_errno(path, errno);
  return sync(folder_of(path));
}

}  // namespace

Result<void> back_up(Connection& connection, const std::string& path) {
  const std::string partial = path + ".partial";
  auto done = vacuum_into(connection, partial, path);
  if (!done) ::unlink(partial.c_str());
  return done;
}

}  // namespace om::store
