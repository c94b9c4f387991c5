// SPDX-License-Identifier: MIT
//
// The index under a lock, and the thread that owns the file.
#include "om/keys/host_key_book.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "om/base/errno_error.h"
#include "om/base/fd.h"
#include "om/base/files.h"
#include "om/base/log.h"
#include "om/keys/known_hosts.h"
#include "om/keys/private_key.h"

namespace om::keys {
namespace {

constexpr std::size_t kLargestFile = 64 * 1024 * 1024;
constexpr auto kLookEvery = std::chrono::seconds(1);

/// What tells one state of the file from another.
struct Stamp {
  bool exists = false;
  ino_t inode = 0;
  off_t size = 0;
  timespec modified{};

  bool operator==(const Stamp& other) const {
    return exists == other.exists && inode == other.inode && size == other.size &&
           modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
  }
};

Stamp stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {true, status.st_ino, status.st_size, status.st_mtim};
}

Result<std::string> read_if_there(const std::string& path) {
  if (!files::exists(path)) return std::string();
  return files::read(path, kLargestFile);
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

/// Adds lines to the file in one go, after whatever its last line is.
Result<void> append(const std::string& path, std::string lines) {
  const Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd.is_open()) return error_from_errno("open " + path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return error_from_errno(path, errno);
  char last = '\n';
  if (status.st_size > 0 && ::pread(fd.get(), &last, 1, status.st_size - 1) != 1) {
    return error_from_errno("read " + path, errno);
  }
  if (last != '\n') lines.insert(0, 1, '\n');
  OM_TRY(write_all(fd.get(), lines));
  if (::fsync(fd.get()) != 0) return error_from_errno("fsync " + path, errno);
  return {};
}

}  // namespace

struct HostKeyBook::State {
  /// Accepted, in force, and not in the file yet.
  struct Pending {
    std::string name;
    ssh::HostKey key;
  };

  std::string path;
  Policy policy;
  Listener listener;

  std::mutex file_mutex;  // held for file work; taken before `mutex`
  Stamp stamp;            // guarded by file_mutex: the state of the file that `hosts` knows

  mutable std::mutex mutex;  // guards the rest but the thread
  KnownHosts hosts;
  std::vector<Pending> pending;
  bool stopping = false;
  std::condition_variable changed;

  std::thread thread;

  std::string place(std::size_t line) const { return path + ":" + std::to_string(line); }

  Result<void> load() {
    const Stamp now = stamp_of(path);
    OM_TRY_SET(const std::string text, read_if_there(path));
    KnownHosts fresh = KnownHosts::parse(text);
    for (const KnownHosts::Problem& problem : fresh.problems()) {
      log::warning("known_hosts line skipped",
                   {{"place", place(problem.line)}, {"problem", problem.what}});
    }
    const std::lock_guard lock(mutex);
    for (const Pending& accepted : pending) {
      fresh.add(accepted.name, accepted.key.algorithm, accepted.key.blob, fresh.line_count() + 1);
    }
    hosts = std::move(fresh);
    stamp = now;
    return {};
  }

  /// Brings file and index together: what was accepted goes into the file, what others changed
  /// comes into the index.
  void settle() {
    const std::lock_guard file_lock(file_mutex);
    const bool touched = !(stamp_of(path) == stamp);
    std::vector<Pending> writing;
    {
      const std::lock_guard lock(mutex);
      writing = pending;
    }
    std::string lines;
    for (const Pending& accepted : writing) {
      lines += KnownHosts::format_line(accepted.name, accepted.key.algorithm, accepted.key.blob);
    }
    if (!lines.empty()) {
      if (Result<void> written = append(path, lines); !written) {
        log::error("known_hosts not written", {{"path", path}, {"error", written.error().message}});
        return;  // still in force; tried again at the next look
      }
      const std::lock_guard lock(mutex);
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(writing.size()));
    }
    if (!touched) {
      stamp = stamp_of(path);
      return;
    }
    if (Result<void> loaded = load(); !loaded) {
      log::error("known_hosts not read; the keys known so far stay in force",
                 {{"path", path}, {"error", loaded.error().message}});
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait_for(lock, kLookEvery, [this] { return stopping || !pending.empty(); });
      const bool last = stopping;
      lock.unlock();
      settle();
      if (last) return;
      lock.lock();
    }
  }

  std::vector<const KnownHosts::Entry*> entries_for(const ssh::HostKeyName& name) {
    return hosts.find(KnownHosts::display_name(name.host, name.port));
  }

  ssh::HostKeyAnswer judge(const ssh::HostKeyName& name, const ssh::HostKey& key);
};

