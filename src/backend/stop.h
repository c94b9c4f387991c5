// SPDX-License-Identifier: MIT
//
// Stop: ends a script's process group from outside, by a second command on the same link, with the
// same bootstrap and become; where the host allows one channel only, or the link is gone, over a
// new one. Owned by a TargetRun; belongs to the reactor's thread. `done` is called once, from the
// loop, and may destroy the stop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backend/answer_line.h"
#include "backend/shell_command.h"
#include "backend/stop_line.h"

namespace om::backend {

class Stop final : public ShellObserver {
 public:
  struct Order {
    LinkTarget where;
    std::int64_t process_group = 0;  ///< more than 1
    Deadlines deadlines;
  };
  /// The host's answer, or why there is none.
  using Done = std::function<void(std::optional<StopAnswer> answer, std::string why_not)>;

  /// Requires: reactor, source, link and access outlive it.
  Stop(event::Reactor& reactor, LinkSource& source, Link& link, ShellAccess& access, Order order,
       Done done);

 private:
  void send(Link& link);
  void send_over_new_link(const std::string& why);
  void on_shell_output(Stream stream, std::string_view bytes) override;
  void on_shell_ended(std::optional<Result<CommandEnd>> end) override;
  void finish(std::optional<StopAnswer> answer, std::string why_not);

  event::Reactor& reactor_;
  LinkSource& source_;
  ShellAccess& access_;
  const Order order_;
  Done done_;
  AnswerLine answer_;
  event::Timer deadline_;
  std::unique_ptr<LinkSource::Request> request_;
  std::unique_ptr<Link> new_link_;
  std::unique_ptr<ShellCommand> shell_;
};

}  // namespace om::backend
