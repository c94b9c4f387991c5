// SPDX-License-Identifier: MIT
//
// omserver serve: the controller with its front, until it is told to stop.
#include <csignal>
#include <iostream>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "main/commands/commands.h"
#include "main/controller.h"
#include "main/data_dir.h"

#include "om/api/api.h"
#include "om/base/build_info.h"
#include "om/event/signals.h"
#include "om/http/assets.h"
#include "om/http/control_socket.h"
#include "om/http/front.h"
#include "om/http/legacy_endpoints.h"

namespace om::main {
namespace {

/// No core dump and no debugger: they would show every key.
void protect_memory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

Result<std::vector<http::Listener>> listeners(const ServeCommand& settings, const DataDir& data) {
  std::vector<http::Listener> all;
  for (const std::string& address : settings.listen) {
    OM_TRY_SET(http::Listener listener, http::listen_tcp(address));
    if (!address.starts_with("127.") && !address.starts_with("[::1]")) {
      return fail(Errc::invalid_argument, "serve.not_loopback",
                  "--listen " + address +
                      ": this version serves loopback addresses only, without TLS; reach it by "
                      "ssh -L 8080:127.0.0.1:8080 USER@HOST");
    }
    all.push_back(std::move(listener));
  }
  OM_TRY_SET(http::Listener control, http::listen_control(DataDir::control_socket(data.path())));
  all.push_back(std::move(control));
  return all;
}

/// "host:port" of an address that people type into a browser.
std::string page_url(const std::string& address) { return "http://" + address + "/"; }

/// A first start on a terminal shows the sign-in link; elsewhere the log names the command, since a
/// log is kept.
void greet(Controller& controller, const std::string& address) {
  const bool on_terminal = ::isatty(STDERR_FILENO) == 1;
  log::info("listening", {{"url", page_url(address)}, {"data", controller.data().path()}});
  if (!on_terminal) {
    if (controller.first_start())
      log::info("first start", {{"sign_in", "omserver user link admin"}});
    return;
  }
  const std::string port = address.substr(address.rfind(':') + 1);
  std::cerr << "\n  The page:      " << page_url(address) << "\n  From a desk:   ssh -L " << port
            << ":" << address << " USER@THIS-HOST\n";
  if (controller.first_start()) {
    api::Request request;
    request.entry = api::Entry::control;
    request.method = "POST";
    request.path = "/api/v1/links";
    request.body = R"({"user":"admin"})";
    const api::Response response = controller.dispatch(request);
    const Result<api::Json> json = api::parse_json(response.body);
    if (response.status == 201 && json) {
      const std::string path = json->at("path").get<std::string>();
      std::cerr << "  Sign in once:  http://" << address << path << "   (valid for ten minutes)\n";
    }
  }
  std::cerr << "  Another link:  omserver user link admin\n\n" << std::flush;
}

Result<int> serve_until_told(const CommandLine& line) {
  const ServeCommand& settings = line.settings;
  if (!settings.channel.empty()) {
    log::warning("--channel is ignored: this version has no rpyc channel",
                 {{"channel", settings.channel}});
  }
  const std::vector<int> stop_signals = {SIGTERM, SIGINT};
  event::Signals::block(stop_signals);
  ::signal(SIGPIPE, SIG_IGN);
  protect_memory();

  const SystemClock clock;
  OM_TRY_SET(DataDir data, DataDir::lock(line.global.data));
  OM_TRY_SET(std::vector<http::Listener> sockets, listeners(settings, data));
  const std::string address = sockets.front().address();
  OM_TRY_SET(const std::unique_ptr<Controller> controller,
             Controller::open(std::move(data), settings, clock));

  const http::Assets assets =
      settings.assets.empty() ? http::Assets() : http::Assets(settings.assets);
  const api::Dispatch api = [&controller](const api::Request& request) {
    return controller->dispatch(request);
  };
  const http::LegacyEndpoints legacy(clock, api);
  http::FrontOptions options;
  options.names = settings.names;
  options.takes_upload = &api::takes_upload;
  OM_TRY_SET(
      const std::unique_ptr<http::Front> front,
      http::Front::start(clock, options, std::move(sockets),
                         http::with_assets(assets, http::with_legacy_endpoints(legacy, api))));
  greet(*controller, address);

  // Main's thread has nothing else to do: a loop of its own waits for the signal.
  OM_TRY_SET(const std::unique_ptr<event::Reactor> waiting, event::Reactor::create(clock));
  OM_TRY_SET(const event::Signals signals,
             event::Signals::create(*waiting, stop_signals, [&waiting](int) { waiting->stop(); }));
  waiting->run();

  log::info("stopping");
  controller->end_streams();
  if (!front->stop()) {
    log::warning("a request did not end in time; leaving it");
    ::_exit(kOk);
  }
  return kOk;
}

}  // namespace

int serve(const CommandLine& line) {
  const Result<int> status = serve_until_told(line);
  if (status) return *status;
  log::error("not started", {{"reason", status.error().reason}, {"error", status.error().message}});
  return kRefused;
}

}  // namespace om::main
