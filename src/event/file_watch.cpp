// SPDX-License-Identifier: MIT
#include "om/event/file_watch.h"

#include <cerrno>
#include <cstring>
#include <set>
#include <unordered_map>
#include <utility>

#include <dirent.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "om/base/errno_error.h"
#include "om/base/fd.h"

namespace om::event {
namespace {

constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_DELETE_SELF |
                                   IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF | IN_ATTRIB |
                                   IN_MODIFY | IN_ONLYDIR;

}  // namespace

struct FileWatch::State {
  Reactor& reactor;
  std::string root;
  Duration quiet;
  Changed on_change;
  Fd fd;
  std::unordered_map<int, std::string>
      folders;  // inotify's number -> path relative to root, "" or ending in /
  std::set<std::string> changed;
  bool overflowed = false;
  Timer settled;
  Watch watch;  // last: goes first

  State(Reactor& r, std::string folder, Duration q, Changed c)
      : reactor(r), root(std::move(folder)), quiet(q), on_change(std::move(c)) {}

  /// Watches a folder and those below it. What is already inside counts as changed when it came
  /// late.
  void add(const std::string& relative, bool report) {
    const std::string path = root + "/" + relative;
    const int number = ::inotify_add_watch(fd.get(), path.c_str(), kChanges);
    if (number < 0) return;  // gone again, or no folder
    folders[number] = relative;
    DIR* dir = ::opendir(path.c_str());
    if (dir == nullptr) return;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info {};
      if (::lstat((path + "/" + name).c_str(), &info) != 0) continue;
      if (S_ISDIR(info.st_mode)) {
        add(relative + name + "/", report);
      } else if (report) {
        changed.insert(relative + name);
      }
    }
    ::closedir(dir);
  }

  void read_events() {
    alignas(inotify_event) char buffer[16384];
    for (;;) {
      const ssize_t size = ::read(fd.get(), buffer, sizeof buffer);
      if (size <= 0) break;
      for (ssize_t at = 0; at < size;) {
        inotify_event event;
        std::memcpy(&event, buffer + at, sizeof event);
        const char* name = buffer + at + sizeof event;
        at += static_cast<ssize_t>(sizeof event + event.len);
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
          overflowed = true;
          continue;
        }
        const auto folder = folders.find(event.wd);
        if (folder == folders.end()) continue;
        const std::string relative = folder->second;
        if ((event.mask & IN_IGNORED) != 0) {
          folders.erase(folder);
          continue;
        }
        const std::string path = event.len > 0 ? relative + name : relative;
        if ((event.mask & IN_ISDIR) != 0 && (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
          add(path + "/", true);
        }
        changed.insert(path);
      }
    }
    if (changed.empty() && !overflowed) return;
    settled = reactor.after(quiet, [this] { report(); });
  }

  void report() {
    std::vector<std::string> paths;
    if (!overflowed) paths.assign(changed.begin(), changed.end());
    changed.clear();
    overflowed = false;
    const Changed tell = on_change;
    tell(paths);
  }
};

Result<std::unique_ptr<FileWatch>> FileWatch::create(Reactor& reactor, const std::string& folder,
                                                     Duration quiet, Changed on_change) {
  auto state = std::make_unique<State>(reactor, folder, quiet, std::move(on_change));
  state->fd = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!state->fd.is_open()) return error_from_errno("inotify_init1", errno);
  state->add("", false);
  if (state->folders.empty()) return error_from_errno("watch " + folder, errno);
  state->watch = reactor.watch(state->fd.get(), kReadable,
                               [state = state.get()](std::uint32_t) { state->read_events(); });
  return std::unique_ptr<FileWatch>(new FileWatch(std::move(state)));
}

FileWatch::FileWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileWatch::~FileWatch() = default;

}  // namespace om::event
