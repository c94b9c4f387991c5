// SPDX-License-Identifier: MIT
//
// The line that receives a file on a host, before the script that wants it: makes a folder of mode
// 0700 named after the nonce (in TMPDIR, /tmp, or else the home; the first with room), copies the
// rest of standard input into it, compares size and, where the host can, SHA-256, and answers
// "NONCE:F:at FOLDER" or "NONCE:F:refused WHY". What was refused is removed again. Pure, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/carrier.h"

#include "om/base/result.h"

namespace om::backend {

inline constexpr char kDeliveryAnswer = 'F';

/// What is said of the file that follows the line.
struct DeliveredFile {
  std::string name;  ///< as in files/
  std::int64_t size_bytes = 0;
  std::string sha256_hex;
};

/// The line with its newline; the file's bytes follow it.
std::string delivery_line(const std::string& nonce, const DeliveredFile& file);
/// The file as the host says it has it (backend.file_refused). The answer is not trusted further
/// than it must be: the folder's name has to be ours, since it is removed later.
Result<FileOnHost> read_delivery_answer(const std::string& nonce, const DeliveredFile& file,
                                        std::string_view answer);
/// Removes the folder, wherever the delivery may have made it.
std::string removal_line(const std::string& nonce);

}  // namespace om::backend
