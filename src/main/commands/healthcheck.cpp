// SPDX-License-Identifier: MIT
//
// omserver healthcheck: for container health checks, which have no curl.
#include <iostream>

#include "main/commands/commands.h"

#include "om/http/control_client.h"

namespace om::main {

int healthcheck(const HealthcheckCommand& command) {
  Result<http::ControlClient> client =
      http::ControlClient::over_url("http://" + command.address, Secret());
  if (!client) {
    std::cerr << client.error().message << '\n';
    return kRefused;
  }
  client->set_patience(std::chrono::seconds(5));
  api::Request request;
  request.method = "GET";
  request.path = "/healthz";
  const Result<api::Response> response = client->call(request);
  if (!response) {
    std::cerr << response.error().message << '\n';
    return kNotOk;
  }
  return response->status == 200 ? kOk : kNotOk;
}

}  // namespace om::main