/// OpenSSH's check_key_in_hostkeys(): the same key is right whatever else is there, any other key
/// without a marker means that it changed, a revoked one overrides both.
ssh::HostKeyAnswer HostKeyBook::State::judge(const ssh::HostKeyName& name,
                                             const ssh::HostKey& key) {
  ssh::HostKeyAnswer answer;
  answer.fingerprint = fingerprint_of(key.blob);
  answer.verdict = ssh::HostKeyVerdict::unknown;
  bool authority = false;
  for (const KnownHosts::Entry* entry : entries_for(name)) {
    switch (entry->marker) {
      case KnownHosts::Marker::revoked:
        if (entry->blob != key.blob) break;
        answer.verdict = ssh::HostKeyVerdict::revoked;
        answer.where = place(entry->line);
        return answer;
      case KnownHosts::Marker::cert_authority:
        if (!authority && answer.where.empty()) answer.where = place(entry->line);
        authority = true;
        break;
      case KnownHosts::Marker::none:
        if (entry->blob == key.blob) {
          answer.verdict = ssh::HostKeyVerdict::ok;
          answer.where = place(entry->line);
          answer.known_fingerprint.clear();
        } else if (answer.verdict == ssh::HostKeyVerdict::unknown) {
          answer.verdict = ssh::HostKeyVerdict::changed;
          answer.where = place(entry->line);
          answer.known_fingerprint = fingerprint_of(entry->blob);
        }
        break;
    }
  }
  if (answer.verdict == ssh::HostKeyVerdict::unknown && authority) {
    answer.verdict = ssh::HostKeyVerdict::only_ca;
  }
  return answer;
}

Result<std::unique_ptr<HostKeyBook>> HostKeyBook::open(const std::string& path, Policy policy,
                                                       Listener listener) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->policy = policy;
  state->listener = std::move(listener);
  OM_TRY(state->load());
  state->thread = std::thread([raw = state.get()] { raw->run(); });
  return std::unique_ptr<HostKeyBook>(new HostKeyBook(std::move(state)));
}

HostKeyBook::HostKeyBook(std::unique_ptr<State> state) : state_(std::move(state)) {}

HostKeyBook::~HostKeyBook() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

std::vector<std::string> HostKeyBook::known_types(const ssh::HostKeyName& name) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<std::string> types;
  const auto collect = [this, &types](const ssh::HostKeyName& whose) {
    for (const KnownHosts::Entry* entry : state_->entries_for(whose)) {
      if (entry->marker == KnownHosts::Marker::none &&
          std::find(types.begin(), types.end(), entry->algorithm) == types.end()) {
        types.push_back(entry->algorithm);
      }
    }
  };
  collect(name);
  if (types.empty() && name.port != 22) collect({name.host, 22});
  return types;
}

ssh::HostKeyAnswer HostKeyBook::check(const ssh::HostKeyName& name, const ssh::HostKey& key) {
  ssh::HostKeyAnswer answer;
  {
    const std::lock_guard lock(state_->mutex);
    answer = state_->judge(name, key);
    if (answer.verdict == ssh::HostKeyVerdict::unknown && name.port != 22) {
      // As ssh does: a key on file for the bare name is good for its other ports, too.
      const ssh::HostKeyAnswer bare = state_->judge({name.host, 22}, key);
      if (bare.verdict == ssh::HostKeyVerdict::ok || bare.verdict == ssh::HostKeyVerdict::revoked) {
        answer = bare;
      }
    }
    if (answer.verdict == ssh::HostKeyVerdict::unknown && state_->policy == Policy::accept_new) {
      answer.verdict = ssh::HostKeyVerdict::accepted;
      const std::string written = KnownHosts::display_name(name.host, name.port);
      state_->hosts.add(written, key.algorithm, key.blob, state_->hosts.line_count() + 1);
      state_->pending.push_back({written, key});
      state_->changed.notify_one();
    }
  }
  if (answer.verdict != ssh::HostKeyVerdict::ok && state_->listener) {
    state_->listener(name, key, answer);
  }
  return answer;
}

Result<std::size_t> HostKeyBook::forget(const ssh::HostKeyName& name) {
  state_->settle();
  const std::string written = KnownHosts::display_name(name.host, name.port);
  const std::lock_guard file_lock(state_->file_mutex);
  OM_TRY_SET(const std::string text, read_if_there(state_->path));
  std::string kept;
  std::size_t removed = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    if (KnownHosts::line_names(line, written)) {
      ++removed;
    } else {
      kept += line;
    }
    begin = end;
  }
  if (removed == 0) return removed;
  OM_TRY(files::write_atomically(state_->path, kept, 0600));
  {
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->pending,
                  [&written](const State::Pending& accepted) { return accepted.name == written; });
  }
  OM_TRY(state_->load());
  return removed;
}

}  // namespace om::keys
