// SPDX-License-Identifier: MIT
#include "backend/shell_command.h"

#include <utility>

#include <fmt/core.h>

#include "om/base/check.h"

namespace om::backend {
namespace {
/// The host reads a piece as a whole into memory.
constexpr std::size_t kPieceBytes = 256 * 1024;

/// A password as it is typed, for an interface that takes a shared string; wiped when the last
/// owner lets go.
class TypedPassword {
 public:
  static std::shared_ptr<const std::string> share(const Secret& password) {
    // Owners: whoever writes it.
    const auto typed = std::make_shared<const TypedPassword>(password);
    return {typed, &typed->line_};
  }
  explicit TypedPassword(const Secret& password) {
    // Long enough to stand in memory of its own, which is the Secret's after the move.
    line_.reserve(password.reveal().size() + 64);
    line_.append(password.reveal()).append("\n");
  }
  ~TypedPassword() { const Secret wiped(std::move(line_)); }
  TypedPassword(const TypedPassword&) = delete;
  TypedPassword& operator=(const TypedPassword&) = delete;

 private:
  std::string line_;
};

}  // namespace

ShellCommand::ShellCommand(event::Reactor& reactor, Link& link, ShellAccess& access,
                           ShellInput input, ShellObserver& observer)
    : reactor_(reactor),
      link_(link),
      access_(access),
      input_(std::move(input)),
      observer_(observer),
      become_(access.bootstrap),
      command_(link.execute(access.bootstrap, *this)) {
  if (behind_become()) send();
}

ShellCommand::~ShellCommand() = default;

void ShellCommand::set_reading(bool reading) {
  reading_ = reading;
  if (command_) command_->set_reading(reading);
}

bool ShellCommand::behind_become() const {
  return become_.state() == BecomeState::unused || become_.state() == BecomeState::through;
}

void ShellCommand::send() {
  sent_ = true;
  put(std::make_shared<const std::string>(std::exchange(input_.line, {})));
  if (input_.body) put(std::exchange(input_.body, nullptr));
  if (input_.end == ShellInput::End::at_once) end_input();
}

/// A terminal has no end of file: there each piece says how long it is (see Bootstrap).
void ShellCommand::put(std::shared_ptr<const std::string> bytes) {
  if (!access_.bootstrap.terminal) {
    command_->write(std::move(bytes));
    return;
  }
  for (std::size_t at = 0; at < bytes->size(); at += kPieceBytes) {
    const std::string_view piece = std::string_view(*bytes).substr(at, kPieceBytes);
    command_->write(fmt::format("{}\n{}", piece.size(), piece));
  }
}

void ShellCommand::end_input() {
  if (access_.bootstrap.terminal) {
    command_->write(std::string("0\n"));
  } else {
    command_->finish_writing();
  }
}

void ShellCommand::write(std::shared_ptr<const std::string> bytes) {
  OM_CHECK(sent_);
  put(std::move(bytes));
}

void ShellCommand::finish_writing() {
  OM_CHECK(sent_);
  end_input();
}

void ShellCommand::on_command_sent() {
  if (sent_ && input_.end == ShellInput::End::by_caller) observer_.on_shell_sent();
}

void ShellCommand::on_command_started() {
  started_ = true;
  if (!behind_become()) await_become();
}

void ShellCommand::await_become() {
  become_timer_ = reactor_.after(access_.become_deadline, [this] { give_up(); });
}

void ShellCommand::on_command_output(Stream stream, std::string_view bytes) {
  if (behind_become()) {
    observer_.on_shell_output(stream, bytes);
    return;
  }
  const std::string rest = become_.feed(stream, bytes);
  switch (become_.state()) {
    case BecomeState::through:
      become_timer_.cancel();
      send();
      if (!rest.empty()) observer_.on_shell_output(stream, rest);
      break;
    case BecomeState::prompted:
      answer_prompt();
      break;
    case BecomeState::asked_again:
      // The password is wrong: one try, since more of them lock the account.
      give_up();
      break;
    case BecomeState::silent:
    case BecomeState::waiting:
    case BecomeState::answered:
    case BecomeState::unused:
      break;
  }
}

void ShellCommand::answer_prompt() {
  if (!access_.password) {
    give_up();
    return;
  }
  become_.note_answer();
  command_->write(TypedPassword::share(*access_.password));
  await_become();
}

void ShellCommand::give_up() {
  become_timer_.cancel();
  command_.reset();
  observer_.on_shell_ended(std::nullopt);
}

void ShellCommand::on_command_ended(Result<CommandEnd> end) {
  become_timer_.cancel();
  if (end && start_on_terminal()) return;
  observer_.on_shell_ended(std::move(end));
}

/// Nothing has run so far, and no password was written: it is safe to begin again.
bool ShellCommand::start_on_terminal() {
  if (access_.bootstrap.terminal || !become_.wants_terminal() || !link_.has_terminals()) {
    return false;
  }
  // doas wants it for its prompt only.
  if (access_.bootstrap.method == BecomeMethod::doas && !access_.password) return false;
  access_.bootstrap.terminal = true;
  become_ = BecomeWatch(access_.bootstrap);
  started_ = false;
  command_.reset();
  command_ = link_.execute(access_.bootstrap, *this);
  if (!reading_) command_->set_reading(false);
  return true;
}

}  // namespace om::backend
