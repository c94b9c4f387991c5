// SPDX-License-Identifier: MIT
//
// The places, and what runs there.
#include "backend/places.h"

#include <utility>

#include "backend/ssh_place.h"

#include "om/backend/local_backend.h"
#include "om/keys/key_signer.h"

namespace om::backend {
namespace {

class LocalPlace final : public Place {
 public:
  test::Loop& loop() override { return loop_; }
  Backend& backend() override { return backend_; }
  Host host() override {
    Host host;
    host.name = "here";
    return host;
  }

 private:
  test::Loop loop_;
  keys::KeySigner signer_;
  LocalBackend backend_{loop_.reactor(), signer_};
};

}  // namespace

std::vector<std::string> place_names() { return {"local", "ssh"}; }

std::unique_ptr<Place> make_place(const std::string& name, std::string& why_not) {
  if (name == "ssh") return SshPlace::make({}, why_not);
  return std::make_unique<LocalPlace>();
}

Under::Under(Place& there, Batch batch) : place(there) {
  const std::string become = batch.targets[0].host.become;
  batch.targets[0].host = place.host();
  if (!become.empty()) batch.targets[0].host.become = become;
  execution = place.backend().start(std::move(batch), sink);
}

bool Under::until_finished() {
  return place.loop().until([&] { return sink.finished(); });
}

}  // namespace om::backend
