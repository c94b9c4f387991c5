// SPDX-License-Identifier: MIT
#include "backend/ssh_links.h"

#include <utility>

#include "backend/become_password.h"

#include "om/base/check.h"
#include "om/ssh/exec.h"

namespace om::backend {
namespace {

class SshCommand final : public Command, private ssh::ExecObserver {
 public:
  SshCommand(ssh::SessionLease& lease, const Bootstrap& bootstrap, CommandObserver& observer)
      : observer_(observer) {
    ssh::ExecOptions options;
    options.command = exec_string(bootstrap);
    options.terminal = bootstrap.terminal;
    exec_ = lease.exec(std::move(options), *this);
  }

  void write(std::string bytes) override {
    exec_->write(std::make_shared<const std::string>(std::move(bytes)));
  }
  void write(std::shared_ptr<const std::string> bytes) override { exec_->write(std::move(bytes)); }
  void finish_writing() override { exec_->finish_writing(); }
  void set_reading(bool reading) override { exec_->set_reading(reading); }

 private:
  void on_exec_started() override { observer_.on_command_started(); }
  void on_exec_output(Stream stream, std::string_view bytes) override {
    observer_.on_command_output(stream, bytes);
  }
  void on_exec_sent() override { observer_.on_command_sent(); }
  void on_exec_ended(Result<ssh::ExecStatus> end) override {
    if (end) {
      observer_.on_command_ended(CommandEnd{end->exit_status, end->signal, end->saw_eof});
    } else {
      observer_.on_command_ended(end.error());
    }
  }

  CommandObserver& observer_;
  std::unique_ptr<ssh::PooledExec> exec_;
};

ssh::SessionTarget session_target(const Host& host) {
  ssh::SessionTarget target;
  target.address = host.address;
  target.port = host.port;
  if (!host.login.empty()) target.login = host.login;
  target.credential = host.credential;
  target.host_key_alias = host.host_key_alias;
  target.legacy_algorithms = host.legacy_algorithms;
  return target;
}

ssh::SessionDeadlines session_deadlines(const Deadlines& deadlines) {
  ssh::SessionDeadlines result;
  result.connect = deadlines.connect;
  result.handshake = deadlines.handshake;
  result.login = deadlines.login;
  result.silence = deadlines.silence;
  return result;
}

ssh::Route route_to(const LinkTarget& where) {
  // Never by another way than the inventory says.
  OM_CHECK(where.host.jump == (where.jumps.empty() ? std::string() : where.jumps.back().name));
  ssh::Route route;
  for (const Host& jump : where.jumps) route.jumps.push_back({jump.name, session_target(jump)});
  route.target = session_target(where.host);
  return route;
}

class SessionLink final : public Link {
 public:
  explicit SessionLink(std::unique_ptr<ssh::SessionLease> lease) : lease_(std::move(lease)) {}
  std::unique_ptr<Command> execute(const Bootstrap& bootstrap, CommandObserver& observer) override {
    return std::make_unique<SshCommand>(*lease_, bootstrap, observer);
  }
  bool has_terminals() const override { return true; }

 private:
  std::unique_ptr<ssh::SessionLease> lease_;
};

class SessionRequest final : public LinkSource::Request {
 public:
  explicit SessionRequest(std::unique_ptr<ssh::SessionPool::Request> request)
      : request_(std::move(request)) {}

 private:
  std::unique_ptr<ssh::SessionPool::Request> request_;
};

}  // namespace

SshLinks::SshLinks(const ssh::SessionServices& services, const ssh::PoolLimits& limits)
    : signer_(services.signer), pool_(services, limits) {}

std::unique_ptr<LinkSource::Request> SshLinks::acquire(const LinkTarget& where,
                                                       const Deadlines& deadlines, Answer answer) {
  return std::make_unique<SessionRequest>(pool_.acquire(
      route_to(where), session_deadlines(deadlines), where.run.value,
      [answer = std::move(answer)](Result<std::unique_ptr<ssh::SessionLease>> lease) {
        if (!lease) return answer(std::move(lease).error());
        answer(std::unique_ptr<Link>(std::make_unique<SessionLink>(*std::move(lease))));
      }));
}

std::string SshLinks::login_of(const Host& host) const { return session_target(host).login; }

Result<Secret> SshLinks::become_password(const Host& host) const {
  return backend::become_password(signer_, host);
}

}  // namespace om::backend
