// SPDX-License-Identifier: MIT
#include "om/http/legacy_endpoints.h"

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "http/target.h"

#include "om/api/json.h"
#include "om/base/text.h"
#include "om/base/utf8.h"
#include "om/legacy/lists.h"
#include "om/legacy/module_text.h"
#include "om/legacy/result_html.h"
#include "om/legacy/run_call.h"

namespace om::http {
namespace {

using api::Json;
using api::Request;
using api::Response;

constexpr auto kPollPause = std::chrono::milliseconds(100);

Response html(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(body);
  return response;
}

std::string error_message(const Response& response) {
  const Result<Json> json = api::parse_json(response.body);
  if (!json || !json->is_object() || !json->contains("error"))
    return "error " + std::to_string(response.status);
  const Json& error = json->at("error");
  std::string message = error.value("message", "");
  for (const Json& field : error.value("fields", Json::array())) {
    message =
        field.value("field", "") + ": " + field.value("message_zh", field.value("message", ""));
    break;
  }
  return message;
}

/// The same caller asks the API for something.
class Caller {
 public:
  Caller(const api::Dispatch& api, const Request& request) : api_(api), request_(request) {}

  Response send(std::string method, std::string path,
                std::vector<std::pair<std::string, std::string>> query = {},
                const Json& body = nullptr) const {
    Request inner;
    inner.entry = request_.entry == api::Entry::tcp ? api::Entry::legacy : request_.entry;
    inner.method = std::move(method);
    inner.path = std::move(path);
    inner.query = std::move(query);
    inner.headers = request_.headers;
    inner.peer = request_.peer;
    if (!body.is_null()) inner.body = api::dump(body);
    return api_(inner);
  }

  /// The JSON of a call that worked; else the answer to give instead.
  std::optional<Json> get(const std::string& path,
                          std::vector<std::pair<std::string, std::string>> query,
                          Response& instead) const {
    Response response = send("GET", path, std::move(query));
    if (response.status >= 400) {
      instead = html(error_message(response), response.status);
      return std::nullopt;
    }
    return *api::parse_json(response.body);
  }

