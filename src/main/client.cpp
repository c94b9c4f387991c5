// SPDX-License-Identifier: MIT
#include "main/client.h"

#include <cstdlib>
#include <utility>

#include "main/controller.h"
#include "main/data_dir.h"

#include "om/http/control_client.h"

namespace om::main {
namespace {

class InProcess final : public Client {
 public:
  explicit InProcess(std::unique_ptr<Controller> controller) : controller_(std::move(controller)) {}
  bool is_alone() const override { return true; }
  Result<api::Response> send(const api::Request& request) override {
    return controller_->dispatch(request);
  }

 private:
  std::unique_ptr<Controller> controller_;
};

class Elsewhere final : public Client {
 public:
  explicit Elsewhere(http::ControlClient client) : client_(std::move(client)) {}
  bool is_alone() const override { return false; }
  Result<api::Response> send(const api::Request& request) override { return client_.call(request); }

 private:
  http::ControlClient client_;
};

/// The Error that an error answer carries.
Error error_of(const api::Response& response) {
  const Result<api::Json> json = api::parse_json(response.body);
  const api::Json error =
      json && json->is_object() ? json->value("error", api::Json::object()) : api::Json::object();
  Errc code = Errc::internal;
  switch (response.status) {
    case 400:
      code = Errc::invalid_argument;
      break;
    case 401:
      code = Errc::unauthorized;
      break;
    case 403:
      code = Errc::forbidden;
      break;
    case 404:
      code = Errc::not_found;
      break;
    case 409:
      code = Errc::conflict;
      break;
    case 429:
    case 503:
      code = Errc::overloaded;
      break;
    default:
      break;
  }
  std::string message = error.value(
      "message", "the controller answered with status " + std::to_string(response.status));
  for (const api::Json& field : error.value("fields", api::Json::array())) {
    message += "\n  " + field.value("field", "") + ": " + field.value("message", "");
  }
  return fail(code, error.value("reason", ""), message);
}

}  // namespace

Result<std::unique_ptr<Client>> Client::connect(const CommandLine& line, const Clock& clock) {
  if (!line.global.url.empty()) {
    const char* token = std::getenv("OMSERVER_TOKEN");
    if (token == nullptr || *token == '\0') {
      return fail(Errc::unauthorized, "cli.no_token",
                  "--url needs a token in OMSERVER_TOKEN (omserver token create --user NAME)");
    }
    OM_TRY_SET(http::ControlClient client,
               http::ControlClient::over_url(line.global.url, Secret(token)));
    return std::unique_ptr<Client>(std::make_unique<Elsewhere>(std::move(client)));
  }
  Result<DataDir> data = DataDir::lock(line.global.data);
  if (!data) {
    if (data.error().reason != "data.locked") return data.error();
    return std::unique_ptr<Client>(std::make_unique<Elsewhere>(
        http::ControlClient::over_socket(DataDir::control_socket(line.global.data))));
  }
  OM_TRY_SET(std::unique_ptr<Controller> controller,
             Controller::open(std::move(data).value(), line.settings, clock));
  return std::unique_ptr<Client>(std::make_unique<InProcess>(std::move(controller)));
}

Result<api::Json> Client::get(const std::string& path,
                              std::vector<std::pair<std::string, std::string>> query) {
  api::Request request;
  request.entry = api::Entry::control;
  request.method = "GET";
  request.path = path;
  request.query = std::move(query);
  OM_TRY_SET(const api::Response response, send(request));
  if (response.status >= 400) return error_of(response);
  return api::parse_json(response.body);
}

Result<api::Json> Client::call(const std::string& method, const std::string& path,
                               const api::Json& body) {
  api::Request request;
  request.entry = api::Entry::control;
  request.method = method;
  request.path = path;
  if (!body.is_null()) {
    request.body = api::dump(body);
    request.headers.emplace_back("content-type", "application/json");
  }
  OM_TRY_SET(const api::Response response, send(request));
  if (response.status >= 400) return error_of(response);
  return api::parse_json(response.body);
}

}  // namespace om::main
