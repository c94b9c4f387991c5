// SPDX-License-Identifier: MIT
//
// Carrier: the standard input that carries one script to one host, in the form of docs/carrier.md.
// The first line is evaluated by the bootstrap's shell: it exports the parameters, starts the
// interpreter in a session of its own with the script on descriptor 3, and writes the marks B
// (begun, process group) and E (ended, status) to both streams. Then comes the script itself.
// Nothing is written to the host's disks. Pure, any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "om/backend/backend.h"
#include "om/base/result.h"

namespace om::backend {

/// A file that has reached the host before the script.
struct FileOnHost {
  std::string path;  ///< in a folder of its own, which goes with it
  std::string name;
  std::string sha256_hex;
};

struct Carried {
  std::string nonce;
  std::shared_ptr<const Script> script;
  std::vector<ScriptParameter> parameters;
  std::unique_ptr<FileOnHost> file;  ///< may be null
};

/// One parameter must fit in one string of an execve (128 KiB with its name), all of them, twice,
/// in the smallest usual limit (2 MiB).
inline constexpr std::size_t kMaxParameterBytes = 128 * 1024 - 64;
inline constexpr std::size_t kMaxParametersBytes = 896 * 1024;

/// Refuses parameters that could not arrive: NUL bytes, strange names, too many bytes
/// (backend.parameter_refused); the message names the parameter, never its value.
Result<void> check_parameters(const std::vector<ScriptParameter>& parameters);

/// The first line with its newline. Holds secrets. Requires: check_parameters.
std::string carrier_line(const Carried& carried);

}  // namespace om::backend
