// SPDX-License-Identifier: MIT
//
// fake_farm: SSH hosts by the thousand for tests and benchmarks, each in the way that its address
// says; see --help. It runs nothing: it only answers as the carrier expects.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/resource.h>

#include "peers/fake_farm/farm.h"

namespace {

void print_help() {
  std::puts(
      "Usage: fake_farm [--port PORT]\n"
      "SSH hosts on every loopback address, in one process. They take every public key, and play\n"
      "the far side of OMServer's carrier without running anything. Prints, when it listens:\n"
      "    READY PORT ssh-ed25519 HOSTKEY\n"
      "A host at 127.OCTET.P.x behaves by OCTET; others are normal; NUMBER is P * 256 + x.\n");
  for (const om::peers::BehaviourRow& row : om::peers::behaviours()) {
    std::printf("  %3d  %-20s  %s\n", row.octet, std::string(row.name).c_str(),
                std::string(row.what).c_str());
  }
}

/// A descriptor for each connection.
void raise_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  unsigned long port = 0;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help") {
      print_help();
      return 0;
    }
    if (word != "--port" || ++i == argc) {
      std::fprintf(stderr, "fake_farm: cannot understand %s; see --help\n", word.c_str());
      return 2;
    }
    port = std::strtoul(argv[i], nullptr, 10);
  }
  if (port > 65535) {
    std::fputs("fake_farm: --port: at most 65535\n", stderr);
    return 2;
  }
  raise_limit();
  om::peers::Farm farm(static_cast<std::uint16_t>(port));
  std::printf("READY %u %s\n", farm.port(), farm.public_line().c_str());
  std::fflush(stdout);
  farm.run();
  return 0;
}
