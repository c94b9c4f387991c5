// SPDX-License-Identifier: MIT
//
// What lies below DATA/files/, to be copied to hosts: regular files under names that a copy can ask
// for, without links and hidden names.
#include <algorithm>
#include <filesystem>
#include <vector>

#include <sys/stat.h>

#include "api/resources.h"

#include "om/catalogue/application_file.h"
#include "om/run/prepare.h"

namespace om::api {
namespace {

/// More are not listed, and "truncated" says so; they can be copied all the same.
constexpr std::size_t kMaxListed = 10'000;

struct Listed {
  std::string path;
  std::int64_t size_bytes = 0;
  WallMs modified_ms = 0;
};

/// False when there are too many.
bool walk(const std::string& folder, const std::string& prefix, std::vector<Listed>& found) {
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(folder, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string path = prefix + at->path().filename().string();
    const std::string whole = at->path().string();
    struct stat status {};
    if (!catalogue::is_application_file_name(path) || ::lstat(whole.c_str(), &status) != 0)
      continue;
    if (S_ISDIR(status.st_mode)) {
      if (!walk(whole, path + "/", found)) return false;
    } else if (S_ISREG(status.st_mode)) {
      if (found.size() == kMaxListed) return false;
      found.push_back({path, status.st_size,
                       status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000});
    }
  }
  return true;
}

}  // namespace

Response list_files(const Call& call) {
  std::vector<Listed> found;
  const bool all = walk(call.services.preparation.defaults().data_folder + "/files", "", found);
  std::ranges::sort(found, {}, &Listed::path);
  Json list = Json::array();
  for (const Listed& file : found) {
    list.push_back({{"path", file.path},
                    {"size_bytes", file.size_bytes},
                    {"modified_at", time_or_null(file.modified_ms)}});
  }
  return json_response({{"files", list}, {"truncated", !all}});
}

}  // namespace om::api
