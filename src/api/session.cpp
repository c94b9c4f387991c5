// SPDX-License-Identifier: MIT
#include "api/identify.h"
#include "api/resources.h"

#include "om/access/access.h"
#include "om/base/build_info.h"
#include "om/run/prepare.h"

namespace om::api {
namespace {

Json session_json(const Call& call, const access::Caller& caller, const std::string& csrf) {
  const Services& services = call.services;
  return {{"user",
           {{"name", caller.name},
            {"rights", caller.rights.names()},
            {"has_password", caller.has_password},
            {"by", access::how_name(caller.how)}}},
          {"csrf", csrf},
          {"controller",
           {{"name", services.controller_name},
            {"version", base::build_info().version},
            {"platform", platform_name(services.preparation.defaults().auto_platform)},
            {"started_at", time_or_null(services.started_ms)}}}};
}

std::string cookie(const Call& call, std::string_view id, bool end) {
  std::string text =
      cookie_name(call.services) + "=" + std::string(id) + "; Path=/; HttpOnly; SameSite=Strict";
  if (end) text += "; Max-Age=0";
  return text;
}

Response opened(const Call& call, const Result<access::OpenedSession>& session) {
  if (!session) return error_response(session.error());
  Response response = json_response(session_json(call, session->caller, session->csrf));
  response.headers.emplace_back("Set-Cookie", cookie(call, session->id.reveal(), false));
  return response;
}

/// Signing in is a change that a foreign page must not trigger either (it would sign the browser in
/// as somebody else); there is no session to derive a token from yet, so only our own page's JSON
/// requests are taken.
Result<void> check_json(const Call& call) {
  if (call.request.header("content-type").starts_with("application/json")) return {};
  return fail(Errc::forbidden, "access.csrf", "signing in needs Content-Type: application/json");
}

Result<access::OpenedSession> sign_in(const Call& call, std::string& user) {
  OM_TRY(check_json(call));
  OM_TRY_SET(Body body, Body::parse(call.request));
  user = body.required_text("user");
  const Secret password(body.required_text("password"));
  OM_TRY(body.finish());
  return call.services.access.sign_in().by_password(user, password.reveal(),
                                                    session_id(call.services, call.request),
                                                    origin_of(call.request, "page"));
}

Result<access::OpenedSession> sign_in_by_link(const Call& call) {
  OM_TRY(check_json(call));
  OM_TRY_SET(Body body, Body::parse(call.request));
  const Secret code(body.required_text("code"));
  OM_TRY(body.finish());
  return call.services.access.sign_in().by_link(
      code.reveal(), session_id(call.services, call.request), origin_of(call.request, "page"));
}

Result<Json> password_set(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const Secret wanted(body.required_text("password"));
  const Secret current(body.text("current"));
  OM_TRY(body.finish());
  OM_TRY(call.services.access.sign_in().change_password(
      call.caller, session_id(call.services, call.request), current.reveal(), wanted.reveal(),
      origin_of(call.request, call.via())));
  return Json::object();
}

Result<Json> token_created(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::string user = body.required_text("user");
  const std::string label = body.text("label");
  OM_TRY(body.finish());
  OM_TRY_SET(const Secret token,
             call.services.access.tokens().create(user, label, call.caller,
                                                  origin_of(call.request, call.via())));
  return Json{{"user", user}, {"token", token.reveal()}};
}

Result<Json> link_created(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  const std::string user = body.required_text("user");
  OM_TRY(body.finish());
  OM_TRY_SET(const Secret code, call.services.access.sign_in().create_link(
                                    user, call.caller, origin_of(call.request, call.via())));
  const std::string path = "/sign-in#code=" + std::string(code.reveal());
  return Json{{"user", user}, {"path", path}, {"url", call.services.page_url + path}};
}

}  // namespace

Response get_session(const Call& call) {
  const std::string id = session_id(call.services, call.request);
  return json_response(
      session_json(call, call.caller, id.empty() ? "" : access::Sessions::csrf_token(id)));
}

Response create_session(const Call& call) {
  std::string user;
  const Result<access::OpenedSession> session = sign_in(call, user);
  Response response = opened(call, session);
  if (!session && session.error().code == Errc::overloaded) {
    response.status = 429;
    const auto wait =
        std::max<std::int64_t>(1, call.services.access.sign_in().retry_after(user).count());
    response.headers.emplace_back("Retry-After", std::to_string(wait));
  }
  return response;
}

Response create_session_by_link(const Call& call) { return opened(call, sign_in_by_link(call)); }
Response set_password(const Call& call) { return respond(password_set(call)); }

Response end_session(const Call& call) {
  const Result<void> closed = call.services.access.sessions().close(
      session_id(call.services, call.request), call.caller, origin_of(call.request, call.via()));
  if (!closed) return error_response(closed.error());
  Response response = json_response(Json::object());
  response.headers.emplace_back("Set-Cookie", cookie(call, "", true));
  return response;
}

Response create_token(const Call& call) { return respond(token_created(call), 201); }
Response create_link(const Call& call) { return respond(link_created(call), 201); }

}  // namespace om::api
