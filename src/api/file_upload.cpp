// SPDX-License-Identifier: MIT
//
// PUT and DELETE of a file below DATA/files/. The body of a PUT is written as it comes, by a
// BodyReceiver: on an upload's thread, after the gate has let its sender in.
#include <utility>

#include "api/identify.h"
#include "api/resources.h"

#include "om/access/audit.h"
#include "om/catalogue/incoming_file.h"
#include "om/run/prepare.h"

namespace om::api {
namespace {

Response refusal_of(const Error& error) {
  Response response = error_response(error);
  if (error.reason == "file.no_room") response.status = 507;
  return response;
}

/// What the audit needs to know when the body has come: the Call is gone by then.
struct Sender {
  std::string name;
  access::Origin origin;
  std::string_view action;
};

class Upload final : public BodyReceiver {
 public:
  Upload(const Services& services, Sender sender, std::unique_ptr<catalogue::IncomingFile> file)
      : services_(services), sender_(std::move(sender)), file_(std::move(file)) {}

  std::optional<Response> take(std::string_view bytes) override {
    if (const Result<void> written = file_->write(bytes); !written) {
      return refusal_of(written.error());
    }
    return std::nullopt;
  }

  Response finish() override {
    const Result<Json> stored = store();
    return stored ? json_response(*stored, 201) : refusal_of(stored.error());
  }

 private:
  Result<Json> store() {
    OM_TRY_SET(const catalogue::StoredFile stored, file_->flush());
    OM_TRY(services_.store.write([&](store::Transaction& transaction) -> Result<void> {
      OM_TRY(access::record(transaction, services_.clock, sender_.name, sender_.origin,
                            sender_.action, "file " + stored.path,
                            std::to_string(stored.size_bytes) + " bytes, sha256 " + stored.sha256));
      return file_->put_in_place();
    }));
    return Json{{"file",
                 {{"path", stored.path},
                  {"size_bytes", stored.size_bytes},
                  {"sha256", stored.sha256},
                  {"modified_at", time_or_null(stored.modified_ms)}}}};
  }

  const Services& services_;
  const Sender sender_;
  const std::unique_ptr<catalogue::IncomingFile> file_;
};

Result<Json> removed(const Call& call) {
  const std::string& name = call.args.at(0);
  OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY(call.audit(transaction, "file " + name));
    return catalogue::remove_application_file(call.services.preparation.defaults().data_folder,
                                              name);
  }));
  return Json::object();
}

}  // namespace

Response put_file(const Call& call) {
  auto file = catalogue::IncomingFile::create(call.services.preparation.defaults().data_folder,
                                              call.args.at(0));
  if (!file) return refusal_of(file.error());
  Response response;
  response.receiver = std::make_unique<Upload>(
      call.services,
      Sender{call.caller.name, origin_of(call.request, call.via()), access::verb_name(call.verb)},
      std::move(*file));
  return response;
}

Response remove_file(const Call& call) { return respond(removed(call)); }

}  // namespace om::api
