// SPDX-License-Identifier: MIT
#include "om/http/front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/serving.h"

namespace om::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(FrontTest, AnswersARequestWithTheProtectingHeaders) {
  const Serving serving;
  const std::string answer = serving.get("/echo?a=1&b=%E6%9C%8D%20x");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_THAT(answer, EndsWith("\r\n\r\nGET 127.0.0.1\na=1\nb=服 x\n"));
  for (const char* header :
       {"Content-Security-Policy: default-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'self'; object-src 'none'\r\n",
        "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
        "Cross-Origin-Opener-Policy: same-origin\r\n", "Cache-Control: no-store\r\n",
        "Content-Type: text/plain\r\n", "Connection: close\r\n", "Date: "}) {
    EXPECT_THAT(answer, HasSubstr(header));
  }
}

TEST(FrontTest, KeepsAConnectionForManyRequestsAlsoAfterAnError) {
  const Serving serving;
  RawPeer peer = serving.peer();
  for (int i = 0; i < 50; ++i) {
    peer.send(post("/echo", "number " + std::to_string(i)));
    EXPECT_THAT(peer.read_answer(), EndsWith("POST 127.0.0.1\nnumber " + std::to_string(i)));
    peer.send("GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(status_of(peer.read_answer()), 404);
  }
  EXPECT_FALSE(peer.closed());
}

TEST(FrontTest, AnswersPipelinedRequestsInOrder) {
  const Serving serving;
  RawPeer peer = serving.peer();
  std::string all;
  for (int i = 0; i < 20; ++i) all += post("/echo", "<" + std::to_string(i) + ">");
  peer.send(all);
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(peer.read_answer(), EndsWith("<" + std::to_string(i) + ">"));
  }
}

TEST(FrontTest, TakesABodyInChunks) {
  const Serving serving;
  RawPeer peer = serving.peer();
  peer.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  peer.send("5\r\nhel");
  peer.send("lo\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: dropped\r\n\r\n");
  EXPECT_THAT(peer.read_answer(), EndsWith("\nhello world"));
  peer.send(post("/echo", "next"));
  EXPECT_THAT(peer.read_answer(), EndsWith("\nnext"));
}

TEST(FrontTest, InvitesABodyThatWaitsToBeInvited) {
  const Serving serving;
  RawPeer peer = serving.peer();
  peer.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("body");
  EXPECT_THAT(peer.read_answer(), EndsWith("\nbody"));
}

TEST(FrontTest, HeadHasTheLengthAndNoBody) {
  const Serving serving;
  RawPeer peer = serving.peer();
  peer.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string answer = peer.read_all();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(FrontTest, AnUnexpectedExceptionIsAnAnswerWithoutItsText) {
  const Serving serving(
      {}, [](const api::Request&) -> api::Response { throw std::runtime_error("the secret"); });
  const std::string answer = serving.get("/boom");
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_THAT(answer, HasSubstr("http.internal"));
  EXPECT_THAT(answer, Not(HasSubstr("the secret")));
}

TEST(FrontTest, SaysWhichPortIsInUse) {
  const Serving serving;
  const auto second = listen_tcp(serving.address());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_EQ(second.error().reason, "http.port_in_use");
  EXPECT_THAT(second.error().message, HasSubstr(serving.address()));
}

}  // namespace
}  // namespace om::http
