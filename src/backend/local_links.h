// SPDX-License-Identifier: MIT
//
// LocalLinks: links to this machine itself; every command is a child process with a clean
// environment, in this user's home. Nothing is connected, so that acquire() always answers with a
// link. Belongs to the reactor's thread; outlives its links.
#pragma once

#include <memory>

#include "backend/link.h"

#include "om/event/reactor.h"

namespace om::backend {

class LocalLinks final : public LinkSource {
 public:
  explicit LocalLinks(event::Reactor& reactor) : reactor_(reactor) {}
  std::unique_ptr<Request> acquire(const Host& host, const Deadlines& deadlines,
                                   Answer answer) override;

 private:
  event::Reactor& reactor_;
};

}  // namespace om::backend
