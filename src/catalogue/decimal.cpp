// SPDX-License-Identifier: MIT
#include "catalogue/decimal.h"

#include <algorithm>

namespace om::catalogue {
namespace {

constexpr int kMaxDigits = 18;

// 18 digits shifted by 18 places, and the difference of two of them, fit.
__extension__ using Wide = __int128;

Wide scaled(Decimal value, int scale) {
  Wide wide = value.digits;
  for (int i = value.scale; i < scale; ++i) wide *= 10;
  return wide;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Decimal value;
  int digits = 0;
  bool any = false;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any = true;
    if (c == '0' && value.digits == 0 && !point) continue;
    if (++digits > kMaxDigits) return std::nullopt;
    value.digits = value.digits * 10 + (c - '0');
    if (point) ++value.scale;
  }
  if (!any || text.ends_with('.')) return std::nullopt;
  if (negative) value.digits = -value.digits;
  return value;
}

std::strong_ordering compare(Decimal a, Decimal b) {
  const int scale = std::max(a.scale, b.scale);
  return scaled(a, scale) <=> scaled(b, scale);
}

bool is_step(Decimal value, Decimal base, Decimal step) {
  const int scale = std::max({value.scale, base.scale, step.scale});
  return (scaled(value, scale) - scaled(base, scale)) % scaled(step, scale) == 0;
}

}  // namespace om::catalogue