 private:
  api::Dispatch api_;
  Request request_;
};

/// A number of the original's pages; "-1", "" and words are none.
std::optional<std::string> number_value(const Request& request, const char* name) {
  const std::optional<std::int64_t> number =
      text::parse_int(request.query_value(name).value_or(""));
  if (!number || *number < 0) return std::nullopt;
  return std::to_string(*number);
}

Response categories(const Caller& caller) {
  Response instead;
  const std::optional<Json> json = caller.get("/api/v1/categories", {}, instead);
  if (!json) return instead;
  std::vector<Category> list;
  for (const Json& item : json->at("categories")) {
    list.push_back(
        {CategoryId{item.at("id").get<std::int64_t>()}, item.at("name").get<std::string>()});
  }
  return html(legacy::category_list(list));
}

Response apps(const Caller& caller, const Request& request) {
  Response instead;
  const std::optional<std::string> category = number_value(request, "fun_categId");
  const std::optional<Json> json =
      caller.get("/api/v1/apps", {{"category", category.value_or("0")}}, instead);
  if (!json) return instead;
  std::vector<App> list;
  for (const Json& item : json->at("apps")) {
    App app;
    app.id = AppId{item.at("id").get<std::int64_t>()};
    app.name = item.at("name").get<std::string>();
    list.push_back(std::move(app));
  }
  return html(legacy::app_list(list));
}

Response hosts(const Caller& caller, const Request& request) {
  Response instead;
  const std::optional<std::string> app = number_value(request, "app_categId");
  const std::optional<Json> json =
      caller.get("/api/v1/hosts", {{"app", app.value_or("0")}}, instead);
  if (!json) return instead;
  std::vector<Host> list;
  for (const Json& item : json->at("hosts")) {
    Host host;
    host.name = item.at("name").get<std::string>();
    host.address = item.at("address").get<std::string>();
    list.push_back(std::move(host));
  }
  return html(legacy::host_list(list));
}

Module module_from(const Json& item) {
  Module module;
  module.id = ModuleId{item.at("id").get<std::int64_t>()};
  module.name = item.at("name").get<std::string>();
  module.caption = item.value("caption_html", "");
  if (item.contains("form")) module.form = item.at("form").value("html", "");
  return module;
}

Response modules(const Caller& caller) {
  Response instead;
  const std::optional<Json> json = caller.get("/api/v1/modules", {}, instead);
  if (!json) return instead;
  std::vector<Module> list;
  for (const Json& item : json->at("modules")) list.push_back(module_from(item));
  return html(legacy::module_list(list));
}

Response module_info(const Caller& caller, const Request& request) {
  Response instead;
  const std::optional<std::string> id = number_value(request, "Module_Id");
  const std::optional<Json> json = caller.get("/api/v1/modules/" + id.value_or("0"), {}, instead);
  if (!json) return instead;
  return html(legacy::module_info(module_from(json->at("module"))));
}

Response module_add(const Caller& caller, const Request& request) {
  const std::string name = request.query_value("module_name").value_or("");
  const std::string caption = request.query_value("module_caption").value_or("");
  if (const std::optional<std::string_view> refusal = legacy::module_add_refusal(name, caption)) {
    return html(std::string(*refusal));
  }
  const Response response =
      caller.send("POST", "/api/v1/modules", {},
                  {{"name", name},
                   {"caption", caption},
                   {"form", request.query_value("module_extend").value_or("")}});
  if (response.status == 401 || response.status == 403)
    return html(error_message(response), response.status);
  if (response.status >= 400) return html(legacy::module_not_stored(error_message(response)));
  const Json json = *api::parse_json(response.body);
  return html(legacy::module_added(ModuleId{json.at("module").at("id").get<std::int64_t>()}));
}

/// The result of a run as the original shows it: waits on a thread of the streams' budget, so that
/// nobody's worker does.
class RunAnswer final : public api::LiveStream {
 public:
  RunAnswer(const Clock& clock, Caller caller, std::int64_t run,
            std::map<std::string, std::string> addresses)
      : clock_(clock),
        caller_(std::move(caller)),
        path_("/api/v1/runs/" + std::to_string(run)),
        run_(run),
        addresses_(std::move(addresses)),
        deadline_(clock.now() + kLegacyRunWait) {}

  std::optional<std::string> next(Duration wait) override {
    if (answered_) return std::nullopt;
    const MonotonicTime until = std::min(deadline_, clock_.now() + wait);
    for (;;) {
      Response instead;
      const std::optional<Json> json = caller_.get(path_, {}, instead);
      if (!json) return finish(instead.body);
      if (json->at("run").at("state") == "finished" || clock_.now() >= deadline_)
        return finish(answer());
      if (clock_.now() >= until) return std::string();
      std::this_thread::sleep_for(kPollPause);
    }
  }

 private:
  std::string finish(std::string text) {
    answered_ = true;
    return text;
  }

  std::string output(const std::string& host, const char* stream) const {
    Response response =
        caller_.send("GET", path_ + "/targets/" + host + "/output", {{"raw", stream}});
    return response.status == 200 ? utf8::decode_lossy(response.body) : std::string();
  }

  std::string answer() const {
    std::vector<legacy::TargetResult> results;
    std::size_t unfinished = 0;
    std::string after = "-1";
    for (;;) {
      Response instead;
      const std::optional<Json> page =
          caller_.get(path_ + "/targets", {{"after", after}, {"limit", "1000"}}, instead);
      if (!page || page->at("targets").empty()) break;
      for (const Json& target : page->at("targets")) {
        after = target.at("index").dump();
        if (target.at("state") != "finished") {
          ++unfinished;
          continue;
        }
        results.push_back(result_of(target));
      }
    }
    std::string body = legacy::result_html(results);
    if (unfinished > 0) body += legacy::still_running_html(RunId{run_}, unfinished);
    return body;
  }

  legacy::TargetResult result_of(const Json& target) const {
    const std::string host = target.at("host").get<std::string>();
    const auto address = addresses_.find(host);
    legacy::TargetResult result;
    result.address =
        address != addresses_.end() ? address->second : target.at("address").get<std::string>();
    result.platform = *platform_from_name(target.at("platform").get<std::string>());
    result.outcome = *outcome_from_name(target.at("outcome").get<std::string>());
    if (target.at("stdout_bytes") != 0) result.output = output(host, "stdout");
    if (target.at("stderr_bytes") != 0) result.error_output = output(host, "stderr");
    result.reason = target.at("message").get<std::string>();
    return result;
  }

