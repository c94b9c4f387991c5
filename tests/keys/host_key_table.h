// SPDX-License-Identifier: MIT
//
// The table of host-key cases: what is in known_hosts, who is asked for, and the verdict. Data;
// host_key_table_test.cpp holds every row against ssh and ssh-keygen, docs/host-keys.md explains.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "om/ssh/host_keys.h"

namespace om::keys {

/// "ssh-ed25519 AAAA..." of the server's keys, and of others.
struct TableKeys {
  std::string ed, ec, rsa;
  std::string other_ed, other_ec, other_rsa;
};

enum class TableServer { with_all_types, without_ed25519 };

struct TableRow {
  std::string what;
  std::string file;
  ssh::HostKeyVerdict verdict;  ///< where unknown keys are accepted; accepted is unknown where not
  std::string name = "web1";
  std::uint16_t port = 22;
  std::string alias = {};
  TableServer server = TableServer::with_all_types;
  /// What ssh says, where we differ, and why we do.
  std::optional<ssh::HostKeyVerdict> of_ssh = {};
  std::string why = {};
  bool before_10_1 = false;  ///< OpenSSH has skipped such lines since 10.1
};

using Rows = std::vector<TableRow>;
Rows rows_of_names(const TableKeys& keys);
Rows rows_of_ports(const TableKeys& keys);
Rows rows_of_patterns(const TableKeys& keys);
Rows rows_of_hashes(const TableKeys& keys);
Rows rows_of_markers(const TableKeys& keys);
Rows rows_of_lines(const TableKeys& keys);
Rows rows_of_keys(const TableKeys& keys);

}  // namespace om::keys
