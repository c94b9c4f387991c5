// SPDX-License-Identifier: MIT
#include "http/exchange.h"

#include <cstring>
#include <exception>
#include <optional>

#include <fmt/core.h>
#include <httplib.h>

#include "http/refusal.h"

#include "om/base/log.h"

namespace om::http {
namespace {

/// What process_request() reads from and writes to: never a socket, never blocks.
class MemoryStream final : public httplib::Stream {
 public:
  MemoryStream(std::string_view head, std::string_view body) : head_(head), body_(body) {}

  std::string take_output() { return std::move(output_); }

  bool is_readable() const override { return !head_.empty() || !body_.empty(); }
  bool wait_readable() const override { return true; }
  bool wait_writable() const override { return true; }
  ssize_t read(char* buffer, size_t size) override {
    std::string_view& from = head_.empty() ? body_ : head_;
    const size_t count = std::min(size, from.size());
    std::memcpy(buffer, from.data(), count);
    from.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* bytes, size_t size) override {
    output_.append(bytes, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip.clear();
    port = 0;
  }
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const override { return 0; }

 private:
  std::string_view head_;
  std::string_view body_;
  std::string output_;
};

bool has_no_body(int status) { return status == 204 || status == 304; }

}  // namespace

struct Exchange::Server final : httplib::Server {
  const Clock& clock;
  const api::Dispatch& dispatch;
  // Of the request under way, between run() and the library's call of handle().
  api::Request request;
  bool close = false;
  std::optional<api::Response> stream;
  bool upload = false;
  std::unique_ptr<api::BodyReceiver> receiver;

  Server(const Clock& c, const api::Dispatch& d) : clock(c), dispatch(d) {
    const auto on_request = [this](const httplib::Request& in, httplib::Response& out) {
      handle(in, out);
    };
    Get("/", on_request);  // HEAD too
    Post("/", on_request);
    Put("/", on_request);
    Patch("/", on_request);
    Delete("/", on_request);
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& out) {
      // The library closes after every status from 400 on and promises timeouts that are not ours.
      out.headers.erase("Keep-Alive");
      out.headers.erase("Connection");
      out.headers.erase("Accept-Ranges");
      if (close) out.headers.emplace("Connection", "close");
      if (has_no_body(out.status)) out.headers.erase("Content-Length");
    });
  }

  void handle(const httplib::Request& in, httplib::Response& out) {
    request.body = in.body;
    api::Response response = call();
    if (response.stream) {
      stream = std::move(response);
      return;
    }
    if (response.receiver && upload) {
      receiver = std::move(response.receiver);
      return;
    }
    if (response.receiver) {
      log::error("a body was to be received that had been read", {{"path", request.path}});
      response = internal_error();
    }
    out.status = response.status;
    for (auto& [name, value] : headers_for(response, clock.wall_ms())) {
      out.headers.emplace(std::move(name), std::move(value));
    }
    if (!has_no_body(response.status)) out.body = std::move(response.body);
  }

  api::Response call() {
    const MonotonicTime start = clock.now();
    api::Response response = guarded_call();
    // Never the query: what was typed into a form stands there.
    log::debug("request", {{"peer", request.peer},
                           {"method", request.method},
                           {"path", request.path},
                           {"status", response.status},
                           {"ms", whole_ms(clock.now() - start)}});
    return response;
  }

  api::Response guarded_call() {
    // A part reports by Result; what is thrown all the same (out of memory, a bug) ends here.
    try {
      return dispatch(request);
    } catch (const std::exception& error) {
      log::error("dispatch threw", {{"path", request.path}, {"what", error.what()}});
    } catch (...) {
      log::error("dispatch threw", {{"path", request.path}});
    }
    return internal_error();
  }

  bool process(MemoryStream& memory) {
    bool closed = false;
    return process_request(memory, request.peer, 0, "", 0, close, closed, nullptr);
  }
};

Exchange::Exchange(const Clock& clock, const api::Dispatch& dispatch)
    : server_(std::make_unique<Server>(clock, dispatch)) {}

Exchange::~Exchange() = default;

Answer Exchange::run(Job job) {
  Server& server = *server_;
  const std::string method =
      std::exchange(job.request.method, job.request.method == "HEAD" ? "GET" : job.request.method);
  const std::string body = std::exchange(job.request.body, std::string());
  const std::string head =
      fmt::format("{} / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", method, body.size());
  server.request = std::move(job.request);
  server.close = job.close;
  server.stream.reset();
  server.upload = job.upload;

  MemoryStream memory(head, body);
  const bool written = server.process(memory);
  Answer answer;
  if (server.receiver) {
    answer.receiver = std::move(server.receiver);
    answer.close = true;
    return answer;
  }
  if (server.stream) {
    answer.chunked = !job.http_1_0;
    answer.heartbeat = server.stream->content_type.starts_with("text/event-stream");
    answer.bytes = stream_head(*server.stream, server.clock.wall_ms(), answer.chunked);
    answer.close = true;
    if (method != "HEAD") answer.stream = std::move(server.stream->stream);
    server.stream.reset();
    return answer;
  }
  answer.bytes = memory.take_output();
  answer.close = job.close;
  if (!written || answer.bytes.empty()) {
    log::error("no answer was written", {{"path", server.request.path}});
    answer.bytes = closing_answer(internal_error(), server.clock.wall_ms());
    answer.close = true;
  }
  return answer;
}

}  // namespace om::http
