// SPDX-License-Identifier: MIT
#include "backend/shell_command.h"

#include <utility>

#include "om/base/check.h"

namespace om::backend {

ShellCommand::ShellCommand(event::Reactor& reactor, Link& link, const Bootstrap& bootstrap,
                           ShellInput input, Duration sudo_deadline, ShellObserver& observer)
    : reactor_(reactor),
      input_(std::move(input)),
      observer_(observer),
      become_(!bootstrap.become.empty()),
      sudo_deadline_(sudo_deadline),
      sudo_(bootstrap.nonce),
      command_(link.execute(bootstrap, *this)) {
  if (!become_) send();
}

ShellCommand::~ShellCommand() = default;

void ShellCommand::set_reading(bool reading) {
  if (command_) command_->set_reading(reading);
}

void ShellCommand::send() {
  sent_ = true;
  command_->write(std::exchange(input_.line, {}));
  if (input_.body) command_->write(std::exchange(input_.body, nullptr));
  if (input_.end == ShellInput::End::at_once) command_->finish_writing();
}

void ShellCommand::write(std::shared_ptr<const std::string> bytes) {
  OM_CHECK(sent_);
  command_->write(std::move(bytes));
}

void ShellCommand::finish_writing() {
  OM_CHECK(sent_);
  command_->finish_writing();
}

void ShellCommand::on_command_sent() {
  if (sent_ && input_.end == ShellInput::End::by_caller) observer_.on_shell_sent();
}

void ShellCommand::on_command_started() {
  started_ = true;
  if (become_) sudo_timer_ = reactor_.after(sudo_deadline_, [this] { give_up(); });
}

void ShellCommand::on_command_output(Stream stream, std::string_view bytes) {
  if (!become_ || sent_) {
    observer_.on_shell_output(stream, bytes);
    return;
  }
  if (stream == Stream::out) {  // a profile's: the marks come after it
    observer_.on_shell_output(stream, bytes);
    return;
  }
  const std::string rest = sudo_.feed(bytes);
  switch (sudo_.state()) {
    case SudoState::through:
      sudo_timer_.cancel();
      send();
      if (!rest.empty()) observer_.on_shell_output(stream, rest);
      break;
    case SudoState::prompted:
      give_up();
      break;
    case SudoState::waiting:
    case SudoState::unused:
      break;
  }
}

void ShellCommand::give_up() {
  sudo_timer_.cancel();
  command_.reset();
  observer_.on_shell_ended(std::nullopt);
}

void ShellCommand::on_command_ended(Result<CommandEnd> end) {
  sudo_timer_.cancel();
  observer_.on_shell_ended(std::move(end));
}

}  // namespace om::backend
