// SPDX-License-Identifier: MIT
//
// Where the project's files and the built program are, for tests that need them. Absolute paths,
// fixed when the tests are configured. They live in one .cpp so that no other test's object depends
// on the folder it was built in, and work trees can share compiled objects.

#pragma once

#include <filesystem>

namespace om::test {

/// The project's root.
std::filesystem::path source_dir();

/// The omserver that was built beside the tests.
std::filesystem::path omserver();

/// peers/asking_server.cpp; empty where libssh is missing.
std::filesystem::path asking_server();

}  // namespace om::test