  const Clock& clock_;
  Caller caller_;
  std::string path_;
  std::int64_t run_;
  std::map<std::string, std::string> addresses_;  ///< host name -> as the call named it
  MonotonicTime deadline_;
  bool answered_ = false;
};

/// Hosts that were named by address only, as their names.
std::optional<std::string> name_of_address(const Caller& caller, const std::string& address,
                                           Response& instead) {
  const std::optional<Json> json = caller.get("/api/v1/hosts", {{"q", address}}, instead);
  if (!json) return std::nullopt;
  for (const Json& host : json->at("hosts")) {
    if (host.at("address") == address || host.at("name") == address)
      return host.at("name").get<std::string>();
  }
  instead = html("host " + text::escape_html(address) + " is not known");
  return std::nullopt;
}

Response module_run(const Clock& clock, const Caller& caller, const Request& request) {
  std::vector<std::pair<std::string, std::string>> values = request.query;
  if (request.method == "POST" && !request.body.empty()) {
    const Result<Target> form = parse_target("/?" + request.body);
    if (!form) return html(form.error().message, 400);
    values.insert(values.end(), form->query.begin(), form->query.end());
  }
  const legacy::RunCall call = legacy::parse_run_call(values);
  Json hosts = Json::array();
  std::map<std::string, std::string> addresses;
  for (const legacy::HostChoice& choice : call.hosts) {
    Response instead;
    std::optional<std::string> name = choice.name;
    if (choice.name.empty()) name = name_of_address(caller, choice.address, instead);
    if (!name) return instead;
    hosts.push_back(*name);
    addresses[*name] = choice.address;
  }
  const ModuleId module = call.module.value_or(ModuleId{0});
  const Response started = caller.send(
      "POST", "/api/v1/runs", {},
      {{"module", module.value}, {"select", {{"hosts", hosts}}}, {"parameters", call.parameters}});
  if (started.status == 401 || started.status == 403)
    return html(error_message(started), started.status);
  if (started.status >= 400) {
    const Result<Json> json = api::parse_json(started.body);
    const std::string reason =
        json && json->contains("error") ? json->at("error").value("reason", "") : std::string();
    if (!call.module || reason.starts_with("module."))
      return html(legacy::module_does_not_exist(module));
    return html(text::escape_html(error_message(started)));
  }
  const Json json = *api::parse_json(started.body);
  Response response = html("");
  response.stream = std::make_unique<RunAnswer>(
      clock, caller, json.at("run").at("id").get<std::int64_t>(), std::move(addresses));
  return response;
}

}  // namespace

std::optional<Response> LegacyEndpoints::answer(const Request& request) const {
  constexpr std::string_view prefix = "/autoadmin/";
  std::string path = request.path;
  if (!path.starts_with(prefix) || path == prefix || path == "/autoadmin/module_add/")
    return std::nullopt;
  path.erase(0, prefix.size());
  if (path.ends_with('/')) path.pop_back();
  const Caller caller(api_, request);
  if (path == "module_add_post") {
    return request.method == "GET" ? module_add(caller, request)
                                   : html(std::string(legacy::kIllegalSubmit));
  }
  if (path == "module_run" && (request.method == "GET" || request.method == "POST")) {
    return module_run(clock_, caller, request);
  }
  if (request.method != "GET") return html("405", 405);
  if (path == "server_fun_categ") return categories(caller);
  if (path == "server_app_categ") return apps(caller, request);
  if (path == "server_list") return hosts(caller, request);
  if (path == "module_list") return modules(caller);
  if (path == "module_info") return module_info(caller, request);
  return html("404", 404);
}

api::Dispatch with_legacy_endpoints(const LegacyEndpoints& endpoints, api::Dispatch next) {
  return [&endpoints, next = std::move(next)](const Request& request) -> Response {
    std::optional<Response> response = endpoints.answer(request);
    return response ? std::move(*response) : next(request);
  };
}

}  // namespace om::http
