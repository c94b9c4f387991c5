// SPDX-License-Identifier: MIT
#include "backend/local_links.h"

#include <csignal>
#include <utility>

#include <fmt/core.h>
#include <unistd.h>

#include "backend/become_password.h"

#include "om/process/child.h"
#include "om/process/environment.h"

namespace om::backend {
namespace {

class LocalCommand final : public Command, private process::ChildObserver {
 public:
  LocalCommand(event::Reactor& reactor, const Bootstrap& bootstrap, CommandObserver& observer);

  void write(std::string bytes) override {
    if (child_) child_->write(std::move(bytes));
  }
  void write(std::shared_ptr<const std::string> bytes) override {
    if (child_) child_->write(std::move(bytes));
  }
  void finish_writing() override {
    if (child_) child_->finish_writing();
  }
  void set_reading(bool reading) override {
    if (child_) child_->set_reading(reading);
  }

 private:
  void tell_started();
  void on_child_output(Stream stream, std::string_view bytes) override;
  void on_child_sent() override { observer_.on_command_sent(); }
  void on_child_ended(process::ChildEnd end) override;

  CommandObserver& observer_;
  event::Timer first_turn_;
  bool started_told_ = false;
  /// False once this is destroyed; owners: this, and calls under way.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<process::Child> child_;

 public:
  ~LocalCommand() override { *alive_ = false; }
};

LocalCommand::LocalCommand(event::Reactor& reactor, const Bootstrap& bootstrap,
                           CommandObserver& observer)
    : observer_(observer) {
  process::ChildOptions options;
  options.argv = exec_words(bootstrap);
  options.environment = process::clean_environment();
  options.umask = 022;  // as after a login: the script's files are the host's business
  options.input = process::Input::pipe;
  // As with SSH, giving up a command kills nothing: half a package upgrade is worse.
  options.when_dropped = process::WhenDropped::leave;
  auto child = process::Child::start(reactor, options, *this);
  if (child) {
    child_ = std::move(child).value();
    first_turn_ = reactor.after(Duration::zero(), [this] { tell_started(); });
  } else {
    first_turn_ = reactor.after(Duration::zero(), [this, error = child.error()] {
      observer_.on_command_ended(fail(error.code, "backend.no_start", error.message));
    });
  }
}

void LocalCommand::tell_started() {
  if (!std::exchange(started_told_, true)) observer_.on_command_started();
}

void LocalCommand::on_child_output(Stream stream, std::string_view bytes) {
  const auto alive = alive_;
  tell_started();
  if (*alive) observer_.on_command_output(stream, bytes);
}

void LocalCommand::on_child_ended(process::ChildEnd end) {
  const auto alive = alive_;
  tell_started();
  if (!*alive) return;
  CommandEnd report;
  report.saw_eof = !end.streams_held;
  if (const auto* exited = std::get_if<process::Exited>(&end.exit)) {
    report.exit_status = exited->code;
  } else {
    const int number = std::get<process::Signalled>(end.exit).signal_number;
    const char* name = ::sigabbrev_np(number);
    report.signal = name != nullptr ? name : fmt::format("{}", number);
  }
  observer_.on_command_ended(std::move(report));
}

class LocalLink final : public Link {
 public:
  explicit LocalLink(event::Reactor& reactor) : reactor_(reactor) {}
  std::unique_ptr<Command> execute(const Bootstrap& bootstrap, CommandObserver& observer) override {
    return std::make_unique<LocalCommand>(reactor_, bootstrap, observer);
  }
  bool has_terminals() const override { return false; }

 private:
  event::Reactor& reactor_;
};

/// Answers in the next turn of the loop.
class LocalRequest final : public LinkSource::Request {
 public:
  LocalRequest(event::Reactor& reactor, LinkSource::Answer answer)
      : timer_(reactor.after(Duration::zero(), [&reactor, answer = std::move(answer)] {
          answer(std::unique_ptr<Link>(std::make_unique<LocalLink>(reactor)));
        })) {}

 private:
  event::Timer timer_;
};

}  // namespace

std::unique_ptr<LinkSource::Request> LocalLinks::acquire(const LinkTarget&, const Deadlines&,
                                                         Answer answer) {
  return std::make_unique<LocalRequest>(reactor_, std::move(answer));
}

/// Names of users are not looked up here (a static binary knows /etc/passwd only by reading it),
/// but root's is known.
std::string LocalLinks::login_of(const Host&) const { return ::geteuid() == 0 ? "root" : ""; }

Result<Secret> LocalLinks::become_password(const Host& host) const {
  return backend::become_password(signer_, host);
}

}  // namespace om::backend
