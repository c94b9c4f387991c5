// SPDX-License-Identifier: MIT
//
// HostKeyBook: ssh::HostKeys over DATA/known_hosts. Verdicts come from an index in memory; a newly
// accepted key is in force at once and written by a thread of the book's own, which also notices
// when the file was changed by somebody else and reads it again (within a second). Any thread may
// call it; a lock is held for look-ups only, never across file work.
// Verdicts are OpenSSH's, with one stricter exception: a name known only through a certificate
// authority is only_ca, not new.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "om/base/result.h"
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

  /// Removes every line for the name, so that its next key is new; how many there were. Blocks.
  Result<std::size_t> forget(const ssh::HostKeyName& name);

 private:
  struct State;
  explicit HostKeyBook(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace om::keys
