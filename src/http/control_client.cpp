// SPDX-License-Identifier: MIT
#include "om/http/control_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "http/chunked.h"
#include "http/response_head.h"
#include "http/target.h"
#include "http/transport.h"

#include "om/base/errno_error.h"
#include "om/base/text.h"
#include "om/event/resolver.h"

namespace om::http {
namespace {

constexpr Duration kConnectTime = std::chrono::seconds(10);
constexpr std::size_t kHeadMax = std::size_t{64} * 1024;
constexpr std::size_t kBodyMax = std::size_t{256} * 1024 * 1024;

Error gone(std::string message) {
  return fail(Errc::disconnected, "http.disconnected", std::move(message));
}

enum class Got { bytes, nothing, end };

/// Appends what comes within `wait` to `input`.
Got read_within(Transport& transport, Duration wait, std::string& input) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  std::array<char, 16384> buffer;
  for (;;) {
    const IoResult result = transport.read(buffer.data(), buffer.size());
    if (result.state == IoResult::State::closed) return Got::end;
    if (result.state == IoResult::State::done) {
      input.append(buffer.data(), result.bytes);
      return Got::bytes;
    }
    const Duration left = deadline - std::chrono::steady_clock::now();
    if (left <= Duration::zero()) return Got::nothing;
    // Interrupted or not: the read above tells.
    pollfd waiting{transport.fd(), POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(whole_ms(left)) + 1);
  }
}

/// The events of an answer that goes on.
class RemoteStream final : public api::LiveStream {
 public:
  RemoteStream(std::unique_ptr<Transport> transport, bool chunked, std::string input)
      : transport_(std::move(transport)), chunked_(chunked), input_(std::move(input)) {}

  std::optional<std::string> next(Duration wait) override {
    if (ended_) return std::nullopt;
    if (input_.empty()) ended_ = read_within(*transport_, wait, input_) == Got::end;
    if (!chunked_) return give(std::exchange(input_, {}));
    std::string_view rest = input_;
    std::string decoded;
    if (chunks_.feed(rest, decoded) != ChunkedDecoder::State::more) ended_ = true;
    input_.assign(rest);
    return give(std::move(decoded));
  }

 private:
  std::optional<std::string> give(std::string bytes) const {
    if (bytes.empty() && ended_) return std::nullopt;
    return bytes;
  }

  std::unique_ptr<Transport> transport_;
  const bool chunked_;
  std::string input_;
  ChunkedDecoder chunks_;
  bool ended_ = false;
};

std::string request_text(const api::Request& request, const std::string& host,
                         const Secret& token) {
  std::string target = encode_path(request.path);
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    target +=
        std::exchange(separator, '&') + encode_component(name) + "=" + encode_component(value);
  }
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
                                request.method, target, host);
  for (const auto& [name, value] : request.headers) out += name + ": " + value + "\r\n";
  if (!token.empty()) out += fmt::format("Authorization: Bearer {}\r\n", token.reveal());
  if (!request.body.empty()) out += fmt::format("Content-Length: {}\r\n", request.body.size());
  return out + "\r\n" + request.body;
}

Result<Fd> connect_to(const sockaddr* address, socklen_t size) {
  Fd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return error_from_errno("socket", errno);
  if (::connect(socket.get(), address, size) == 0) return socket;
  if (errno != EINPROGRESS) return error_from_errno("connect", errno);
  pollfd waiting{socket.get(), POLLOUT, 0};
  if (::poll(&waiting, 1, static_cast<int>(whole_ms(kConnectTime))) <= 0) {
    return fail(Errc::timed_out, "http.connect_timed_out",
                "connect: no answer within " + duration_text(kConnectTime));
  }
  int error = 0;
  socklen_t error_size = sizeof error;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
  if (error != 0) return error_from_errno("connect", error);
  return socket;
}

Result<Fd> connect_to_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Errc::invalid_argument, "http.control_path", "the path is too long for a socket");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return error_from_errno("socket", errno);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return socket;
  }
  switch (errno) {
    case ENOENT:
    case ECONNREFUSED:
      return gone("no controller is listening there; start one with `omserver serve`");
    case EACCES:
      return fail(Errc::forbidden, "http.control_forbidden",
                  "only root and the user who runs the controller may use its control socket");
    case EAGAIN:
      return fail(Errc::overloaded, "http.busy", "the controller is busy; try again");
    default:
      return error_from_errno("connect", errno);
  }
}

