// SPDX-License-Identifier: MIT
//
// A user of this machine with a login shell of the test's choice, for sshd to log in: made by
// useradd, with a home of its own, and removed with the object. What a killed test left behind, the
// next one removes. Needs root. Uses nothing of the product.
#pragma once

#include <memory>
#include <string>

#include "peers/sshd_fixture.h"

namespace om::peers {

class ShellUser {
 public:
  struct Made {
    std::unique_ptr<ShellUser> user;  ///< null: not possible here
    std::string why_not;
  };
  /// `shell` is a path; "busybox" and the like work under the name sh.
  static Made make(const std::string& shell);
  ~ShellUser();
  ShellUser(const ShellUser&) = delete;
  ShellUser& operator=(const ShellUser&) = delete;

  const std::string& name() const { return name_; }
  /// Readable for the user, like everything that add_file() puts there.
  std::string home() const { return folder_.file("home"); }
  void add_file(const std::string& name, const std::string& text) const;
  void set_password(const std::string& password) const;
  /// As an administrator locks it: the password no longer counts.
  void lock_account() const;
  /// The password must be changed at the next login.
  void expire_password() const;
  /// Writes lines for this user to sudoers, "NAME" being the user's name; gone with the object.
  void add_sudo_rules(const std::string& lines) const;
  /// The same for doas.conf, which it shares with whatever stands there.
  void add_doas_rules(const std::string& lines) const;
  /// Every start-up file that some shell or sshd reads then prints on both streams, and adds a line
  /// to the file noise in the home.
  void make_profile_noisy() const;
  /// The line for sshd_config that finds the keys given to add_file(".ssh/authorized_keys").
  static std::string config_line() { return "AuthorizedKeysFile .ssh/authorized_keys"; }

 private:
  ShellUser() = default;
  TemporaryFolder folder_;
  std::string name_;
};

}  // namespace om::peers
