// SPDX-License-Identifier: MIT
//
// The lines that receive a file or a folder on a host, in the form of docs/carrier.md, and what the
// host says meanwhile: lines "NONCE:KIND:WORDS" on standard output.
//   X:KEY WORDS   refused; nothing was put in place (see copy_refusal)
//   P:BYTES SHA   the beginning of the file is there from a try before; waits for "y" or "n"
//   N:INDEX       this member of the folder is missing or differs
//   G:BYTES       ready for the rest of the file from here on, then the end of input. For a folder:
//                 for the line "t KIB", then a tar stream; or the line "-", there is nothing to
//                 send
//   V:            everything is there and verified, and will be put in place now
//   S:            nothing had to be changed
//   C:            put in place
// Bytes are received under a temporary name beside the destination, ".omserver-KEY.PID.part", KEY
// being the beginning of the content's SHA-256: what a cut connection leaves is found by it, and
// PID tells whether somebody is still writing. Only what the same user owns is gone on with. Mode
// and owner of a file that was there stay unless others are asked for; a symbolic link in the
// destination's place is replaced, not followed. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "om/backend/copy_order.h"
#include "om/backend/copy_source.h"
#include "om/base/result.h"

namespace om::backend {

/// The line with its newline. Requires: check_copy_order. `new_mode`: of a file that is new there.
std::string copy_file_line(const std::string& nonce, const CopyOrder& order,
                           const std::string& source_name, const SourceFacts& facts,
                           std::uint32_t new_mode);
std::string copy_folder_line(const std::string& nonce, const CopyOrder& order,
                             const SourceFacts& facts);

/// What the temporary name begins with: ".omserver-" and 16 digits of the content's SHA-256.
std::string partial_name(const SourceFacts& facts);

/// What a refusal means for the operator, from "KEY WORDS": copy.* and a sentence.
Error copy_refusal(std::string_view answer, const CopyOrder& order, const SourceFacts& facts);

/// "P:BYTES SHA" without its kind; nothing where it makes no sense.
struct PartialOnHost {
  std::int64_t bytes = 0;
  std::string sha256_hex;
};
std::optional<PartialOnHost> read_partial(std::string_view answer);

}  // namespace om::backend
