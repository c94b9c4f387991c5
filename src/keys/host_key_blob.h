// SPDX-License-Identifier: MIT
//
// Which public keys OpenSSH reads from a known_hosts line (its sshkey_read()): base64 as its
// decoder takes it, a type it knows, and a key of that type that makes sense. A key that it cannot
// read is not there for it, and so must not be there for us: the host would be "changed" here and
// "new" there. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "om/base/result.h"

namespace om::keys {

struct HostKeyBlob {
  std::string algorithm;  ///< "ssh-rsa", also where the line says rsa-sha2-256
  std::string blob;       ///< SSH wire form; numbers without leading zeros
};
/// From the second and third word of a line. The error's message says what is wrong with them.
Result<HostKeyBlob> read_host_key_blob(std::string_view type, std::string_view base64);

}  // namespace om::keys
