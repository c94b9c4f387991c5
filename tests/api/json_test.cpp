// SPDX-License-Identifier: MIT
#include "om/api/json.h"

#include <gtest/gtest.h>

namespace om::api {
namespace {

Body body_of(const std::string& text) {
  Request request;
  request.body = text;
  return *Body::parse(request);
}

TEST(JsonTest, TextThatIsNotUtf8IsWrittenWithReplacements) {
  EXPECT_EQ(dump(Json("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(JsonTest, BrokenAndDeepJsonIsRefused) {
  EXPECT_EQ(parse_json("{").error().reason, "request.json");
  EXPECT_EQ(parse_json("").error().reason, "request.json");
  EXPECT_EQ(parse_json("{\"a\":1} x").error().reason, "request.json");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_NE(parse_json(deep).error().message.find("deeper"), std::string::npos);
  EXPECT_TRUE(parse_json("[[[[1]]]]"));
}

TEST(BodyTest, MissingWrongAndUnknownFieldsAreRefusedByName) {
  Body missing = body_of("{}");
  static_cast<void>(missing.required_text("name"));
  EXPECT_NE(missing.finish().error().message.find("'name'"), std::string::npos);

  Body wrong = body_of(R"({"port": "22", "tags": [1], "on": "yes"})");
  EXPECT_EQ(wrong.number("port", 22, 1, 65535), 22);
  EXPECT_NE(wrong.finish().error().message.find("'port'"), std::string::npos);
  EXPECT_TRUE(wrong.texts("tags").empty());
  EXPECT_FALSE(wrong.flag("on"));

  Body unknown = body_of(R"({"nam": "x"})");
  EXPECT_EQ(unknown.text("name"), "");
  EXPECT_NE(unknown.finish().error().message.find("'nam'"), std::string::npos);
}

TEST(BodyTest, NumbersKeepTheirLimits) {
  for (const char* text : {R"({"n": 0})", R"({"n": 11})", R"({"n": 1.5})", R"({"n": 1e30})",
                           R"({"n": -99999999999999999999})"}) {
    Body body = body_of(text);
    EXPECT_EQ(body.number("n", 5, 1, 10), 5) << text;
    EXPECT_FALSE(body.finish()) << text;
  }
  Body fine = body_of(R"({"n": 10, "m": null})");
  EXPECT_EQ(fine.number("n", 5, 1, 10), 10);
  EXPECT_EQ(fine.number("m", 5, 1, 10), 5);
  EXPECT_TRUE(fine.finish());
}

TEST(BodyTest, OnlyAnObjectIsABody) {
  Request request;
  request.body = "[1]";
  EXPECT_FALSE(Body::parse(request));
  request.body = "";
  EXPECT_TRUE(Body::parse(request));
}

TEST(ErrorResponseTest, CarriesCodeReasonAndMessage) {
  const Response response = error_response(fail(Errc::conflict, "host.taken", "host web1 exists"));
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.body,
            R"({"error":{"code":"conflict","message":"host web1 exists","reason":"host.taken"}})");
}

}  // namespace
}  // namespace om::api
