// SPDX-License-Identifier: MIT
#include "om/http/event_stream.h"

#include <utility>

namespace om::http {

std::vector<Event> EventStream::feed(std::string_view bytes) {
  std::vector<Event> events;
  rest_.append(bytes);
  std::size_t start = 0;
  for (std::size_t end = rest_.find('\n'); end != std::string::npos;
       end = rest_.find('\n', start)) {
    std::string_view line = std::string_view(rest_).substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_line(line, events);
    start = end + 1;
  }
  rest_.erase(0, start);
  return events;
}

void EventStream::take_line(std::string_view line, std::vector<Event>& events) {
  if (line.empty()) {
    if (has_data_) {
      if (event_.name.empty()) event_.name = "message";
      events.push_back(event_);
    }
    event_.name.clear();
    event_.data.clear();
    has_data_ = false;
    return;
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value;
  if (colon != std::string_view::npos) value = line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (std::exchange(has_data_, true)) event_.data.push_back('\n');
    event_.data.append(value);
  } else if (field == "id") {
    event_.id = value;
  } else if (field == "event") {
    event_.name = value;
  }
}

}  // namespace om::http
