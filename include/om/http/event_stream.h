// SPDX-License-Identifier: MIT
//
// EventStream: text/event-stream taken apart as it comes, for programs that read what the page
// reads. A value, one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace om::http {

struct Event {
  std::string id;    ///< the last one seen, as the standard has it
  std::string name;  ///< "message" when the stream does not say
  std::string data;  ///< lines joined by LF
};

class EventStream {
 public:
  /// The events that `bytes` completes. Comments (heart-beats) and `retry` are skipped.
  std::vector<Event> feed(std::string_view bytes);

 private:
  void take_line(std::string_view line, std::vector<Event>& events);

  std::string rest_;  ///< of a line that is not complete
  Event event_;
  bool has_data_ = false;
};

}  // namespace om::http
