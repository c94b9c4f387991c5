// SPDX-License-Identifier: MIT
//
// The table of hosts that people import: CSV or tab separated with a header in any order (columns:
// design section 6), UTF-8 with or without a byte order mark. Pure; a bad row is reported by its
// line and the others go on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "om/base/result.h"
#include "om/model/inventory.h"

namespace om::api {

inline constexpr std::size_t kMaxCsvRows = 20'000;

struct CsvHost {
  int line = 0;  ///< of its first character, from 1
  Host host;  ///< apps as written: "category/app", or a bare name to be found or made in `category`
  std::string category;
  std::optional<std::uint16_t> port;  ///< the column's; `host` has the port that counts
};
struct CsvFault {
  int line = 0;
  std::string reason;  ///< stable key, as in Error
  std::string message;
};
struct CsvTable {
  std::vector<CsvHost> hosts;
  std::vector<CsvFault> faults;
};

/// Fails as a whole only when there is no usable header or too many rows.
Result<CsvTable> parse_host_csv(std::string_view text);

}  // namespace om::api
