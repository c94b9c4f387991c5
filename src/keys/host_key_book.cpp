// SPDX-License-Identifier: MIT
//
// The index under a lock, and the thread that owns the file.
#include "om/keys/host_key_book.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "keys/host_key_judgement.h"
#include "keys/known_hosts_edit.h"
#include "keys/known_hosts_file.h"

#include "om/base/log.h"
#include "om/keys/private_key.h"

namespace om::keys {
namespace {

constexpr auto kLookEvery = std::chrono::seconds(1);
/// How often a change is tried again because somebody else has written meanwhile.
constexpr int kMostTries = 20;

}  // namespace

struct HostKeyBook::State {
  /// Accepted, in force, and not in the file yet.
  struct Pending {
    std::string name;
    ssh::HostKey key;
  };

  State(const std::string& path, Policy p, Listener l)
      : file(path), policy(p), listener(std::move(l)) {}

  KnownHostsFile file;
  Policy policy;
  Listener listener;

  std::mutex file_mutex;  // held for file work; taken before `mutex`
  FileStamp stamp;        // guarded by file_mutex: the state of the file that `hosts` knows

  mutable std::mutex mutex;  // guards the rest but the thread
  KnownHosts hosts;
  std::vector<Pending> pending;
  bool stopping = false;
  std::condition_variable changed;

  std::thread thread;

  std::string place(std::size_t line) const { return file.path() + ":" + std::to_string(line); }

  Result<void> load() {
    OM_TRY_SET(const KnownHostsFile::Contents contents, file.read());
    KnownHosts fresh = KnownHosts::parse(contents.text);
    for (const KnownHosts::Problem& problem : fresh.problems()) {
      log::warning("known_hosts line skipped",
                   {{"place", place(problem.line)}, {"problem", problem.what}});
    }
    const std::lock_guard lock(mutex);
    for (const Pending& accepted : pending) {
      fresh.add(accepted.name, accepted.key.algorithm, accepted.key.blob, fresh.line_count() + 1);
    }
    hosts = std::move(fresh);
    stamp = contents.stamp;
    return {};
  }

  /// Brings file and index together: what was accepted goes into the file, what others changed
  /// comes into the index.
  void settle() {
    const std::lock_guard file_lock(file_mutex);
    const bool touched = !(file.stamp() == stamp);
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
      if (Result<void> written = file.append(lines); !written) {
        log::error("known_hosts not written",
                   {{"path", file.path()}, {"error", written.error().message}});
        return;  // still in force; tried again at the next look
      }
      const std::lock_guard lock(mutex);
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(writing.size()));
    }
    if (!touched) {
      stamp = file.stamp();
      return;
    }
    if (Result<void> loaded = load(); !loaded) {
      log::error("known_hosts not read; the keys known so far stay in force",
                 {{"path", file.path()}, {"error", loaded.error().message}});
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

  ssh::HostKeyAnswer answer_for(const ssh::HostKeyName& name, const ssh::HostKey& key);
  template <class Outcome>
  Result<Outcome> change(const std::function<Outcome(KnownHostsEdit&)>& make,
                         const BeforeWrite<Outcome>& confirm);
};

ssh::HostKeyAnswer HostKeyBook::State::answer_for(const ssh::HostKeyName& name,
                                                  const ssh::HostKey& key) {
  ssh::HostKeyAnswer answer;
  answer.name = KnownHosts::display_name(name.host, name.port);
  answer.fingerprint = fingerprint_of(key.blob);
  const std::string bare =
      name.port == 22 ? std::string() : KnownHosts::display_name(name.host, 22);
  const HostKeyJudgement judgement = judge_host_key(hosts, answer.name, bare, key);
  answer.verdict = judgement.verdict;
  if (judgement.entry != nullptr) answer.where = place(judgement.entry->line);
  if (judgement.verdict == ssh::HostKeyVerdict::changed) {
    answer.known_fingerprint = fingerprint_of(judgement.entry->blob);
  }
  return answer;
}

/// Reads, changes and writes the file, with what is accepted and not in it yet.
template <class Outcome>
Result<Outcome> HostKeyBook::State::change(const std::function<Outcome(KnownHostsEdit&)>& make,
                                           const BeforeWrite<Outcome>& confirm) {
  const std::lock_guard file_lock(file_mutex);
  bool is_confirmed = false;
  for (int tries = 0; tries < kMostTries; ++tries) {
    OM_TRY_SET(KnownHostsFile::Contents contents, file.read());
    std::vector<Pending> writing;
    {
      const std::lock_guard lock(mutex);
      writing = pending;
    }
    if (!writing.empty() && !contents.text.empty() && !contents.text.ends_with('\n')) {
      contents.text += '\n';
    }
    for (const Pending& accepted : writing) {
      contents.text +=
          KnownHosts::format_line(accepted.name, accepted.key.algorithm, accepted.key.blob);
    }
    KnownHostsEdit edit(std::move(contents.text), file.path());
    Outcome outcome = make(edit);
    const auto confirm_once = [&]() -> Result<void> {
      if (std::exchange(is_confirmed, true) || !confirm) return {};
      return confirm(outcome);
    };
    if (!edit.is_changed()) {
      OM_TRY(confirm_once());
      return outcome;
    }
    OM_TRY_SET(const bool replaced, file.replace(edit.text(), contents.stamp, confirm_once));
    if (!replaced) continue;
    {
      const std::lock_guard lock(mutex);
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(writing.size()));
    }
    OM_TRY(load());
    return outcome;
  }
  return fail(Errc::overloaded, "hostkey.busy",
              file.path() + " is being changed by another program all the time; try again");
}

