// SPDX-License-Identifier: MIT
#include "backend/become_watch.h"

#include <array>
#include <utility>

namespace om::backend {
namespace {

constexpr std::size_t kKeptBytes = 8 * 1024;

void keep_the_end(std::string& text) {
  // What is kept is far longer than a mark: cutting the front cannot split one still coming.
  if (text.size() > 2 * kKeptBytes) text.erase(0, text.size() - kKeptBytes);
}

std::string_view last_line(std::string_view text) {
  const std::size_t end = text.find_last_of("\r\n");
  return end == std::string_view::npos ? text : text.substr(end + 1);
}

bool has_any(std::string_view text, const auto& words) {
  for (const std::string_view word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

BecomeWatch::BecomeWatch(const Bootstrap& bootstrap)
    : method_(bootstrap.method),
      begun_(bootstrap.nonce + ":S\n"),
      prompt_(bootstrap.method == BecomeMethod::sudo ? bootstrap.nonce + ":P" : ""),
      running_(bootstrap.nonce + ":R\n"),
      state_(bootstrap.become.empty() ? BecomeState::unused : BecomeState::silent) {}

std::string BecomeWatch::feed(Stream stream, std::string_view bytes) {
  if (state_ == BecomeState::through || state_ == BecomeState::unused) return std::string(bytes);
  std::string& text = text_[stream == Stream::out ? 0 : 1];
  text.append(bytes);
  if (const std::size_t begun = text.find(begun_);
      state_ == BecomeState::silent && begun != std::string::npos) {
    std::string& other = text_[stream == Stream::out ? 1 : 0];
    noise_ = std::exchange(other, {}) + text.substr(0, begun);
    text.erase(0, begun + begun_.size());
    state_ = BecomeState::waiting;
  }
  if (const std::size_t running = text.find(running_); running != std::string::npos) {
    std::string rest = text.substr(running + running_.size());
    text.resize(running);
    state_ = BecomeState::through;
    return rest;
  }
  if (state_ == BecomeState::waiting || state_ == BecomeState::answered) look_for_prompt(text);
  keep_the_end(text);
  return {};
}

void BecomeWatch::look_for_prompt(std::string& text) {
  constexpr std::array<std::string_view, 2> words = {"assword", "assphrase"};
  if (prompt_.empty()) {
    if (!has_any(last_line(text), words)) return;
    said_ += std::exchange(text, {}) + "\n";
  } else {
    const std::size_t prompt = text.find(prompt_);
    if (prompt == std::string::npos) return;
    said_ += text.substr(0, prompt);
    text.erase(0, prompt + prompt_.size());
  }
  keep_the_end(said_);
  state_ = state_ == BecomeState::waiting ? BecomeState::prompted : BecomeState::asked_again;
}

std::string BecomeWatch::said() const {
  std::string all = said_ + text_[1] + text_[0];
  if (all.find_first_not_of(" \r\n") == std::string::npos) all = noise_;
  return all;
}

bool BecomeWatch::wants_terminal() const {
  if (state_ != BecomeState::waiting) return false;
  // Their English words; LC_ALL=C is set for that.
  constexpr std::array<std::string_view, 2> sudo = {"must have a tty", "no tty present"};
  constexpr std::array<std::string_view, 2> su = {"must be run from a terminal", "not a tty"};
  constexpr std::array<std::string_view, 3> doas = {"Authentication required",
                                                    "Authorization required", "a tty is required"};
  switch (method_) {
    case BecomeMethod::sudo:
      return has_any(said(), sudo);
    case BecomeMethod::su:
      return has_any(said(), su);
    case BecomeMethod::doas:
      return has_any(said(), doas);
  }
  return false;
}

}  // namespace om::backend
