// SPDX-License-Identifier: MIT
//
// Decimal numbers of a form, exact: 0.1 is 0.1, so that a step of 0.1 means what it says (with
// doubles 0.3 is no multiple of it). At most 18 digits, no exponent. Values, pure, any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace om::catalogue {

struct Decimal {
  std::int64_t digits = 0;  ///< all digits, the sign with them
  int scale = 0;            ///< how many of them are behind the point, 0 to 18
};

/// -?digits[.digits] or -?.digits, the whole of the text; nothing for more than 18 digits
/// (zeros in front do not count).
std::optional<Decimal> parse_decimal(std::string_view text);

std::strong_ordering compare(Decimal a, Decimal b);

/// Whether value is base plus a whole number of steps. Requires: step is above zero.
bool is_step(Decimal value, Decimal base, Decimal step);

}  // namespace om::catalogue
