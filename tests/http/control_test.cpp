// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/fed_stream.h"
#include "http/serving.h"

#include "om/http/control_client.h"
#include "om/http/control_socket.h"
#include "om/http/event_stream.h"

namespace om::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class ControlTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "om-control-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/control.sock";
  }
  void TearDown() override {
    front_.reset();
    std::filesystem::remove_all(folder_);
  }

  void serve(api::Dispatch dispatch) {
    auto listener = listen_control(path_);
    ASSERT_TRUE(listener) << listener.error().message;
    std::vector<Listener> listeners;
    listeners.push_back(std::move(*listener));
    FrontOptions options;
    options.limits.stream_tick = std::chrono::milliseconds(10);
    auto front = Front::start(clock_, options, std::move(listeners), std::move(dispatch));
    ASSERT_TRUE(front);
    front_ = std::move(*front);
  }

  SystemClock clock_;
  std::string folder_;
  std::string path_;
  std::unique_ptr<Front> front_;
};

TEST_F(ControlTest, ACallArrivesWholeAsTheLocalAdministrator) {
  api::Request seen;
  serve([&seen](const api::Request& request) {
    seen = request;
    api::Response response;
    response.status = 201;
    response.headers.emplace_back("X-Extra", "1");
    response.body = R"({"run": {"id": 7}})";
    return response;
  });
  api::Request request;
  request.method = "POST";
  request.path = "/api/v1/runs/服 务%2f";
  request.query = {{"q", "a&b=c+d %"}, {"q", "再"}};
  request.headers = {{"idempotency-key", "k1"}};
  request.body = std::string("{\"a\":\0 1}", 9);
  const auto response = ControlClient::over_socket(path_).call(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, R"({"run": {"id": 7}})");
  EXPECT_THAT(response->headers, testing::Contains(testing::Pair("x-extra", "1")));
  EXPECT_EQ(seen.entry, api::Entry::control);
  EXPECT_EQ(seen.peer, "uid " + std::to_string(::geteuid()));
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, request.path);
  EXPECT_EQ(seen.query, request.query);
  EXPECT_EQ(seen.body, request.body);
  EXPECT_THAT(seen.headers, testing::Contains(testing::Pair("idempotency-key", "k1")));
}

TEST_F(ControlTest, EventsComeOneByOneUntilTheEnd) {
  Feed feed;
  serve(streaming(feed));
  api::Request request;
  request.method = "GET";
  request.path = "/api/v1/runs/1/events";
  auto response = ControlClient::over_socket(path_).call(request);
  ASSERT_TRUE(response);
  ASSERT_NE(response->stream, nullptr);
  feed.say("retry: 2000\n\nid: 4\nevent: batch\ndata: {\"a\":\n");
  feed.say("data: 1}\n\n: hb\n\nevent: end\ndata: {}\n\n");
  feed.end();
  EventStream stream;
  std::vector<Event> events;
  while (auto piece = response->stream->next(std::chrono::seconds(5))) {
    for (Event& event : stream.feed(*piece)) events.push_back(std::move(event));
  }
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].id, "4");
  EXPECT_EQ(events[0].name, "batch");
  EXPECT_EQ(events[0].data, "{\"a\":\n1}");
  EXPECT_EQ(events[1].name, "end");
}

TEST_F(ControlTest, TheSocketIsForItsOwnerAndGoesAwayWithTheFront) {
  serve([](const api::Request&) { return api::Response(); });
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  front_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ControlTest, AnotherUserIsHungUpOnWhateverTheFileAllows) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  std::atomic<int> calls{0};
  serve([&calls](const api::Request&) {
    ++calls;
    return api::Response();
  });
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  constexpr std::string_view kAsk = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const pid_t child = ::fork();
  if (child == 0) {  // from here on system calls only
    char answer = 0;
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::setuid(65534) != 0 ||
        ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::_exit(2);
    }
    const ssize_t sent = ::send(socket, kAsk.data(), kAsk.size(), MSG_NOSIGNAL);
    ::_exit(sent < 0 || ::recv(socket, &answer, 1, 0) <= 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(calls, 0);
}

TEST_F(ControlTest, AStaleSocketIsReplacedAndAFileIsNot) {
  {
    auto stale = listen_control(path_);
    ASSERT_TRUE(stale);
    // As after kill -9: the file stays, nobody listens.
    std::filesystem::rename(path_, folder_ + "/kept");
  }
  std::filesystem::rename(folder_ + "/kept", path_);
  EXPECT_TRUE(listen_control(path_));
  std::ofstream(path_) << "a file";
  const auto refused = listen_control(path_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
}

TEST_F(ControlTest, APathTooLongForASocketIsNamed) {
  const auto refused = listen_control(folder_ + "/" + std::string(120, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("--data"));
}

TEST_F(ControlTest, NobodyListeningIsSaidWithTheRemedy) {
  api::Request request;
  request.method = "GET";
  request.path = "/";
  const auto answer = ControlClient::over_socket(path_).call(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::disconnected);
  EXPECT_THAT(answer.error().message, HasSubstr(path_));
  EXPECT_THAT(answer.error().message, HasSubstr("omserver serve"));
}

TEST_F(ControlTest, AControllerThatDoesNotAnswerIsNotWaitedForForEver) {
  const auto listener = listen_control(path_);  // and nobody accepts
  ASSERT_TRUE(listener);
  api::Request request;
  request.method = "GET";
  request.path = "/";
  ControlClient client = ControlClient::over_socket(path_);
  client.set_patience(std::chrono::milliseconds(50));
  const auto answer = client.call(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::timed_out);
}

TEST(ControlClientTest, AUrlWithATokenIsTheSameCall) {
  std::string authorization;
  const Serving serving({}, [&](const api::Request& request) {
    for (const auto& [name, value] : request.headers) {
      if (name == "authorization") authorization = value;
    }
    api::Response response;
    response.body = "{}";
    return response;
  });
  const auto client = ControlClient::over_url("http://" + serving.address() + "/", Secret("t0k"));
  ASSERT_TRUE(client);
  api::Request request;
  request.method = "GET";
  request.path = "/api/v1/session";
  const auto answer = client->call(request);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(authorization, "Bearer t0k");
}

TEST(ControlClientTest, OnlyHttpUrlsOfAControllerAreTaken) {
  for (const char* url : {"https://a", "a:8080", "http://", "http://a/path", "http://u@a",
                          "http://a:0", "http://a:99999", "http://a:b"}) {
    EXPECT_FALSE(ControlClient::over_url(url, Secret())) << url;
  }
  for (const char* url : {"http://a", "http://a:8080/", "http://[::1]:8080", "http://[::1]"}) {
    EXPECT_TRUE(ControlClient::over_url(url, Secret())) << url;
  }
}

}  // namespace
}  // namespace om::http
