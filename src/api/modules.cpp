// SPDX-License-Identifier: MIT
#include "om/store/modules.h"

#include "api/resources.h"

#include "om/catalogue/caption.h"
#include "om/catalogue/form.h"
#include "om/catalogue/form_json.h"
#include "om/catalogue/sources.h"
#include "om/run/prepare.h"

namespace om::api {
namespace {

constexpr std::size_t kMaxNameBytes = 200;

Result<Json> form_items(const std::string& html) {
  OM_TRY_SET(const catalogue::ParsedForm parsed, catalogue::parse_form(html));
  return catalogue::items_json(parsed.form);
}

std::string_view state_name(catalogue::SourceStatus::State state) {
  using State = catalogue::SourceStatus::State;
  switch (state) {
    case State::ready:
      return "ready";
    case State::broken:
      return "broken";
    case State::not_written:
      return "not_written";
  }
  OM_CHECK(false);
}

Json module_json(const Call& call, const Module& module) {
  const Platform platform =
      module.platform.value_or(call.services.preparation.defaults().auto_platform);
  const catalogue::SourceStatus status = call.services.sources.status(module.id, platform);
  return {{"id", module.id.value},
          {"name", module.name},
          {"name_en", module.name_en},
          {"caption", catalogue::parse_caption(module.caption).text},
          {"caption_en", catalogue::parse_caption(module.caption_en).text},
          {"risk", risk_name(module.risk)},
          {"timeout_s", module.timeout.count()},
          {"concurrency", module.concurrency},
          {"platform", platform_name(platform)},
          {"source",
           {{"state", state_name(status.state)},
            {"path", status.path},
            {"sha256", status.source ? status.source->sha256 : ""},
            {"origin", status.source ? catalogue::origin_name(status.source->origin) : "data"},
            {"problem", status.problem}}}};
}

Result<Json> modules(const Call& call) {
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  OM_TRY_SET(const std::vector<Module> rows, store::list_modules(*reader));
  Json list = Json::array();
  for (const Module& module : rows) list.push_back(module_json(call, module));
  return Json{{"modules", list}};
}

Result<Module> module_of(const Call& call) {
  OM_TRY_SET(const std::int64_t id, call.number_arg(0));
  OM_TRY_SET(const store::Reader reader, call.services.store.read());
  return store::find_module(*reader, ModuleId{id});
}

Result<Json> detailed(const Call& call, const Module& module) {
  Json json = module_json(call, module);
  OM_TRY_SET(Json items, form_items(module.form));
  OM_TRY_SET(Json items_en, form_items(module.form_en.empty() ? module.form : module.form_en));
  json["caption_html"] = module.caption;
  json["form"] = {
      {"html", module.form}, {"items", std::move(items)}, {"items_en", std::move(items_en)}};
  return Json{{"module", std::move(json)}};
}

Result<Json> one_module(const Call& call) {
  OM_TRY_SET(const Module module, module_of(call));
  return detailed(call, module);
}

Result<Json> source_of(const Call& call) {
  OM_TRY_SET(const Module module, module_of(call));
  const std::string name = call.request.query_value("platform").value_or("ssh");
  const std::optional<Platform> platform = platform_from_name(name);
  if (!platform)
    return fail(Errc::invalid_argument, "request.query", "platform '" + name + "' is not known");
  const std::shared_ptr<const catalogue::Source> source =
      call.services.sources.find(module.id, *platform);
  if (!source)
    return fail(Errc::not_found, "module.not_written", "the module has no source in force");
  return Json{
      {"source", {{"path", source->path}, {"sha256", source->sha256}, {"text", source->bytes}}}};
}

Result<Module> module_from(const Call& call) {
  OM_TRY_SET(Body body, Body::parse(call.request));
  Module module;
  module.name = body.required_text("name");
  module.name_en = body.text("name_en");
  module.caption = catalogue::parse_caption(body.required_text("caption")).html;
  module.caption_en = catalogue::parse_caption(body.text("caption_en")).html;
  const std::string form = body.text("form");
  const std::string form_en = body.text("form_en");
  const std::string risk = body.text("risk");
  OM_TRY(body.finish());
  if (module.name.size() > kMaxNameBytes || module.name_en.size() > kMaxNameBytes) {
    return fail(Errc::invalid_argument, "module.name", "the name is longer than 200 bytes");
  }
  OM_TRY_SET(const catalogue::ParsedForm parsed, catalogue::parse_form(form));
  module.form = parsed.html;
  if (!form_en.empty()) {
    OM_TRY_SET(const catalogue::ParsedForm parsed_en, catalogue::parse_form(form_en));
    OM_TRY(catalogue::check_translation(parsed.form, parsed_en.form));
    module.form_en = parsed_en.html;
  }
  const std::optional<Risk> known_risk = risk_from_name(risk.empty() ? "change" : risk);
  if (!known_risk)
    return fail(Errc::invalid_argument, "module.risk", "risk must be read, change or danger");
  module.risk = *known_risk;
  return module;
}

Result<Json> added(const Call& call) {
  OM_TRY_SET(Module module, module_from(call));
  OM_TRY(call.services.store.write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY_SET(module.id, store::add_module(transaction, module));
    return call.audit(transaction, "module " + std::to_string(module.id.value), module.name);
  }));
  return detailed(call, module);
}

}  // namespace

Response list_modules(const Call& call) { return respond(modules(call)); }
Response get_module(const Call& call) { return respond(one_module(call)); }
Response add_module(const Call& call) { return respond(added(call), 201); }
Response get_module_source(const Call& call) { return respond(source_of(call)); }

}  // namespace om::api
