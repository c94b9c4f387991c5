// SPDX-License-Identifier: MIT
//
// HostKeyBook: ssh::HostKeys over DATA/known_hosts. Verdicts come from an index in memory; a newly
// accepted key is in force at once and written by a thread of the book's own, which also notices
// when the file was changed by somebody else and reads it again (within a second). Any thread may
// call it; the lock that check() takes is held for look-ups only, never across file work.
// Verdicts are OpenSSH's, but for the exceptions in docs/host-keys.md.
// What changes the file blocks for the disk, gives it a new version in one go and leaves all other
// lines as they are; it starts again when somebody else has written meanwhile ("hostkey.busy" when
// that does not end).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"
#include "om/keys/host_key_changes.h"
#include "om/ssh/host_keys.h"

namespace om::keys {

class HostKeyBook final : public ssh::HostKeys {
 public:
  enum class Policy {
    accept_new,  ///< an unknown name's key is recorded
    strict,      ///< it is refused
  };
  /// Told of every verdict but ok, from inside check(), on the caller's thread: must not block.
  using Listener = std::function<void(const ssh::HostKeyName& name, const ssh::HostKey& key,
                                      const ssh::HostKeyAnswer& answer)>;

  /// Reads the file; a missing one is made with the first key. Blocks: before the reactors run.
  static Result<std::unique_ptr<HostKeyBook>> open(const std::string& path, Policy policy,
                                                   Listener listener);
  /// Writes what is still to be written.
  ~HostKeyBook() override;

  std::vector<std::string> known_types(const ssh::HostKeyName& name) const override;
  ssh::HostKeyAnswer check(const ssh::HostKeyName& name, const ssh::HostKey& key) override;
  bool is_right(const ssh::HostKeyName& name, const ssh::HostKey& key) const override;

  /// An outcome for each key, in order; one write for all of them.
  Result<std::vector<KeyAccepted>> accept(const std::vector<KeyToAccept>& keys,
                                          const BeforeWrite<std::vector<KeyAccepted>>& confirm);
  /// Takes every key of each name away, so that its next one is new; what was taken. Names that
  /// share a line with them stay, and so do lines of patterns.
  Result<std::vector<KeyOfName>> forget(const std::vector<std::string>& names,
                                        const BeforeWrite<std::vector<KeyOfName>>& confirm);
  /// Takes these away; those that were there.
  Result<std::vector<KeyOfName>> remove(const std::vector<KeyOfName>& keys, AfterRemoval after,
                                        const BeforeWrite<std::vector<KeyOfName>>& confirm);
  /// Adds another known_hosts file's lines.
  Result<KeysImported> import(std::string_view text, const BeforeWrite<KeysImported>& confirm);
  /// What the file holds now; see list_known_hosts().
  Result<HostKeyListing> list(std::string_view filter, std::size_t after, std::size_t limit);

 private:
  struct State;
  explicit HostKeyBook(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::keys
