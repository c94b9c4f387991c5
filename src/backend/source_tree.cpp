// SPDX-License-Identifier: MIT
#include "backend/source_tree.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "backend/tar_header.h"

#include "om/base/errno_error.h"
#include "om/base/text.h"

namespace om::backend {
namespace {

constexpr int kMostDepth = 64;

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Error refused(const std::string& name, const std::string& why) {
  return fail(Errc::invalid_argument, "copy.source_refused", name + ": " + why);
}

Error unreadable(const std::string& name, int error_number) {
  Error error = error_from_errno(name, error_number);
  error.reason = "copy.source_unreadable";
  return error;
}

Fd open_at(int folder, const std::string& path, int flags) {
  return Fd(::openat(folder, path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags));
}

class Scan {
 public:
  Scan(const std::string& name, std::uint32_t mode) : name_(name), mode_(mode) {}

  Result<void> walk(Fd folder, const std::string& prefix, int depth) {
    if (depth > kMostDepth) {
      return refused(name_, "its folders are nested deeper than " + std::to_string(kMostDepth));
    }
    OM_TRY_SET(const std::vector<std::string> names, names_in(std::move(folder), prefix));
    for (const std::string& member : names) OM_TRY(add(prefix + member, depth));
    return {};
  }

  std::vector<TreeMember> take() && { return std::move(members_); }

 private:
  /// Sorted. Keeps the folder in folders_.
  Result<std::vector<std::string>> names_in(Fd folder, const std::string& prefix) {
    std::vector<std::string> names;
    folders_.push_back(Fd(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0)));
    const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(folder.get()));
    if (!dir || !folders_.back().is_open()) return unreadable(name_ + "/" + prefix, errno);
    static_cast<void>(folder.release());  // the dir's now
    errno = 0;
    while (const dirent* found = ::readdir(dir.get())) {
      const std::string_view member = found->d_name;
      if (member != "." && member != "..") names.emplace_back(member);
      if (names.size() > kMaxTreeEntries) return too_many();
      errno = 0;
    }
    if (errno != 0) return unreadable(name_ + "/" + prefix, errno);
    std::ranges::sort(names);
    return names;
  }

  Result<void> add(const std::string& path, int depth) {
    const std::string shown = name_ + "/" + path;
    const std::string last = path.substr(path.rfind('/') + 1);
    const int folder = folders_.back().get();
    struct stat status {};
    if (::fstatat(folder, last.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return unreadable(shown, errno);
    }
    TreeMember member;
    member.entry.path = path;
    member.entry.mode = copied_mode(status.st_mode);
    member.stamp = FileStamp::of(status);
    if (S_ISREG(status.st_mode)) {
      if (mode_ != 0) member.entry.mode = mode_;
      member.entry.size_bytes = status.st_size;
    } else if (S_ISDIR(status.st_mode)) {
      member.entry.type = TreeEntry::Type::folder;
      member.entry.mode |= 0700;
    } else if (S_ISLNK(status.st_mode)) {
      member.entry.type = TreeEntry::Type::symlink;
      std::array<char, PATH_MAX> target{};
      const ssize_t size = ::readlinkat(folder, last.c_str(), target.data(), target.size());
      if (size < 0) return unreadable(shown, errno);
      member.entry.link_target.assign(target.data(), static_cast<std::size_t>(size));
    } else {
      return refused(shown, "it is neither a file, a folder nor a symbolic link: remove it");
    }
    OM_TRY(place(std::move(member)));
    if (!S_ISDIR(status.st_mode)) return {};
    Fd inner = open_at(folder, last, O_DIRECTORY);
    if (!inner.is_open()) return unreadable(shown, errno);
    OM_TRY(walk(std::move(inner), path + "/", depth + 1));
    folders_.pop_back();
    return {};
  }

  Result<void> place(TreeMember member) {
    name_bytes_ += member.entry.path.size() + member.entry.link_target.size();
    if (members_.size() == kMaxTreeEntries || name_bytes_ > kMaxTreeNameBytes) return too_many();
    member.begin = member.content = member.end = position_;
    if (member.entry.type != TreeEntry::Type::folder) {
      member.content += static_cast<std::int64_t>(tar_header(tar_member(member)).size());
      member.end = member.content + member.entry.size_bytes + tar_padding(member.entry.size_bytes);
      position_ = member.end;
    }
    members_.push_back(std::move(member));
    return {};
  }

  Error too_many() const {
    return refused(name_, "it holds more than " + std::to_string(kMaxTreeEntries) +
                              " files and folders, or more than " +
                              std::to_string(kMaxTreeNameBytes / 1024) +
                              " KiB of names: copy it as one archive");
  }

  const std::string& name_;
  const std::uint32_t mode_;
  std::vector<Fd> folders_;  ///< from the root to where it is
  std::size_t name_bytes_ = 0;
  std::int64_t position_ = 0;
  std::vector<TreeMember> members_;
};

}  // namespace

FileStamp FileStamp::of(const struct stat& status) {
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim};
}

bool FileStamp::operator==(const FileStamp& other) const {
  return device == other.device && inode == other.inode && size_bytes == other.size_bytes &&
         modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
}

TarMember tar_member(const TreeMember& member) {
  TarMember tar;
  tar.path = member.entry.path;
  tar.mode = member.entry.mode;
  tar.mtime_s = member.stamp.modified.tv_sec;
  tar.size_bytes = member.entry.size_bytes;
  if (member.entry.type == TreeEntry::Type::symlink) {
    tar.type = TarMember::Type::symlink;
    tar.link_target = member.entry.link_target;
    tar.mode = 0777;
  }
  return tar;
}

Result<std::vector<TreeMember>> scan_tree(int folder, const std::string& name, std::uint32_t mode) {
  // Opened anew: reading a folder moves the position that all duplicates of a descriptor share.
  Fd root = open_at(folder, ".", O_DIRECTORY);
  if (!root.is_open()) return unreadable(name, errno);
  Scan scan(name, mode);
  OM_TRY(scan.walk(std::move(root), "", 0));
  return std::move(scan).take();
}

Result<Fd> open_member(int folder, const std::string& name, const TreeMember& member) {
  Fd at;
  int from = folder;
  const std::vector<std::string_view> parts = text::split(member.entry.path, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    // Non-blocking, since opening a fifo would wait for its writer.
    Fd next = open_at(from, std::string(parts[i]), last ? O_NONBLOCK : O_DIRECTORY);
    if (!next.is_open()) {
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return source_changed(name);
      return unreadable(name + "/" + member.entry.path, errno);
    }
    at = std::move(next);
    from = at.get();
  }
  struct stat status {};
  if (::fstat(at.get(), &status) != 0) return unreadable(name + "/" + member.entry.path, errno);
  if (FileStamp::of(status) != member.stamp) return source_changed(name + "/" + member.entry.path);
  return at;
}

std::uint32_t copied_mode(mode_t mode) { return mode & 0755U; }

}  // namespace om::backend
