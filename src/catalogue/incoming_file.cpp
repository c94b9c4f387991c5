// SPDX-License-Identifier: MIT
#include "om/catalogue/incoming_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "om/base/errno_error.h"
#include "om/base/text.h"
#include "om/catalogue/application_file.h"

namespace om::catalogue {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr std::size_t kKeyBytes = 8;

Error about(std::string_view name, Errc code, std::string_view reason, const std::string& why) {
  return fail(code, reason, "files/" + std::string(name) + ": " + why);
}

Error bad_name(std::string_view why) {
  return fail(Errc::invalid_argument, "file.bad_name",
              "this cannot be the name of a file below files/: " + std::string(why));
}

Error not_found(std::string_view name) {
  return about(name, Errc::not_found, "file.not_found", "there is no such file");
}

Result<void> check_name(std::string_view name) {
  if (is_application_file_name(name)) return {};
  return bad_name("give parts between slashes, none empty, hidden or with control characters");
}

}  // namespace

Error IncomingFile::failed(int error_number) const {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return about(name_, Errc::io, "file.no_room",
                   "there is no room for it on the controller's disk (" + errno_text(error_number) +
                       "): make some and send it again");
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
      return about(name_, Errc::conflict, "file.in_the_way",
                   "a folder, link or file stands in its way: remove that or choose another name");
    case ENAMETOOLONG:
      return bad_name("a part of it is too long");
    default:
      return error_from_errno("files/" + name_, error_number);
  }
}

Result<std::unique_ptr<IncomingFile>> IncomingFile::create(const std::string& data_dir,
                                                           std::string_view name) {
  OM_TRY(check_name(name));
  std::unique_ptr<IncomingFile> file(new IncomingFile(name));
  OM_TRY(file->open(data_dir));
  return file;
}

Result<void> IncomingFile::open(const std::string& data_dir) {
  const std::string root = data_dir + "/files";
  if (::mkdir(root.c_str(), kFolderMode) != 0 && errno != EEXIST) return failed(errno);
  folder_ = Fd(::open(root.c_str(), kFolder));
  if (!folder_.is_open()) return failed(errno);
  const std::vector<std::string_view> parts = text::split(name_, '/');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string part(parts[i]);
    const bool made = ::mkdirat(folder_.get(), part.c_str(), kFolderMode) == 0;
    if (!made && errno != EEXIST) return failed(errno);
    Fd next(::openat(folder_.get(), part.c_str(), kFolder));
    const int reason = errno;
    if (made) made_.emplace_back(std::move(folder_), part);
    if (!next.is_open()) return failed(reason);
    folder_ = std::move(next);
  }
  last_ = parts.back();
  struct stat status {};
  if (::fstatat(folder_.get(), last_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (!S_ISREG(status.st_mode)) return failed(EISDIR);
  } else if (errno != ENOENT) {
    return failed(errno);
  }
  const std::string name = ".upload-" + crypto::hex(crypto::random_bytes(kKeyBytes)) + ".part";
  file_ = Fd(::openat(folder_.get(), name.c_str(),
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file_.is_open()) return failed(errno);
  temporary_ = name;
  return {};
}

IncomingFile::~IncomingFile() {
  if (!temporary_.empty()) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
  // Those that another file has come into meanwhile stay.
  for (auto it = made_.rbegin(); it != made_.rend(); ++it) {
    ::unlinkat(it->first.get(), it->second.c_str(), AT_REMOVEDIR);
  }
}

Result<void> IncomingFile::write(std::string_view bytes) {
  hash_.update(bytes);
  written_ += static_cast<std::int64_t>(bytes.size());
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<StoredFile> IncomingFile::flush() {
  if (::fsync(file_.get()) != 0) return failed(errno);
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return failed(errno);
  StoredFile stored;
  stored.path = name_;
  stored.size_bytes = written_;
  stored.sha256 = crypto::hex(hash_.finish());
  stored.modified_ms = status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000;
  return stored;
}

Result<void> IncomingFile::put_in_place() {
  if (::renameat(folder_.get(), temporary_.c_str(), folder_.get(), last_.c_str()) != 0) {
    return failed(errno);
  }
  temporary_.clear();
  if (::fsync(folder_.get()) != 0) return failed(errno);
  for (const auto& [parent, name] : made_) {
    if (::fsync(parent.get()) != 0) return failed(errno);
  }
  made_.clear();
  return {};
}

Result<void> remove_application_file(const std::string& data_dir, std::string_view name) {
  OM_TRY(check_name(name));
  Fd folder(::open((data_dir + "/files").c_str(), kFolder));
  const std::vector<std::string_view> parts = text::split(name, '/');
  for (std::size_t i = 0; i + 1 < parts.size() && folder.is_open(); ++i) {
    folder = Fd(::openat(folder.get(), std::string(parts[i]).c_str(), kFolder));
  }
  struct stat status {};
  const std::string last(parts.back());
  if (!folder.is_open() ||
      ::fstatat(folder.get(), last.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return not_found(name);
  }
  const bool is_folder = S_ISDIR(status.st_mode);
  if (!is_folder && !S_ISREG(status.st_mode)) {
    return about(name, Errc::invalid_argument, "file.bad_name",
                 "it is neither a file nor a folder: remove it on the controller itself");
  }
  if (::unlinkat(folder.get(), last.c_str(), is_folder ? AT_REMOVEDIR : 0) != 0) {
    if (errno == ENOENT) return not_found(name);
    if (errno == ENOTEMPTY || errno == EEXIST) {
      return about(name, Errc::conflict, "file.folder_not_empty",
                   "the folder is not empty: remove what is in it first");
    }
    return error_from_errno("files/" + std::string(name), errno);
  }
  if (::fsync(folder.get()) != 0) return error_from_errno("files/" + std::string(name), errno);
  return {};
}

}  // namespace om::catalogue
