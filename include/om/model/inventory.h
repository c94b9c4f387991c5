// SPDX-License-Identifier: MIT
//
// The inventory's values: category -> application -> host. Plain structs, copied freely.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "om/model/ids.h"
#include "om/model/outcome.h"

namespace om {

struct Category {
  CategoryId id;
  std::string name;  ///< "Linux.Web"
};

struct App {
  AppId id;
  CategoryId category_id;
  std::string category;  ///< the category's name
  std::string name;      ///< "www.domain.com"; written category/app where names repeat
};

/// No stored credential has this name: it stands for the keys of the controller's ssh-agent.
inline constexpr std::string_view kAgentCredential = "agent";

/// One machine. Empty text or no value means "the default".
struct Host {
  HostId id;
  std::string name;     ///< unique
  std::string address;  ///< name or IP; need not be unique
  std::uint16_t port = 22;
  std::string login;       ///< remote user; empty: root
  std::string credential;  ///< name of the key or password to log in with; empty: every key, then
                           ///< the agent's
  std::optional<Platform> platform;
  std::string os;
  std::string address_public;
  std::string jump;    ///< name of the jump host
  std::string become;  ///< user to become
  BecomeMethod become_method = BecomeMethod::sudo;
  std::string become_credential;   ///< name of the password to become with; empty: none
  bool legacy_algorithms = false;  ///< allow what only servers as old as OpenSSH 5.3 need
  std::string encoding;
  std::string host_key_alias;
  std::string minion_id;
  std::string note;
  std::vector<std::string> apps;  ///< "category/app"
  std::vector<std::string> tags;
};

}  // namespace om
