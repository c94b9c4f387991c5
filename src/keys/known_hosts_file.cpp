// SPDX-License-Identifier: MIT
#include "keys/known_hosts_file.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

#include "om/base/crypto.h"
#include "om/base/errno_error.h"
#include "om/base/fd.h"
#include "om/base/files.h"

namespace om::keys {
namespace {

FileStamp stamp_from(const struct stat& status) {
  return {true, status.st_ino, status.st_size, status.st_mtim};
}

FileStamp stamp_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? stamp_from(status) : FileStamp{};
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return error_from_errno("write known_hosts", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> write_temporary(const std::string& path, std::string_view text) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.is_open()) return error_from_errno(path, errno);
  OM_TRY(write_all(fd.get(), text));
  if (::fsync(fd.get()) != 0) return error_from_errno("fsync " + path, errno);
  return {};
}

Result<void> sync_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) return error_from_errno("fsync " + folder, errno);
  return {};
}

/// Gives the temporary file the name, unless the name's file is not `base` any more. The exchange
/// makes that certain: what comes out is looked at, and put back when it is not what was read.
Result<bool> exchange(const std::string& temporary, const std::string& path,
                      const FileStamp& base) {
  if (!base.exists) {
    if (::link(temporary.c_str(), path.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    return error_from_errno(path, errno);
  }
  const auto swap = [&] {
    return ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0;
  };
  if (swap()) {
    if (stamp_of(temporary) == base) return true;
    if (!swap()) return error_from_errno(path, errno);
    return false;
  }
  if (errno == ENOENT) return false;
  if (errno != EINVAL && errno != ENOSYS) return error_from_errno(path, errno);
  // A file system that cannot: the look just before has to do.
  if (!(stamp_of(path) == base)) return false;
  if (::rename(temporary.c_str(), path.c_str()) != 0) return error_from_errno(path, errno);
  return true;
}

}  // namespace

bool FileStamp::operator==(const FileStamp& other) const {
  return exists == other.exists && inode == other.inode && size == other.size &&
         modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
}

FileStamp KnownHostsFile::stamp() const { return stamp_of(path_); }

Result<KnownHostsFile::Contents> KnownHostsFile::read() const {
  Contents contents;
  contents.stamp = stamp();
  if (!contents.stamp.exists) return contents;
  OM_TRY_SET(contents.text, files::read(path_, kLargestKnownHosts));
  return contents;
}

Result<void> KnownHostsFile::append(std::string lines) const {
  const Fd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd.is_open()) return error_from_errno("open " + path_, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return error_from_errno(path_, errno);
  char last = '\n';
  if (status.st_size > 0 && ::pread(fd.get(), &last, 1, status.st_size - 1) != 1) {
    return error_from_errno("read " + path_, errno);
  }
  if (last != '\n') lines.insert(0, 1, '\n');
  OM_TRY(write_all(fd.get(), lines));
  if (::fsync(fd.get()) != 0) return error_from_errno("fsync " + path_, errno);
  return {};
}

Result<bool> KnownHostsFile::replace(std::string_view text, const FileStamp& base,
                                     const std::function<Result<void>()>& confirm) const {
  if (text.size() > kLargestKnownHosts) {
    return fail(Errc::invalid_argument, "hostkey.file_full",
                path_ + " would be larger than the limit of " + std::to_string(kLargestKnownHosts) +
                    " bytes");
  }
  const std::string temporary = path_ + ".tmp-" + crypto::hex(crypto::random_bytes(6));
  Result<bool> replaced = false;
  if (Result<void> written = write_temporary(temporary, text); !written) {
    replaced = written.error();
  } else if (stamp() == base) {
    if (Result<void> confirmed = confirm(); !confirmed) {
      replaced = confirmed.error();
    } else {
      replaced = exchange(temporary, path_, base);
    }
  }
  ::unlink(temporary.c_str());
  if (!replaced || !*replaced) return replaced;
  OM_TRY(sync_folder_of(path_));
  return true;
}

}  // namespace om::keys
