// SPDX-License-Identifier: MIT
//
// Client: where a command's requests go, so that no command has two code paths: to a controller
// composed in this process when nobody holds the data directory, to the control socket of the one
// that does, or to a URL. Blocking; main's thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "main/command_line.h"

#include "om/api/json.h"
#include "om/api/request.h"
#include "om/base/clock.h"
#include "om/base/result.h"

namespace om::main {

class Client {
 public:
  /// Requires: clock outlives the client.
  static Result<std::unique_ptr<Client>> connect(const CommandLine& line, const Clock& clock);
  virtual ~Client() = default;

  /// The controller lives in this process: nobody else reaches it, and it ends with the command.
  virtual bool is_alone() const = 0;
  virtual Result<api::Response> send(const api::Request& request) = 0;

  /// GET with a query.
  Result<api::Json> get(const std::string& path,
                        std::vector<std::pair<std::string, std::string>> query);
  /// A call that answers JSON; an error answer becomes the Error it carries.
  Result<api::Json> call(const std::string& method, const std::string& path,
                         const api::Json& body = nullptr);
};

}  // namespace om::main
