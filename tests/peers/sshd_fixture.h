// SPDX-License-Identifier: MIT
//
// A real OpenSSH server for one test: own configuration, host keys and authorised keys in a folder
// of its own, on a free loopback port, stopped and removed with the object. It lets the user who
// runs the tests in, with any key made by authorized_key(). Uses nothing of the product, so that a
// test of any part may have it. One thread.
//
//   auto sshd = om::peers::Sshd::start({});
//   if (!sshd.server) GTEST_SKIP() << sshd.why_not;
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace om::peers {

/// A folder under the system's temporary one; removed with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view bytes, mode_t mode = 0600);

struct CommandResult {
  int exit_status = -1;  ///< 128 + signal where one ended it
  std::string output;    ///< standard output and error together
};
/// Runs a program to its end, found in PATH, with standard input from /dev/null.
CommandResult run_program(const std::vector<std::string>& argv);

/// What ssh-keygen is asked for.
struct KeyOptions {
  std::string type = "ed25519";  ///< ed25519, ecdsa, rsa
  int bits = 0;                  ///< 256, 384, 521 for ecdsa; 3072 ... for rsa; 0: its default
  std::string format;            ///< "": OpenSSH's; else PEM or PKCS8
  std::string passphrase;        ///< "": none
  std::string cipher;            ///< of the encryption, "": the default
  std::string comment = "om test";
};
struct KeyPair {
  std::string private_path;
  std::string public_line;  ///< "ssh-ed25519 AAAA... comment", without the end of line
};
/// Makes a key pair at `path` (and path.pub). Aborts the test program when ssh-keygen cannot.
KeyPair make_key(const std::string& path, const KeyOptions& options);

struct SshdOptions {
  std::vector<KeyOptions> host_keys = {KeyOptions{}};
  /// Further lines of sshd_config. They come first, and the first value wins.
  std::vector<std::string> config;
  /// "0.0.0.0" makes every address of 127.0.0.0/8 a host of its own.
  std::string listen_address = "127.0.0.1";
  /// Shell lines that mount something before the server starts, "$0" being its folder. It then sees
  /// the file systems by a mount namespace of its own. Needs root. "": it sees ours.
  std::string mounts = {};
};

/// Why this process cannot give a server mounts of its own; "" when it can.
std::string why_no_mounts();

class Sshd {
 public:
  struct Started {
    std::unique_ptr<Sshd> server;  ///< null: this machine cannot run one
    std::string why_not;
  };
  /// Returns once it accepts connections.
  static Started start(const SshdOptions& options);
  ~Sshd();
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  std::uint16_t port() const { return port_; }
  const std::string& login() const { return login_; }
  const std::string& folder() const { return folder_.path(); }

  /// A new key that may log in. The first ed25519 key costs 5 ms, RSA keys up to a second.
  KeyPair authorized_key(const KeyOptions& options);
  /// Lets in whoever has this public line; "" empties the file.
  void set_authorized_keys(std::string_view lines);
  /// "ssh-ed25519 AAAA...", in the order of SshdOptions::host_keys.
  const std::vector<std::string>& host_key_lines() const { return host_key_lines_; }
  /// "[127.0.0.1]:PORT ssh-ed25519 AAAA...\n" of every host key.
  std::string known_hosts() const;

  /// What the server has logged so far (LogLevel VERBOSE unless configured otherwise).
  std::string log() const;
  /// Waits until the log has `text`; false when it has not within the time.
  bool wait_for_log(std::string_view text, std::chrono::milliseconds at_most) const;

  pid_t pid() const { return pid_; }
  /// The server's processes, one for each connection.
  std::vector<pid_t> connection_pids() const;
  /// SIGKILL for every connection's process: the connections break.
  void kill_connections() const;
  /// Stops listening and breaks every connection.
  void stop();

 private:
  Sshd() = default;
  TemporaryFolder folder_;
  std::string login_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  std::vector<std::string> host_key_lines_;
  int key_count_ = 0;
};

/// A TCP port of 127.0.0.1 that nobody listens on (at the moment it is asked for).
std::uint16_t free_port();

}  // namespace om::peers
