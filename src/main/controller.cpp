// SPDX-License-Identifier: MIT
#include "main/controller.h"

#include <array>
#include <cstdlib>
#include <thread>
#include <utility>

#include <unistd.h>

#include "om/access/access.h"
#include "om/access/audit.h"
#include "om/api/api.h"
#include "om/backend/local_backend.h"
#include "om/backend/ssh_backend.h"
#include "om/base/files.h"
#include "om/base/log.h"
#include "om/catalogue/reload.h"
#include "om/catalogue/seed.h"
#include "om/catalogue/sources.h"
#include "om/event/disk_threads.h"
#include "om/event/reactor.h"
#include "om/event/resolver.h"
#include "om/keys/agent.h"
#include "om/keys/credential.h"
#include "om/keys/host_key_book.h"
#include "om/keys/key_signer.h"
#include "om/keys/sealer.h"
#include "om/run/coordinator.h"
#include "om/run/feed.h"
#include "om/run/prepare.h"
#include "om/ssh/session_pool.h"
#include "om/store/credentials.h"
#include "om/store/host_keys.h"
#include "om/store/journal.h"
#include "om/store/seed.h"
#include "om/store/settings.h"
#include "om/store/store.h"

namespace om::main {
namespace {

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

/// What the controller itself does is in the audit too, under this name.
constexpr const char* kOwnName = "omserver";

Result<void> record_own(store::Transaction& transaction, const Clock& clock,
                        const std::string& action, const std::string& object,
                        const std::string& details) {
  return access::record(transaction, clock, kOwnName, {"controller", ""}, action, object, details);
}

/// The same from where nothing can be waited for.
void record_own_soon(store::Store& opened, const Clock& clock, const std::string& action,
                     const std::string& object, const std::string& details) {
  opened.submit(
      [&clock, action, object, details](store::Transaction& transaction) {
        return record_own(transaction, clock, action, object, details);
      },
      [](const Result<void>& written) {
        if (!written) log::error("audit not written", {{"error", written.error().message}});
      });
}

Result<std::unique_ptr<store::Store>> open_store(const DataDir& data, const Clock& clock) {
  const std::vector<store::Migration> migrations = store::embedded_migrations();
  OM_TRY_SET(std::unique_ptr<store::Store> opened,
             store::Store::open({data.database(), migrations}, clock));
  std::vector<RunId> interrupted;
  OM_TRY(opened->write([&](store::Transaction& transaction) -> Result<void> {
    OM_TRY(store::seed(transaction, {machine_name(), catalogue::seed_modules()}));
    OM_TRY_SET(interrupted, store::mark_interrupted(transaction, clock.wall_ms()));
    return {};
  }));
  for (const RunId run : interrupted) log::warning("run was interrupted", {{"run", run.value}});
  return opened;
}

Result<void> load_credential(const keys::Sealer& sealer, const store::Credential& row,
                             const std::string& sealed, keys::KeySigner& signer) {
  if (row.kind == store::kPasswordKind) {
    OM_TRY_SET(Secret password, keys::open_password(sealer, row.name, sealed));
    signer.set_password(row.name, std::move(password));
    return {};
  }
  OM_TRY_SET(keys::PrivateKey key,
             keys::open_private_key(sealer, row.name, sealed, row.public_key));
  if (row.certificate.empty()) {
    signer.set(row.name, std::move(key));
    return {};
  }
  OM_TRY_SET(const keys::Certificate certificate, keys::parse_certificate(row.certificate));
  signer.set(row.name, std::move(key), certificate);
  return {};
}

Result<void> load_credentials(store::Store& opened, const keys::Sealer& sealer,
                              keys::KeySigner& signer) {
  OM_TRY_SET(const store::Reader reader, opened.read());
  OM_TRY_SET(const std::vector<store::Credential> rows, store::list_credentials(*reader));
  for (const store::Credential& row : rows) {
    OM_TRY_SET(const std::string sealed, store::find_sealed(*reader, row.id));
    const Result<void> loaded = load_credential(sealer, row, sealed, signer);
    if (!loaded) {
      // The others still work; hosts that name this one say so.
      log::error("credential not usable",
                 {{"credential", row.name}, {"error", loaded.error().message}});
    }
  }
  return {};
}

std::string verdict_name(ssh::HostKeyVerdict verdict) {
  switch (verdict) {
    case ssh::HostKeyVerdict::ok:
      return "ok";
    case ssh::HostKeyVerdict::accepted:
      return "accepted";
    case ssh::HostKeyVerdict::unknown:
      return "unknown";
    case ssh::HostKeyVerdict::changed:
      return "changed";
    case ssh::HostKeyVerdict::revoked:
      return "revoked";
    case ssh::HostKeyVerdict::only_ca:
      return "only_ca";
  }
  OM_CHECK(false);
}

/// Every verdict but ok is logged; a key that is new, or is judged anew, is put on the list to go
/// through and audited. Called on the reactor, so nothing is waited for.
keys::HostKeyBook::Listener host_key_listener(store::Store& opened, const Clock& clock) {
  return [&opened, &clock](const ssh::HostKeyName&, const ssh::HostKey& key,
                           const ssh::HostKeyAnswer& answer) {
    store::SeenHostKey seen;
    seen.name = answer.name;
    seen.algorithm = key.algorithm;
    seen.blob = key.blob;
    seen.fingerprint = answer.fingerprint;
    seen.known_fingerprint = answer.known_fingerprint;
    seen.verdict = verdict_name(answer.verdict);
    seen.last_ms = clock.wall_ms();
    log::write(
        answer.verdict == ssh::HostKeyVerdict::accepted ? log::Level::info : log::Level::warning,
        "host key",
        {{"verdict", seen.verdict},
         {"name", seen.name},
         {"type", key.algorithm},
         {"fingerprint", seen.fingerprint}});
    std::string details = key.algorithm + " " + seen.fingerprint;
    if (!seen.known_fingerprint.empty()) details += ", on file: " + seen.known_fingerprint;
    opened.submit(
        [&clock, seen, details](store::Transaction& transaction) -> Result<void> {
          OM_TRY_SET(const bool is_news, store::note_host_key(transaction, seen));
          if (!is_news) return {};
          return record_own(transaction, clock, "hostkey." + seen.verdict, seen.name, details);
        },
        [](const Result<void>& written) {
          if (!written) log::error("host key not noted", {{"error", written.error().message}});
        });
  };
}

Result<std::string> read_instance(store::Store& opened) {
  OM_TRY_SET(const store::Reader reader, opened.read());
  return store::instance_id(*reader);
}

run::Limits limits_of(const ServeCommand& settings) {
  run::Limits limits;
  limits.concurrency = settings.concurrency;
  limits.concurrency_all = settings.concurrency_all;
  limits.deadlines.connect = std::chrono::seconds(settings.connect_timeout_s);
  limits.deadlines.handshake = std::chrono::seconds(settings.login_timeout_s);
  limits.deadlines.login = std::chrono::seconds(settings.login_timeout_s);
  limits.deadlines.silence = std::chrono::seconds(settings.silence_s);
  return limits;
}

ssh::PoolLimits pool_limits_of(const ServeCommand& settings) {
  ssh::PoolLimits limits;
  limits.idle = std::chrono::seconds(settings.idle_s);
  limits.idle_sessions = static_cast<std::size_t>(settings.idle_sessions);
  limits.connecting = static_cast<std::size_t>(settings.connecting);
  limits.connecting_at_one = static_cast<std::size_t>(settings.connecting_at_one);
  return limits;
}

run::Defaults defaults_of(const ServeCommand& settings, const DataDir& data,
                          event::DiskThreads& disk) {
  run::Defaults defaults;
  defaults.auto_platform = settings.auto_platform;
  defaults.available = {Platform::ssh, Platform::local};
  defaults.concurrency = settings.concurrency;
  defaults.timeout_s = settings.timeout_s;
  defaults.data_folder = data.path();
  defaults.disk = &disk;
  return defaults;
}

}  // namespace

/// In the order of construction; destroyed from the last to the first.
struct Controller::State {
  State(DataDir d, const Clock& c) : data(std::move(d)), clock(c) {}

