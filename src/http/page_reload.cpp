// SPDX-License-Identifier: MIT
#include "http/page_reload.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "om/base/crypto.h"

namespace om::http {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLook = std::chrono::milliseconds(500);

/// Changes when a file below `folder` is written, comes or goes.
std::string fingerprint(const std::string& folder) {
  std::vector<std::string> lines;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;  // between listing and looking
    if (!it->is_regular_file(gone)) continue;
    const auto written = it->last_write_time(gone).time_since_epoch().count();
    lines.push_back(fmt::format("{} {} {}\n", it->path().string(), it->file_size(gone), written));
  }
  std::sort(lines.begin(), lines.end());
  crypto::Sha256 sum;
  for (const std::string& line : lines) sum.update(line);
  return sum.finish();
}

class ReloadEvents final : public api::LiveStream {
 public:
  explicit ReloadEvents(std::string folder)
      : folder_(std::move(folder)), seen_(fingerprint(folder_)) {}

  std::optional<std::string> next(Duration wait) override {
    std::this_thread::sleep_for(std::min(wait, kLook));
    std::string now = fingerprint(folder_);
    if (now == seen_) return std::string();
    seen_ = std::move(now);
    return "data: changed\n\n";
  }

 private:
  const std::string folder_;
  std::string seen_;
};

}  // namespace

std::string with_reload_script(std::string html) {
  const std::size_t end_of_head = html.find("</head>");
  if (end_of_head != std::string::npos) {
    html.insert(end_of_head, fmt::format("<script src=\"{}\" defer></script>", kReloadScriptPath));
  }
  return html;
}

std::string_view reload_script() {
  return "new EventSource('/assets/reload-events').onmessage = () => location.reload();\n";
}

std::unique_ptr<api::LiveStream> reload_events(std::string folder) {
  return std::make_unique<ReloadEvents>(std::move(folder));
}

}  // namespace om::http
