// SPDX-License-Identifier: MIT
//
// AgentConnection: one question at a time to an ssh-agent (draft-miller-ssh-agent), waiting for the
// answer. It is opened at the first question, kept, and opened again where the agent has closed it.
// Belongs to one thread; blocks until the answer, the deadline, or interrupt() from any thread.
#pragma once

#include <string>
#include <string_view>

#include "om/base/clock.h"
#include "om/base/fd.h"
#include "om/base/result.h"

namespace om::keys {

class AgentConnection {
 public:
  explicit AgentConnection(std::string path);

  /// The answer's type and contents. Errors as keys::Agent's.
  Result<std::string> ask(std::string_view question, Duration deadline);
  /// Whatever is waited for fails from now on. Any thread.
  void interrupt();

 private:
  Result<void> open();
  Result<std::string> exchange(std::string_view message, MonotonicTime until, Duration deadline);
  Result<void> send(std::string_view bytes, MonotonicTime until, Duration deadline);
  Result<std::string> receive(std::size_t count, MonotonicTime until, Duration deadline);
  Result<void> wait(short events, MonotonicTime until, Duration deadline);
  Error broken(const std::string& why) const;

  std::string path_;
  Fd interrupt_;
  Fd socket_;
  SystemClock clock_;
};

}  // namespace om::keys
