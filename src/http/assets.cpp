// SPDX-License-Identifier: MIT
#include "om/http/assets.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "http/page_reload.h"

#include "om/base/crypto.h"
#include "om/base/embedded.h"
#include "om/base/fd.h"
#include "om/base/text.h"

namespace om::http {
namespace {

constexpr std::string_view kPrefix = "/assets/";
constexpr std::size_t kHashLength = 16;

/// Without the slash at the end, which the original's addresses have.
constexpr std::array<std::string_view, 10> kConsolePaths = {
    "",           "/runs",      "/hosts",
    "/host-keys", "/files",     "/modules",
    "/settings",  "/autoadmin", "/autoadmin/module_add",
    "/omaudit"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".gif", "image/gif"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
}};

std::string_view type_of(std::string_view path) {
  for (const auto& [extension, type] : kTypes) {
    if (path.ends_with(extension)) return type;
  }
  return "application/octet-stream";
}

/// The page shows the run; whether there is one is the API's to say.
bool is_run_page(std::string_view path) {
  constexpr std::string_view kRuns = "/runs/";
  if (!path.starts_with(kRuns) || path.size() == kRuns.size()) return false;
  const std::string_view id = path.substr(kRuns.size());
  return std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string hash_of_embedded() {
  crypto::Sha256 sum;
  for (const base::EmbeddedFile& file : base::embedded_under("assets/")) {
    sum.update(file.path);
    sum.update("\n");
    sum.update(file.sha256_hex);
    sum.update("\n");
  }
  return crypto::hex(sum.finish()).substr(0, kHashLength);
}

/// A regular file below `folder`; the kernel keeps the path from leaving it.
std::optional<std::string> read_below(const std::string& folder, const std::string& path) {
  const Fd root(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) return std::nullopt;
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const Fd file(
      static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  std::string bytes;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0) return std::nullopt;
    if (n == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

/// The peer has the version that `tag` names.
bool has_already(const api::Request& request, const std::string& tag) {
  return std::find(request.headers.begin(), request.headers.end(),
                   std::pair<std::string, std::string>("if-none-match", tag)) !=
         request.headers.end();
}

api::Response not_found() {
  api::Response response;
  response.status = 404;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "There is no such file.\n";
  return response;
}

}  // namespace

Assets::Assets() : hash_(hash_of_embedded()) {}

Assets::Assets(std::string folder) : folder_(std::move(folder)), hash_("folder") {}

std::optional<std::string> Assets::file(std::string_view path) const {
  if (!folder_.empty()) return read_below(folder_, std::string(path));
  const base::EmbeddedFile* found = base::find_embedded("assets/" + std::string(path));
  if (found == nullptr) return std::nullopt;
  return std::string(found->bytes);
}

api::Response Assets::page(std::string_view name, const api::Request& request) const {
  auto bytes = file(name);
  if (!bytes) return not_found();
  api::Response response;
  response.content_type = type_of(name);
  const bool html = name.ends_with(".html");
  if (html) bytes = text::replace_all(*bytes, "/assets/@/", "/assets/" + hash_ + "/");
  if (!folder_.empty()) {
    response.body = html ? with_reload_script(std::move(*bytes)) : std::move(*bytes);
    return response;
  }
  const std::string tag = "\"" + hash_ + "\"";
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("ETag", tag);
  if (has_already(request, tag)) {
    response.status = 304;
  } else {
    response.body = std::move(*bytes);
  }
  return response;
}

api::Response Assets::asset(std::string_view hash_and_path) const {
  const std::size_t slash = hash_and_path.find('/');
  if (slash == std::string_view::npos) return not_found();
  if (folder_.empty() && hash_and_path.substr(0, slash) != hash_) return not_found();
  const std::string_view path = hash_and_path.substr(slash + 1);
  auto bytes = file(path);
  if (!bytes) return not_found();
  api::Response response;
  response.content_type = type_of(path);
  if (folder_.empty()) {
    response.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
  }
  response.body = std::move(*bytes);
  return response;
}

std::optional<api::Response> Assets::answer(const api::Request& request) const {
  if (request.method != "GET") return std::nullopt;
  std::string_view path = request.path;
  if (!folder_.empty() && path == kReloadScriptPath) {
    api::Response response;
    response.content_type = type_of(path);
    response.body = reload_script();
    return response;
  }
  if (!folder_.empty() && path == kReloadEventsPath) {
    api::Response response;
    response.content_type = "text/event-stream";
    response.stream = reload_events(folder_);
    return response;
  }
  if (path.starts_with(kPrefix)) return asset(path.substr(kPrefix.size()));
  // The original's pictures, which its result HTML names.
  if (path.starts_with("/static/")) return page(path.substr(1), request);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path == "/sign-in") return page("sign-in.html", request);
  const bool console =
      std::find(kConsolePaths.begin(), kConsolePaths.end(), path) != kConsolePaths.end();
  if (console || is_run_page(path)) return page("index.html", request);
  return std::nullopt;
}

api::Dispatch with_assets(const Assets& assets, api::Dispatch next) {
  return [&assets, next = std::move(next)](const api::Request& request) {
    if (auto response = assets.answer(request)) return std::move(*response);
    return next(request);
  };
}

}  // namespace om::http
