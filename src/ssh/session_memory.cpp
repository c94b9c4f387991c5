// SPDX-License-Identifier: MIT
//
// A doubly linked list through the blocks: releasing one and releasing all are both cheap.
#include "ssh/session_memory.h"

#include <cstdlib>
#include <cstring>

namespace om::ssh {

SessionMemory::~SessionMemory() {
  for (Header* header = first_; header != nullptr;) {
    Header* next = header->next;
    if (wiping_) ::explicit_bzero(header + 1, header->bytes);
    std::free(header);
    header = next;
  }
}

SessionMemory::Header* SessionMemory::header_of(void* block) {
  return static_cast<Header*>(block) - 1;
}

void SessionMemory::link(Header* header) {
  header->previous = nullptr;
  header->next = first_;
  if (first_ != nullptr) first_->previous = header;
  first_ = header;
  in_use_ += header->bytes;
}

void SessionMemory::unlink(Header* header) {
  if (header->previous != nullptr) {
    header->previous->next = header->next;
  } else {
    first_ = header->next;
  }
  if (header->next != nullptr) header->next->previous = header->previous;
  in_use_ -= header->bytes;
}

void* SessionMemory::allocate(std::size_t bytes) {
  if (bytes > limit_bytes_ - in_use_) return nullptr;
  auto* header = static_cast<Header*>(std::calloc(1, sizeof(Header) + bytes));
  if (header == nullptr) return nullptr;
  header->bytes = bytes;
  link(header);
  return header + 1;
}

void* SessionMemory::resize(void* block, std::size_t bytes) {
  if (block == nullptr) return allocate(bytes);
  const std::size_t old_bytes = header_of(block)->bytes;
  void* grown = allocate(bytes);
  if (grown == nullptr) return nullptr;
  std::memcpy(grown, block, old_bytes < bytes ? old_bytes : bytes);
  release(block);
  return grown;
}

void SessionMemory::release(void* block) {
  if (block == nullptr) return;
  Header* header = header_of(block);
  unlink(header);
  if (wiping_) ::explicit_bzero(block, header->bytes);
  std::free(header);
}

}  // namespace om::ssh
