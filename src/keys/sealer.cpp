// SPDX-License-Identifier: MIT
//
// The key file, and AES-256-GCM with what is in it.
#include "om/keys/sealer.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "om/base/crypto.h"
#include "om/base/errno_error.h"
#include "om/base/fd.h"
#include "om/base/files.h"

namespace om::keys {
namespace {

constexpr std::size_t kKeyBytes = 32;

Result<Secret> create_key_file(const std::string& path) {
  Secret key(crypto::random_bytes(kKeyBytes));
  OM_TRY(files::write_atomically(path, key.reveal(), 0600));
  return key;
}

Result<Secret> read_key_file(const std::string& path, int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return error_from_errno(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(Errc::conflict, "secret_key.damaged", path + " is no regular file");
  }
  if ((status.st_mode & 077) != 0) {
    return fail(Errc::forbidden, "secret_key.unsafe",
                path +
                    " can be read or written by others: every stored credential must be taken "
                    "for known; if nobody used it, 'chmod 600' it");
  }
  if (status.st_uid != ::geteuid() && ::geteuid() != 0) {
    return fail(Errc::forbidden, "secret_key.unsafe",
                path + " belongs to another user; start OMServer as its owner");
  }
  char bytes[kKeyBytes + 1];
  const ssize_t got = ::read(fd, bytes, sizeof bytes);
  if (got < 0) return error_from_errno(path, errno);
  if (got != static_cast<ssize_t>(kKeyBytes)) {
    return fail(Errc::conflict, "secret_key.damaged",
                path +
                    " is damaged (it must hold 32 bytes): restore it from the backup, or "
                    "remove it and add every credential again");
  }
  Secret key(std::string(bytes, kKeyBytes));
  ::explicit_bzero(bytes, sizeof bytes);
  return key;
}

}  // namespace

Result<Sealer> Sealer::open(const std::string& path, IfMissing if_missing) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd.is_open()) {
    OM_TRY_SET(Secret key, read_key_file(path, fd.get()));
    return Sealer(std::move(key));
  }
  if (errno != ENOENT) return error_from_errno("open " + path, errno);
  if (if_missing == IfMissing::refuse) {
    return fail(Errc::not_found, "secret_key.missing",
                path +
                    " is missing, and credentials are sealed with it: restore it from the "
                    "backup, or remove those credentials");
  }
  OM_TRY_SET(Secret key, create_key_file(path));
  return Sealer(std::move(key));
}

std::string Sealer::seal(std::string_view context, std::string_view plain) const {
  return crypto::seal(key_.reveal(), context, plain);
}

Result<Secret> Sealer::open_sealed(std::string_view context, std::string_view sealed) const {
  return crypto::open_sealed(key_.reveal(), context, sealed);
}

}  // namespace om::keys
