// SPDX-License-Identifier: MIT
//
// Limits: every bound of the front, each with its default. A value. Sizes in bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "om/base/clock.h"

namespace om::http {

struct Limits {
  // Connections, all kinds together. Beyond it the one idle for longest makes room.
  std::size_t connections = 1024;
  Duration keep_alive = std::chrono::seconds(30);  ///< an idle connection is kept so long
  Duration linger = std::chrono::seconds(1);       ///< a refused peer may take so long to hang up

  // The head of a request.
  std::size_t target_bytes = std::size_t{32} * 1024;  ///< 414; 800 hosts of a legacy URI fit
  std::size_t head_bytes = std::size_t{32} * 1024;    ///< 431; header lines, without the target
  std::size_t head_lines = 100;                       ///< 431
  Duration head_time = std::chrono::seconds(10);      ///< from connect or first byte to blank line

  // Its body.
  std::size_t body_bytes = std::size_t{1024} * 1024;  ///< 413
  Duration body_time = std::chrono::seconds(60);      ///< for the whole of it
  Duration drip_time = std::chrono::seconds(10);      ///< by now it is complete or ...
  std::size_t drip_bytes = 1024;                      ///< ... has so much, or it is dripping

  // A body that goes to a disk as it comes. Its connection is closed after the answer.
  std::uint64_t upload_bytes = std::uint64_t{1} << 30;  ///< 413
  Duration upload_idle = std::chrono::seconds(30);      ///< without a byte; 408
  std::size_t upload_rate = 1024;                       ///< a second on average, past the first
                                                        ///< `upload_idle`; 408
  std::size_t uploads = 16;                             ///< a thread each; beyond it 503
  Duration upload_linger = std::chrono::seconds(5);     ///< read on after a refusal in its middle

  // Answers.
  std::size_t workers = 8;  ///< threads in dispatch()
  std::size_t queue = 256;  ///< requests waiting for one; beyond it 503
  std::size_t buffered_bytes =
      std::size_t{64} * 1024 * 1024;               ///< bodies and answers in memory; 503
  Duration write_stall = std::chrono::seconds(5);  ///< a peer that takes nothing for so long
  std::size_t write_rate =
      std::size_t{16} * 1024;  ///< bytes a second it takes at least, on average

  // Live streams.
  std::size_t streams = 128;                       ///< a thread each; beyond it 503
  Duration heartbeat = std::chrono::seconds(10);   ///< written when nothing else was
  Duration stream_tick = std::chrono::seconds(1);  ///< how often a quiet one looks around

  Duration stop_time = std::chrono::seconds(10);  ///< for what is under way when the front stops
};

}  // namespace om::http
