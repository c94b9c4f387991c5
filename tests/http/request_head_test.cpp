// SPDX-License-Identifier: MIT
#include "http/request_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::http {
namespace {

using testing::HasSubstr;
using testing::Pair;

/// The status the head is refused with, 0 when it is taken.
int refused(const std::string& head) {
  const auto parsed = parse_head(head);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  return refusal == nullptr ? 0 : refusal->status;
}

std::string get_with(const std::string& lines) {
  return "GET / HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
}

std::string post_with(const std::string& lines) {
  return "POST / HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
}

TEST(RequestHeadTest, SaysWhatWasAsked) {
  const auto parsed = parse_head(
      "POST /a%20b?x=1&y=%26 HTTP/1.1\r\nHost: localhost:8080\r\nX-Some:  value \t\r\n"
      "Content-Length: 12\r\nConnection: foo, Close\r\nExpect: 100-Continue\r\n\r\n");
  const auto& head = std::get<RequestHead>(parsed);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/a b");
  EXPECT_THAT(head.query, testing::ElementsAre(Pair("x", "1"), Pair("y", "&")));
  EXPECT_THAT(head.headers, testing::Contains(Pair("x-some", "value")));
  EXPECT_EQ(head.host, "localhost:8080");
  EXPECT_EQ(head.framing, RequestHead::Framing::length);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_TRUE(head.close);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_FALSE(head.http_1_0);
}

TEST(RequestHeadTest, AnOldVersionClosesTheConnection) {
  const auto parsed = parse_head("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(std::get<RequestHead>(parsed).close);
}

TEST(RequestHeadTest, RequestLines) {
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
  for (const char* line :
       {"GET /", "GET  / HTTP/1.1", "GET / x HTTP/1.1", "GET /\tx HTTP/1.1", "GET x HTTP/1.1",
        "GET http://localhost/ HTTP/1.1", "OPTIONS * HTTP/1.1 ", "GET /%2e%2e/x HTTP/1.1",
        "GET / http/1.1", "G@T / HTTP/1.1", "GET /\x01 HTTP/1.1", "GET /a\rb HTTP/1.1", ""}) {
    EXPECT_EQ(refused(std::string(line) + "\r\nHost: a\r\n\r\n"), 400) << line;
  }
  for (const char* method : {"TRACE", "CONNECT", "OPTIONS", "get", "PRI", "BREW"}) {
    EXPECT_EQ(refused(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n"), 501) << method;
  }
  for (const char* version : {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/1.11"}) {
    EXPECT_EQ(refused(std::string("GET / ") + version + "\r\nHost: a\r\n\r\n"), 505) << version;
  }
}

TEST(RequestHeadTest, OneHostAndOnlyOne) {
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
  EXPECT_EQ(refused(get_with("Host: localhost\r\n")), 400);
  EXPECT_EQ(refused(get_with("hOST: other\r\n")), 400);
}

TEST(RequestHeadTest, TheLengthIsNeverAmbiguous) {
  EXPECT_EQ(refused(post_with("Content-Length: 5\r\n")), 0);
  EXPECT_EQ(refused(post_with("Transfer-Encoding: chunked\r\n")), 0);
  EXPECT_EQ(refused(post_with("Transfer-Encoding: Chunked\r\n")), 0);
  for (const char* lines :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n", "Content-Length: -5\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n", "Content-Length:\r\n", "Content-Length: 9999999999999999999\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding:\r\n",
        "Transfer-Encoding: \"chunked\"\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
    const auto parsed = parse_head(post_with(lines));
    ASSERT_TRUE(std::holds_alternative<Refusal>(parsed)) << lines;
    EXPECT_EQ(std::get<Refusal>(parsed).reason, "http.framing") << lines;
  }
  EXPECT_EQ(refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(RequestHeadTest, GetAndHeadHaveNoBody) {
  EXPECT_EQ(refused(get_with("Content-Length: 0\r\n")), 0);
  EXPECT_EQ(refused(get_with("Content-Length: 5\r\n")), 400);
  EXPECT_EQ(refused(get_with("Transfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(refused("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"), 400);
  EXPECT_EQ(refused("DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"), 0);
}

TEST(RequestHeadTest, HeaderLines) {
  EXPECT_EQ(refused(get_with("X-Ok: tab\there, \xe6\x9c\x8d, %20 and 100%\r\n")), 0);
  for (const std::string lines :
       {"X: a\r\n folded\r\n", "X: a\r\n\tfolded\r\n", "no colon\r\n", ": no name\r\n",
        "X : space before\r\n", "X\t: tab before\r\n", "(X): y\r\n", "X: a\rb\r\n", "X: a\r\r\n",
        "X: a\nb\r\n", "X: \x1b[31m\r\n", "X: \x7f\r\n", "X: a%0d%0aSet-Cookie: z\r\n",
        "X: a%0Ab\r\n", "X: %00\r\n"}) {
    EXPECT_EQ(refused(get_with(lines)), 400) << lines;
  }
  EXPECT_EQ(refused(get_with(std::string("X: a\0b\r\n", 8))), 400);
}

TEST(RequestHeadTest, WhatProvesWhoAsksComesOnce) {
  EXPECT_EQ(refused(get_with("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")), 400);
  EXPECT_EQ(refused(get_with("Cookie: a\r\ncookie: b\r\n")), 400);
  EXPECT_EQ(refused(get_with("X-CSRF-Token: a\r\nX-CSRF-Token: b\r\n")), 400);
  EXPECT_EQ(refused(get_with("Accept: a\r\nAccept: b\r\n")), 0);
}

TEST(RequestHeadTest, BodiesAreNotCompressed) {
  EXPECT_EQ(refused(post_with("Content-Length: 5\r\nContent-Encoding: gzip\r\n")), 415);
  EXPECT_EQ(refused(post_with("Content-Length: 5\r\nContent-Encoding: identity\r\n")), 415);
}

TEST(RequestHeadTest, OtherExpectationsAreRefused) {
  EXPECT_EQ(refused(post_with("Content-Length: 5\r\nExpect: the-unexpected\r\n")), 417);
}

// --- where a head ends ------------------------------------------------------------------------

/// The outcome of scanning `text` piece by piece: the head's size, -status, or 0 for "more".
long scan(const std::string& text, std::size_t piece, const Limits& limits = {}) {
  HeadEnd end(limits);
  std::string input;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    input += text.substr(at, piece);
    const auto found = end.scan(input);
    if (const auto* refusal = std::get_if<Refusal>(&found)) return -refusal->status;
    if (const auto* size = std::get_if<std::size_t>(&found)) return static_cast<long>(*size);
  }
  return 0;
}

TEST(HeadEndTest, IsTheSameHoweverTheBytesCome) {
  const std::string head = "GET / HTTP/1.1\r\nHost: localhost\r\nA: b\r\n\r\n";
  for (std::size_t piece = 1; piece <= head.size() + 10; ++piece) {
    EXPECT_EQ(scan(head + "the body\r\n\r\n", piece), static_cast<long>(head.size())) << piece;
    EXPECT_EQ(scan("GET / HTTP/1.1\nHost: localhost\n\n", piece), -400) << piece;
    EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: localhost\n\r\n", piece), -400) << piece;
  }
  EXPECT_EQ(scan(head.substr(0, head.size() - 1), 7), 0);
}

TEST(HeadEndTest, AnotherProtocolIsToldAtItsFirstByte) {
  EXPECT_EQ(scan("\x16\x03\x01", 1), -400);
  EXPECT_EQ(scan("\r\n", 1), -400);
  EXPECT_EQ(scan("\n", 1), -400);
}

TEST(HeadEndTest, LimitsAreExact) {
  Limits limits;
  limits.head_lines = 3;
  limits.head_bytes = 100;
  limits.target_bytes = 50;
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_GT(scan(line + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", 5, limits), 0);
  EXPECT_EQ(scan(line + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", 5, limits), -431);
  EXPECT_GT(scan(line + "A: " + std::string(93, 'x') + "\r\n\r\n", 5, limits), 0);
  EXPECT_EQ(scan(line + "A: " + std::string(94, 'x') + "\r\n\r\n", 5, limits), -431);
  EXPECT_EQ(scan(line + "A: " + std::string(1000, 'x'), 5, limits), -431);
  EXPECT_GT(scan("GET /" + std::string(49, 'x') + " HTTP/1.1\r\n\r\n", 5, limits), 0);
  EXPECT_EQ(scan("GET /" + std::string(100, 'x'), 5, limits), -414);
}

TEST(HeadEndTest, StartsAgainAfterARestart) {
  HeadEnd end{Limits()};
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(std::get<std::size_t>(end.scan(head)), head.size());
  end.restart();
  EXPECT_EQ(std::get<std::size_t>(end.scan(head)), head.size());
}

}  // namespace
}  // namespace om::http