Result<std::unique_ptr<HostKeyBook>> HostKeyBook::open(const std::string& path, Policy policy,
                                                       Listener listener) {
  auto state = std::make_unique<State>(path, policy, std::move(listener));
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
  std::vector<std::string> types =
      keys::known_types(state_->hosts, KnownHosts::display_name(name.host, name.port));
  if (!types.empty() || name.port == 22) return types;
  return keys::known_types(state_->hosts, KnownHosts::display_name(name.host, 22));
}

bool HostKeyBook::is_right(const ssh::HostKeyName& name, const ssh::HostKey& key) const {
  const std::lock_guard lock(state_->mutex);
  return state_->answer_for(name, key).verdict == ssh::HostKeyVerdict::ok;
}

ssh::HostKeyAnswer HostKeyBook::check(const ssh::HostKeyName& name, const ssh::HostKey& key) {
  ssh::HostKeyAnswer answer;
  {
    const std::lock_guard lock(state_->mutex);
    answer = state_->answer_for(name, key);
    if (answer.verdict == ssh::HostKeyVerdict::unknown && state_->policy == Policy::accept_new) {
      answer.verdict = ssh::HostKeyVerdict::accepted;
      state_->hosts.add(answer.name, key.algorithm, key.blob, state_->hosts.line_count() + 1);
      state_->pending.push_back({answer.name, key});
      state_->changed.notify_one();
    }
  }
  if (answer.verdict != ssh::HostKeyVerdict::ok && state_->listener) {
    state_->listener(name, key, answer);
  }
  return answer;
}

Result<std::vector<KeyAccepted>> HostKeyBook::accept(
    const std::vector<KeyToAccept>& keys, const BeforeWrite<std::vector<KeyAccepted>>& confirm) {
  return state_->change<std::vector<KeyAccepted>>(
      [&keys](KnownHostsEdit& edit) { return edit.accept(keys); }, confirm);
}

Result<std::vector<KeyOfName>> HostKeyBook::forget(
    const std::vector<std::string>& names, const BeforeWrite<std::vector<KeyOfName>>& confirm) {
  return state_->change<std::vector<KeyOfName>>(
      [&names](KnownHostsEdit& edit) { return edit.forget(names); }, confirm);
}

Result<std::vector<KeyOfName>> HostKeyBook::remove(
    const std::vector<KeyOfName>& keys, AfterRemoval after,
    const BeforeWrite<std::vector<KeyOfName>>& confirm) {
  return state_->change<std::vector<KeyOfName>>(
      [&keys, after](KnownHostsEdit& edit) {
        std::vector<KeyOfName> removed = edit.remove(keys);
        if (after == AfterRemoval::revoke) edit.revoke(keys);
        return removed;
      },
      confirm);
}

Result<KeysImported> HostKeyBook::import(std::string_view text,
                                         const BeforeWrite<KeysImported>& confirm) {
  return state_->change<KeysImported>([text](KnownHostsEdit& edit) { return edit.import(text); },
                                      confirm);
}

Result<HostKeyListing> HostKeyBook::list(std::string_view filter, std::size_t after,
                                         std::size_t limit) {
  state_->settle();
  OM_TRY_SET(const KnownHostsFile::Contents contents, state_->file.read());
  return list_known_hosts(contents.text, filter, after, limit);
}

}  // namespace om::keys
