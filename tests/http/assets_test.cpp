// SPDX-License-Identifier: MIT
#include "om/http/assets.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace om::http {
namespace {

using testing::Contains;
using testing::Pair;

api::Request get(const std::string& path) {
  api::Request request;
  request.method = "GET";
  request.path = path;
  return request;
}

class AssetsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "om-assets-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::create_directories(folder_ + "/set/js");
    write("set/index.html", R"(<script src="/assets/@/js/a.js"></script>)");
    write("set/sign-in.html", "sign in");
    write("set/js/a.js", "let a;");
    write("outside.txt", "outside");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& path, const std::string& text) const {
    std::ofstream(folder_ + "/" + path) << text;
  }
  int status(const std::string& path) const {
    const auto answer = Assets(folder_ + "/set").answer(get(path));
    return answer ? answer->status : 0;
  }

  std::string folder_;
};

TEST_F(AssetsTest, PagesHaveTheirAddresses) {
  const Assets assets(folder_ + "/set");
  for (const char* path : {"/", "/runs", "/runs/41", "/hosts", "/modules", "/settings",
                           "/autoadmin/", "/autoadmin/module_add/", "/omaudit/", "/runs/"}) {
    const auto answer = assets.answer(get(path));
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, 200) << path;
    EXPECT_EQ(answer->content_type, "text/html; charset=utf-8");
    EXPECT_THAT(answer->body, testing::HasSubstr("<script")) << path;
  }
  EXPECT_EQ(assets.answer(get("/sign-in"))->body, "sign in");
}

TEST_F(AssetsTest, EverythingElseIsForDispatch) {
  const Assets assets(folder_ + "/set");
  for (const char* path : {"/api/v1/hosts", "/healthz", "/runs/a", "/runs/1x", "/runs/1/events",
                           "/autoadmin/server_list/", "/index.html", "/assets"}) {
    EXPECT_FALSE(assets.answer(get(path))) << path;
  }
  api::Request post = get("/");
  post.method = "POST";
  EXPECT_FALSE(assets.answer(post));
}

TEST_F(AssetsTest, APageNamesFilesThatAreThere) {
  const Assets assets(folder_ + "/set");
  const auto page = assets.answer(get("/"));
  const std::size_t start = page->body.find("/assets/");
  const std::string path = page->body.substr(start, page->body.find('"', start) - start);
  const auto script = assets.answer(get(path));
  ASSERT_TRUE(script);
  EXPECT_EQ(script->status, 200);
  EXPECT_EQ(script->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(script->body, "let a;");
}

TEST_F(AssetsTest, APageFromAFolderLoadsAgainWhenAFileChanges) {
  const Assets assets(folder_ + "/set");
  write("set/index.html", "<head></head>");
  const std::string page = assets.answer(get("/"))->body;
  EXPECT_EQ(page, "<head><script src=\"/assets/reload.js\" defer></script></head>");
  EXPECT_THAT(assets.answer(get("/assets/reload.js"))->body, testing::HasSubstr("reload-events"));

  const auto events = assets.answer(get("/assets/reload-events"));
  ASSERT_NE(events->stream, nullptr);
  EXPECT_EQ(events->stream->next(std::chrono::milliseconds(1)), "");
  write("set/js/b.js", "let b;");
  EXPECT_EQ(events->stream->next(std::chrono::milliseconds(1)), "data: changed\n\n");
  EXPECT_EQ(events->stream->next(std::chrono::milliseconds(1)), "");
  std::filesystem::remove(folder_ + "/set/js/b.js");
  EXPECT_EQ(events->stream->next(std::chrono::milliseconds(1)), "data: changed\n\n");
}

TEST_F(AssetsTest, AFolderIsReadAnewEachTime) {
  const Assets assets(folder_ + "/set");
  write("set/js/a.js", "let b;");
  EXPECT_EQ(assets.answer(get("/assets/x/js/a.js"))->body, "let b;");
}

TEST_F(AssetsTest, NothingOutsideTheFolderIsServed) {
  std::filesystem::create_symlink(folder_ + "/outside.txt", folder_ + "/set/link.txt");
  std::filesystem::create_directory_symlink(folder_, folder_ + "/set/up");
  for (const char* path :
       {"/assets/x/../outside.txt", "/assets/x//etc/passwd", "/assets/x/link.txt",
        "/assets/x/up/outside.txt", "/assets/x/js", "/assets/x/", "/assets/x", "/assets/"}) {
    EXPECT_EQ(status(path), 404) << path;
  }
  EXPECT_EQ(status("/assets/x/js/a.js"), 200);
}

TEST(EmbeddedAssetsTest, APageIsCheckedOnEachVisitAndItsFilesNever) {
  const Assets assets;
  const auto page = assets.answer(get("/sign-in"));
  ASSERT_EQ(page->status, 200);
  EXPECT_THAT(page->headers, Contains(Pair("Cache-Control", "no-cache")));
  EXPECT_THAT(page->body, testing::Not(testing::HasSubstr("reload.js")));
  EXPECT_EQ(page->body.find("/assets/@/"), std::string::npos);

  api::Request again = get("/sign-in");
  for (const auto& [name, value] : page->headers) {
    if (name == "ETag") again.headers.emplace_back("if-none-match", value);
  }
  EXPECT_EQ(assets.answer(again)->status, 304);
  EXPECT_EQ(assets.answer(again)->body, "");

  const std::size_t start = page->body.find("/assets/");
  ASSERT_NE(start, std::string::npos);
  const auto file =
      assets.answer(get(page->body.substr(start, page->body.find('"', start) - start)));
  ASSERT_EQ(file->status, 200);
  EXPECT_THAT(file->headers,
              Contains(Pair("Cache-Control", "public, max-age=31536000, immutable")));
}

TEST(EmbeddedAssetsTest, TheOriginalsBarHasItsPicture) {
  const auto picture = Assets().answer(get("/static/images/B24.gif"));
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->status, 200);
  EXPECT_EQ(picture->content_type, "image/gif");
  EXPECT_THAT(picture->body, testing::StartsWith("GIF89a"));
}

TEST(EmbeddedAssetsTest, ReloadingIsForFoldersOnly) {
  EXPECT_EQ(Assets().answer(get("/assets/reload.js"))->status, 404);
  EXPECT_EQ(Assets().answer(get("/assets/reload-events"))->status, 404);
}

TEST(EmbeddedAssetsTest, AnAssetUnderAnotherHashIsNotThere) {
  const Assets assets;
  const auto answer = assets.answer(get("/assets/0000000000000000/index.html"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
}

TEST_F(AssetsTest, WithAssetsAsksThemFirst) {
  const Assets assets(folder_ + "/set");
  const api::Dispatch dispatch = with_assets(assets, [](const api::Request&) {
    api::Response response;
    response.status = 418;
    return response;
  });
  EXPECT_EQ(dispatch(get("/")).status, 200);
  EXPECT_EQ(dispatch(get("/api/v1/hosts")).status, 418);
}

}  // namespace
}  // namespace om::http