  DataDir data;
  const Clock& clock;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<keys::Sealer> sealer;
  std::unique_ptr<access::Access> access;
  std::unique_ptr<event::Reactor> reactor;
  std::unique_ptr<event::DiskThreads> disk;
  std::unique_ptr<event::Resolver> resolver;
  std::unique_ptr<keys::HostKeyBook> host_keys;
  std::unique_ptr<keys::KeySigner> signer;
  std::unique_ptr<catalogue::Sources> sources;
  std::unique_ptr<catalogue::Reload> reload;
  std::unique_ptr<backend::SshBackend> ssh;
  std::unique_ptr<backend::LocalBackend> local;
  std::unique_ptr<run::Feed> feed;
  std::unique_ptr<run::Coordinator> coordinator;
  std::unique_ptr<run::Preparation> preparation;
  std::unique_ptr<api::Api> api;
  std::thread loop;

  Result<void> compose(const ServeCommand& settings);
  Result<void> compose_store();
  Result<void> compose_catalogue();
  void compose_runs(const ServeCommand& settings);
  void on_source_changes(const std::vector<catalogue::SourceChange>& changes);
};

Result<void> Controller::State::compose_store() {
  const bool is_new = !files::exists(data.database());
  OM_TRY_SET(store, open_store(data, clock));
  using keys::Sealer;
  OM_TRY_SET(Sealer opened, Sealer::open(data.secret_key(), is_new ? Sealer::IfMissing::create
                                                                   : Sealer::IfMissing::refuse));
  sealer = std::make_unique<Sealer>(std::move(opened));
  OM_TRY_SET(access, access::Access::open(*store, clock));
  return {};
}

Result<void> Controller::State::compose_catalogue() {
  sources = std::make_unique<catalogue::Sources>(catalogue::Sources::Options{data.path(), nullptr});
  on_source_changes(sources->scan());
  return {};
}

void Controller::State::on_source_changes(const std::vector<catalogue::SourceChange>& changes) {
  for (const catalogue::SourceChange& change : changes) {
    const std::string what(catalogue::change_name(change.what));
    log::write(change.what == catalogue::SourceChange::What::broken ? log::Level::warning
                                                                    : log::Level::info,
               "module source", {{"what", what}, {"path", change.path}, {"reason", change.reason}});
    record_own_soon(*store, clock, "source." + what, change.path,
                    change.old_sha256 + " -> " + change.new_sha256);
  }
}

void Controller::State::compose_runs(const ServeCommand& settings) {
  ssh = std::make_unique<backend::SshBackend>(*reactor, *resolver, *signer, *host_keys,
                                              pool_limits_of(settings));
  local = std::make_unique<backend::LocalBackend>(*reactor, *signer);
  feed = std::make_unique<run::Feed>(&api::encode_event);
  run::Coordinator::Backends backends = {{Platform::ssh, ssh.get()},
                                         {Platform::local, local.get()}};
  coordinator = std::make_unique<run::Coordinator>(
      *reactor, *store, *feed, std::move(backends), limits_of(settings),
      [this](store::Transaction& transaction, const Run& run) -> Result<void> {
        const std::string outcome(outcome_name(run.outcome.value_or(Outcome::interrupted)));
        return record_own(transaction, clock, "run.finished", "run " + std::to_string(run.id.value),
                          outcome);
      });
  preparation = std::make_unique<run::Preparation>(*sources, defaults_of(settings, data, *disk));
}

Result<void> Controller::State::compose(const ServeCommand& settings) {
  OM_TRY(compose_store());
  OM_TRY_SET(reactor, event::Reactor::create(clock));
  disk = std::make_unique<event::DiskThreads>();
  OM_TRY_SET(resolver, event::Resolver::create(*reactor));
  const auto policy = settings.host_keys == "strict" ? keys::HostKeyBook::Policy::strict
                                                     : keys::HostKeyBook::Policy::accept_new;
  OM_TRY_SET(host_keys,
             keys::HostKeyBook::open(data.known_hosts(), policy, host_key_listener(*store, clock)));
  const char* agent = std::getenv("SSH_AUTH_SOCK");
  signer = std::make_unique<keys::KeySigner>(
      agent == nullptr || *agent == '\0'
          ? nullptr
          : std::make_unique<keys::Agent>(keys::AgentOptions{.socket = agent}));
  OM_TRY(load_credentials(*store, *sealer, *signer));
  OM_TRY(compose_catalogue());
  compose_runs(settings);
  OM_TRY_SET(const std::string instance, read_instance(*store));
  api = std::make_unique<api::Api>(api::Services{
      clock, *store, *access, *sources, *sealer, *signer, *host_keys, *preparation, *coordinator,
      *feed, machine_name(), instance, "http://" + settings.listen.front(), clock.wall_ms()});
  OM_TRY_SET(reload, catalogue::Reload::create(*reactor, *sources, [this](const auto& changes) {
               on_source_changes(changes);
             }));
  loop = std::thread([this] { reactor->run(); });
  return {};
}

Result<std::unique_ptr<Controller>> Controller::open(DataDir data, const ServeCommand& settings,
                                                     const Clock& clock) {
  auto state = std::make_unique<State>(std::move(data), clock);
  OM_TRY(state->compose(settings));
  return std::unique_ptr<Controller>(new Controller(std::move(state)));
}

Controller::Controller(std::unique_ptr<State> state) : state_(std::move(state)) {}

Controller::~Controller() {
  state_->feed->shut_down();
  state_->reactor->stop();
  if (state_->loop.joinable()) state_->loop.join();
  // What was under way ends with this process, and the store says so at once.
  const Result<void> written =
      state_->store->write([this](store::Transaction& transaction) -> Result<void> {
        OM_TRY_SET([[maybe_unused]] const std::vector<RunId> runs,
                   store::mark_interrupted(transaction, state_->clock.wall_ms()));
        return {};
      });
  if (!written) log::error("runs not marked as interrupted", {{"error", written.error().message}});
}

api::Response Controller::dispatch(const api::Request& request) {
  return state_->api->dispatch(request);
}
bool Controller::first_start() const { return state_->access->is_first_start(); }
void Controller::end_streams() { state_->feed->shut_down(); }
const DataDir& Controller::data() const { return state_->data; }

}  // namespace om::main
