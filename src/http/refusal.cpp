// SPDX-License-Identifier: MIT
#include "http/refusal.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "om/base/result.h"
#include "om/base/utf8.h"

namespace om::http {
namespace {

Errc code_for(int status) {
  switch (status) {
    case 403:
      return Errc::forbidden;
    case 408:
      return Errc::timed_out;
    case 500:
      return Errc::internal;
    case 503:
      return Errc::overloaded;
    default:
      return Errc::invalid_argument;
  }
}

}  // namespace

Refusal malformed(std::string_view what) {
  return {400, "http.malformed", fmt::format("the request is malformed: {}", what),
          fmt::format("请求格式错误：{}", what)};
}

Refusal ambiguous_framing(std::string_view what) {
  return {400, "http.framing", fmt::format("the length of the request body is ambiguous: {}", what),
          fmt::format("请求正文长度不明确：{}", what)};
}

Refusal head_too_large(std::string_view what) {
  return {431, "http.head_too_large", fmt::format("the request head is too large: {}", what),
          fmt::format("请求头过大：{}", what)};
}

Refusal target_too_long() {
  return {414, "http.uri_too_long", "the address is too long; send the request by POST",
          "地址过长，请改用 POST"};
}

Refusal body_too_large(std::size_t max_bytes) {
  return {413, "http.body_too_large",
          fmt::format("the request body is larger than {} bytes", max_bytes),
          fmt::format("请求正文超过 {} 字节", max_bytes)};
}

Refusal encoded_body() {
  return {415, "http.encoded_body", "compressed request bodies are not accepted",
          "不接受压缩的请求正文"};
}

Refusal unknown_method() {
  return {501, "http.unknown_method", "this method is not known here", "不支持该请求方法"};
}

Refusal unknown_version() {
  return {505, "http.unknown_version", "speak HTTP/1.1", "请使用 HTTP/1.1"};
}

Refusal unknown_expectation() {
  return {417, "http.unknown_expectation", "only Expect: 100-continue is known",
          "只支持 Expect: 100-continue"};
}

Refusal foreign_host(std::string_view host) {
  return {421, "http.host_refused",
          fmt::format("this controller does not answer to the name \"{}\"; add it to the setting "
                      "\"names\" if it should",
                      utf8::decode_lossy(host.substr(0, 100))),
          fmt::format("本控制器不使用名称“{}”；如需使用，请加入设置 names",
                      utf8::decode_lossy(host.substr(0, 100)))};
}

Refusal foreign_origin() {
  return {403, "http.origin_refused", "a page of another site may not call this controller",
          "不允许其他网站的页面调用本控制器"};
}

Refusal too_slow(std::string_view what) {
  return {408, "http.too_slow", fmt::format("the {} came too slowly", what), "请求发送过慢"};
}

Refusal busy(std::string_view what) {
  return {503, "http.busy", fmt::format("{}; try again in a moment", what), "服务繁忙，请稍后重试"};
}

api::Response response_for(const Refusal& refusal) {
  api::Response response;
  response.status = refusal.status;
  const nlohmann::json body = {{"error",
                                {{"code", errc_name(code_for(refusal.status))},
                                 {"reason", refusal.reason},
                                 {"message", refusal.message},
                                 {"message_zh", refusal.message_zh}}}};
  response.body = body.dump();
  if (refusal.status == 503) response.headers.emplace_back("Retry-After", "2");
  return response;
}

api::Response internal_error() {
  return response_for({500, "http.internal", "the controller failed to answer; its log says why",
                       "控制器内部错误，详见其日志"});
}

}  // namespace om::http
