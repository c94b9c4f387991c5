// SPDX-License-Identifier: MIT
//
// Assets: the page. HTML, scripts and styles from the table built into the binary, or from a folder
// while somebody works on them. Public: these files hold no data. Constant after construction, any
// thread.
//
// Scripts and styles live at /assets/HASH/..., HASH being that of the whole set, and may be cached
// for ever; HTML is checked on each visit and names them as /assets/@/..., the @ replaced on the
// way out. One hash for all keeps a page from mixing files of two versions: scripts import each
// other by relative paths. From a folder nothing is cached, any HASH will do, and open browsers
// load a page again when a file changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "om/api/request.h"

namespace om::http {

class Assets {
 public:
  /// The embedded ones.
  Assets();
  /// Those of a folder, read anew each time. Symbolic links are not followed.
  explicit Assets(std::string folder);

  /// The answer when `request` asks for a page or an asset; nothing when it is for dispatch().
  std::optional<api::Response> answer(const api::Request& request) const;

 private:
  std::optional<std::string> file(std::string_view path) const;
  api::Response page(std::string_view name, const api::Request& request) const;
  api::Response asset(std::string_view hash_and_path) const;

  std::string folder_;  ///< empty: embedded
  std::string hash_;
};

/// Asks `assets` first, then `next`. Requires: `assets` outlives the result.
api::Dispatch with_assets(const Assets& assets, api::Dispatch next);

}  // namespace om::http
