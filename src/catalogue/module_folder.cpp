// SPDX-License-Identifier: MIT
#include "catalogue/module_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "om/base/errno_error.h"
#include "om/base/fd.h"
#include "om/base/text.h"

namespace om::catalogue {
namespace {

constexpr std::array<std::string_view, 9> kLeftBehind = {"bak",  "orig", "old",    "swp",     "tmp",
                                                         "save", "rej",  "rpmnew", "disabled"};

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

Error refused(std::string message) {
  return fail(Errc::invalid_argument, "module.unsafe", std::move(message));
}

// Whether only root and we can change it.
Result<void> check_trust(const struct stat& status, const std::string& path) {
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return refused(
        "its group or everybody may write it, and what is in it runs on the fleet: chmod go-w " +
        path);
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    return refused("it belongs to user " + std::to_string(status.st_uid) +
                   ", neither to root nor to us: chown " + std::to_string(::geteuid()) + " " +
                   path);
  }
  return {};
}

Error unreadable(int error_number) { return error_from_errno("it cannot be read", error_number); }

Error open_error(int error_number) {
  if (error_number == ELOOP) return refused("it is a symbolic link: put the file itself there");
  // What O_DIRECTORY and O_NOFOLLOW together say about a link.
  if (error_number == ENOTDIR) return refused("it is not a folder (nor may it be a link to one)");
  return unreadable(error_number);
}

Result<std::string> read_file(int folder, const std::string& name, const std::string& path,
                              std::size_t max_bytes) {
  // Non-blocking, since opening a fifo would wait for its writer.
  const Fd file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) return open_error(errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return unreadable(errno);
  if (!S_ISREG(status.st_mode)) return refused("it is not a regular file");
  OM_TRY(check_trust(status, path));
  std::string bytes;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(errno);
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > max_bytes)
      return refused("it has more than " + std::to_string(max_bytes / 1024) + " KiB");
  }
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

Result<std::vector<std::string>> names_in(int folder) {
  const int copy = ::fcntl(folder, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return unreadable(errno);
  const std::unique_ptr<DIR, CloseFolder> listing(::fdopendir(copy));
  if (!listing) {
    const int error_number = errno;
    ::close(copy);
    return unreadable(error_number);
  }
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(listing.get());
    if (entry == nullptr) break;
    names.emplace_back(entry->d_name);
  }
  if (errno != 0) return unreadable(errno);
  std::sort(names.begin(), names.end());
  return names;
}

// Not there is an open Fd of nobody.
Result<Fd> open_folder(int parent, const std::string& name, const std::string& path) {
  Fd folder(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) {
    if (errno == ENOENT) return Fd();
    return open_error(errno);
  }
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) return unreadable(errno);
  OM_TRY(check_trust(status, path));
  return folder;
}

void read_folder(int parent, FolderOnDisk& result, std::size_t max_bytes) {
  Result<Fd> folder = open_folder(parent, std::string(platform_name(result.platform)), result.path);
  if (!folder) {
    result.refused = folder.error();
    return;
  }
  if (!folder->is_open()) return;
  Result<std::vector<std::string>> names = names_in(folder->get());
  if (!names) {
    result.refused = names.error();
    return;
  }
  for (const std::string& name : *names) {
    std::optional<ModuleFileName> known = parse_module_file_name(name);
    if (!known) continue;
    const std::string path = result.path + "/" + name;
    result.files.push_back(
        {path, *std::move(known), read_file(folder->get(), name, path, max_bytes)});
  }
}

}  // namespace

std::optional<ModuleFileName> parse_module_file_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view stem = name.substr(0, dot);
  const std::string_view extension = name.substr(dot + 1);
  if (!is_word(extension) ||
      std::find(kLeftBehind.begin(), kLeftBehind.end(), extension) != kLeftBehind.end())
    return std::nullopt;
  if (stem == "Public_lib") return ModuleFileName{std::nullopt, std::string(extension)};
  constexpr std::string_view kStem = "Mid_";
  if (!stem.starts_with(kStem)) return std::nullopt;
  const std::string_view digits = stem.substr(kStem.size());
  const bool plain = !digits.empty() && digits.size() <= 9 && digits.front() != '0' &&
                     digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!plain) return std::nullopt;
  return ModuleFileName{ModuleId{*text::parse_int(digits)}, std::string(extension)};
}

std::vector<FolderOnDisk> read_module_folders(const std::string& folder, std::size_t max_bytes) {
  const Result<Fd> parent = open_folder(AT_FDCWD, folder, folder);
  std::vector<FolderOnDisk> folders;
  for (const Platform platform : kPlatforms) {
    FolderOnDisk result;
    result.platform = platform;
    result.path = folder + "/" + std::string(platform_name(platform));
    if (!parent) {
      result.path = folder;
      result.refused = parent.error();
    } else if (parent->is_open()) {
      read_folder(parent->get(), result, max_bytes);
    }
    folders.push_back(std::move(result));
  }
  return folders;
}

}  // namespace om::catalogue