Result<std::vector<event::SocketAddress>> addresses_of(const std::string& host,
                                                       std::uint16_t port) {
  // Known without asking anybody, also in an empty root.
  if (auto address = event::numeric_address(host == "localhost" ? "127.0.0.1" : host, port)) {
    return std::vector<event::SocketAddress>{*address};
  }
  const SystemClock clock;
  OM_TRY_SET(auto reactor, event::Reactor::create(clock));
  OM_TRY_SET(auto resolver, event::Resolver::create(*reactor));
  std::optional<Result<std::vector<event::SocketAddress>>> answer;
  const auto query = resolver->resolve(
      host, port, kConnectTime,
      [&answer](Result<std::vector<event::SocketAddress>> found) { answer = std::move(found); });
  while (!answer) reactor->turn(kConnectTime);
  return std::move(*answer);
}

Result<Fd> connect_to_host(const std::string& host, std::uint16_t port) {
  OM_TRY_SET(const auto addresses, addresses_of(host, port));
  Result<Fd> last = gone("the name has no address");
  for (const event::SocketAddress& address : addresses) {
    last = connect_to(reinterpret_cast<const sockaddr*>(&address.storage), address.length);
    if (last) break;
  }
  return last;
}

}  // namespace

ControlClient ControlClient::over_socket(std::string path) {
  ControlClient client;
  client.where_ = path;
  client.path_ = std::move(path);
  return client;
}

Result<ControlClient> ControlClient::over_url(const std::string& url, Secret token) {
  constexpr std::string_view kScheme = "http://";
  const auto refused = [&] {
    return fail(Errc::invalid_argument, "http.url",
                fmt::format("{}: give the controller as http://host:port", url));
  };
  if (!url.starts_with(kScheme)) return refused();
  std::string authority = url.substr(kScheme.size());
  if (authority.ends_with('/')) authority.pop_back();
  if (authority.empty() || authority.find_first_of("/@?#\r\n ") != std::string::npos) {
    return refused();
  }
  ControlClient client;
  client.host_header_ = authority;
  client.where_ = url;
  client.token_ = std::move(token);
  client.port_ = 80;
  std::string host = authority;
  const std::size_t colon = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    const auto port = text::parse_int(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return refused();
    client.port_ = static_cast<std::uint16_t>(*port);
    host = authority.substr(0, colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) return refused();
  client.host_ = host;
  return client;
}

Result<api::Response> ControlClient::call(const api::Request& request) const {
  auto socket = path_.empty() ? connect_to_host(host_, port_) : connect_to_socket(path_);
  if (!socket) return socket.error().within(where_);
  auto transport = std::make_unique<SocketTransport>(std::move(*socket));
  // A server that refuses answers before it has read everything: what it says counts.
  write_all(*transport, request_text(request, host_header_, token_), patience_);

  const auto cut = [&] { return gone("the connection was cut").within(where_); };
  const auto late = [&] {
    return fail(Errc::timed_out, "http.timed_out",
                fmt::format("{}: no answer within {}", where_, duration_text(patience_)));
  };
  std::string input;
  ResponseHead head;
  for (;;) {
    const std::size_t end = input.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (input.size() > kHeadMax) return gone("the answer is not HTTP").within(where_);
      const Got got = read_within(*transport, patience_, input);
      if (got == Got::end) return cut();
      if (got == Got::nothing) return late();
      continue;
    }
    auto parsed = parse_response_head(std::string_view(input).substr(0, end + 4));
    if (!parsed) return parsed.error().within(where_);
    input.erase(0, end + 4);
    head = std::move(*parsed);
    if (head.status >= 200) break;  // else 100 Continue: the answer follows
  }

  api::Response response;
  response.status = head.status;
  response.content_type = head.content_type;
  response.headers = std::move(head.headers);
  if (head.content_type.starts_with("text/event-stream")) {
    response.stream =
        std::make_unique<RemoteStream>(std::move(transport), head.chunked, std::move(input));
    return response;
  }
  const bool bodiless = request.method == "HEAD" || head.status == 204 || head.status == 304;
  ChunkedDecoder chunks;
  while (!bodiless) {
    if (head.chunked) {
      std::string_view rest = input;
      const auto state = chunks.feed(rest, response.body);
      if (state == ChunkedDecoder::State::malformed) return cut();
      input.assign(rest);
      if (state == ChunkedDecoder::State::done) break;
    } else {
      response.body += std::exchange(input, {});
      if (head.content_length && response.body.size() >= *head.content_length) break;
    }
    if (response.body.size() > kBodyMax) return gone("the answer is too large").within(where_);
    const Got got = read_within(*transport, patience_, input);
    if (got == Got::nothing) return late();
    if (got == Got::end) {
      if (!head.chunked && !head.content_length) break;  // framed by its end
      return cut();
    }
  }
  return response;
}

}  // namespace om::http
