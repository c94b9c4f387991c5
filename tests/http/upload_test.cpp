// SPDX-License-Identifier: MIT
//
// Bodies that are received as they come: who may send them is asked first, what breaks off leaves
// its receiver undone, and the bounds of an upload are its own.
#include <chrono>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/serving.h"

namespace om::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

/// What became of the receivers.
struct Received {
  std::mutex mutex;
  std::string bytes;
  int finished = 0;
  int destroyed = 0;

  int undone() {
    const std::lock_guard lock(mutex);
    return destroyed - finished;
  }
};

class Recorder final : public api::BodyReceiver {
 public:
  explicit Recorder(Received& record) : record_(record) {}
  ~Recorder() override {
    const std::lock_guard lock(record_.mutex);
    ++record_.destroyed;
  }
  std::optional<api::Response> take(std::string_view bytes) override {
    const std::lock_guard lock(record_.mutex);
    record_.bytes += bytes;
    if (record_.bytes.find("full") == std::string::npos) return std::nullopt;
    api::Response response;
    response.status = 507;
    return response;
  }
  api::Response finish() override {
    const std::lock_guard lock(record_.mutex);
    ++record_.finished;
    api::Response response;
    response.status = 201;
    response.body = std::to_string(record_.bytes.size());
    return response;
  }

 private:
  Received& record_;
};

class UploadTest : public testing::Test {
 protected:
  void serve() {
    options_.takes_upload = [](std::string_view method, std::string_view path) {
      return method == "PUT" && path.starts_with("/files/");
    };
    serving_ = std::make_unique<Serving>(options_, [this](const api::Request& request) {
      EXPECT_EQ(request.body, "");
      api::Response response;
      if (request.path == "/files/forbidden") {
        response.status = 403;
      } else {
        response.receiver = std::make_unique<Recorder>(received_);
      }
      return response;
    });
  }
  static std::string head(const std::string& name, const std::string& lines) {
    return "PUT /files/" + name + " HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
  }
  static std::string length(std::uint64_t bytes) {
    return "Content-Length: " + std::to_string(bytes) + "\r\n";
  }
  bool undone_in_time() {
    for (int i = 0; i < 500 && received_.undone() == 0; ++i) std::this_thread::sleep_for(10ms);
    return received_.undone() == 1;
  }

  FrontOptions options_;
  Received received_;
  std::unique_ptr<Serving> serving_;
};

TEST_F(UploadTest, TakesABodyBeyondTheLimitOfOthersAndCloses) {
  serve();
  RawPeer peer = serving_->peer();
  const std::string body(3'000'000, 'x');
  peer.send(head("a", length(body.size())) + body);
  const std::string answer = peer.read_all();
  EXPECT_EQ(status_of(answer), 201);
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n3000000"));
  EXPECT_TRUE(received_.bytes == body);
}

TEST_F(UploadTest, TakesChunksAnEmptyBodyAndOneThatWaitsToBeInvited) {
  serve();
  RawPeer chunks = serving_->peer();
  chunks.send(head("a", "Transfer-Encoding: chunked\r\n") + "5\r\nhel");
  chunks.send("lo\r\n0\r\n\r\n");
  EXPECT_THAT(chunks.read_all(), EndsWith("\r\n\r\n5"));
  EXPECT_EQ(received_.bytes, "hello");
  RawPeer empty = serving_->peer();
  empty.send(head("b", length(0)));
  EXPECT_EQ(status_of(empty.read_all()), 201);
  RawPeer invited = serving_->peer();
  invited.send(head("c", length(4) + "Expect: 100-continue\r\n"));
  EXPECT_EQ(invited.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  invited.send("body");
  EXPECT_EQ(status_of(invited.read_all()), 201);
}

TEST_F(UploadTest, IsRefusedBeforeItsBodyAndReadOnForTheAnswerToArrive) {
  serve();
  RawPeer peer = serving_->peer();
  peer.send(head("forbidden", length(8'000'000) + "Expect: 100-continue\r\n"));
  const std::string answer = peer.read_until("\r\n\r\n");
  EXPECT_EQ(status_of(answer), 403);
  // Far more than other refused requests may go on with: none of it meets a reset.
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(peer.send(std::string(1'000'000, 'x')));
}

TEST_F(UploadTest, TooLargeIsRefusedByItsLengthAndWhileItComes) {
  options_.limits.upload_bytes = 1000;
  serve();
  RawPeer said = serving_->peer();
  said.send(head("a", length(1001)));
  EXPECT_EQ(status_of(said.read_answer()), 413);
  EXPECT_EQ(serving_->calls(), 0);
  RawPeer unsaid = serving_->peer();
  unsaid.send(head("a", "Transfer-Encoding: chunked\r\n") + "3e9\r\n" + std::string(1001, 'x'));
  EXPECT_EQ(status_of(unsaid.read_answer()), 413);
  EXPECT_EQ(received_.undone(), 1);
}

TEST_F(UploadTest, OtherRequestsKeepTheirLimit) {
  serve();
  RawPeer peer = serving_->peer();
  peer.send("PUT /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n");
  EXPECT_EQ(status_of(peer.read_answer()), 413);
}

TEST_F(UploadTest, AnInterruptedOneIsUndone) {
  serve();
  RawPeer peer = serving_->peer();
  peer.send(head("a", length(100)) + "half");
  peer.hang_up();
  EXPECT_TRUE(undone_in_time());
}

TEST_F(UploadTest, ASilentOneIsRefusedAndUndone) {
  options_.limits.upload_idle = 200ms;
  serve();
  RawPeer peer = serving_->peer();
  peer.send(head("a", length(100)) + "half");
  const std::string answer = peer.read_answer();
  EXPECT_EQ(status_of(answer), 408);
  EXPECT_THAT(answer, HasSubstr("http.too_slow"));
  EXPECT_EQ(received_.undone(), 1);
}

TEST_F(UploadTest, ADrippingOneIsRefusedThoughItIsNeverSilent) {
  options_.limits.upload_idle = 300ms;
  serve();
  RawPeer peer = serving_->peer();
  peer.send(head("a", length(100)));
  const auto begin = std::chrono::steady_clock::now();
  while (received_.undone() == 0 && std::chrono::steady_clock::now() - begin < 5s) {
    if (!peer.send("x")) break;
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(status_of(peer.read_answer()), 408);
  EXPECT_EQ(received_.undone(), 1);
}

TEST_F(UploadTest, TheReceiversOwnRefusalAndBrokenChunksAreAnswered) {
  serve();
  RawPeer full = serving_->peer();
  full.send(head("a", length(1'000'000)) + "full");
  EXPECT_EQ(status_of(full.read_answer()), 507);
  RawPeer broken = serving_->peer();
  broken.send(head("a", "Transfer-Encoding: chunked\r\n") + "zz\r\n");
  EXPECT_EQ(status_of(broken.read_answer()), 400);
}

TEST_F(UploadTest, MoreThanTheirThreadsAreRefusedAndTheFrontStopsAllTheSame) {
  options_.limits.uploads = 1;
  serve();
  RawPeer first = serving_->peer();
  first.send(head("a", length(100) + "Expect: 100-continue\r\n"));
  first.read_until("\r\n\r\n");
  RawPeer second = serving_->peer();
  second.send(head("b", length(100)));
  EXPECT_EQ(status_of(second.read_answer()), 503);
  EXPECT_TRUE(serving_->stop());
  EXPECT_EQ(received_.undone(), 2);
}

}  // namespace
}  // namespace om::http
