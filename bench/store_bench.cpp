// SPDX-License-Identifier: MIT
//
// What the journal costs: a run over many hosts (started, one chunk of output, finished for each),
// and output in 32 KiB chunks. CPU is that of the whole process, the writer's thread included; the
// disk's own time is in the wall.
//   store_bench [HOSTS [MEGABYTES [FOLDER]]]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <sys/resource.h>

#include "om/store/inventory.h"
#include "om/store/journal.h"

namespace om::store {
namespace {

double cpu_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

class Measure {
 public:
  explicit Measure(const char* what) : what_(what) {}
  /// Prints CPU and wall, each divided by `count`.
  void print(double count, const char* unit) const {
    const double cpu = cpu_ms() - cpu_;
    const std::chrono::duration<double, std::milli> wall =
        std::chrono::steady_clock::now() - start_;
    std::printf("%-34s %9.4f ms CPU a %s, %9.4f ms wall\n", what_, cpu / count, unit,
                wall.count() / count);
  }

 private:
  const char* what_;
  double cpu_ = cpu_ms();
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void must(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

Run running(RunId id, std::int64_t seq) {
  Run run;
  run.id = id;
  run.state = RunState::running;
  run.seq = seq;
  return run;
}

RunId start_run(Store& store, int hosts) {
  NewRun request;
  request.run.module_id = {1001};
  request.run.user = "admin";
  for (int i = 0; i < hosts; ++i) {
    Target target;
    target.host = "host-" + std::to_string(i) + ".example.com";
    target.address = "10.1.2.3";
    target.login = "root";
    target.host_id = {i + 1};
    request.targets.push_back(target);
  }
  RunId id;
  must(store.write([&](Transaction& transaction) -> Result<void> {
    OM_TRY_SET(const InsertedRun inserted, insert_run(transaction, request));
    id = inserted.id;
    return {};
  }));
  return id;
}

/// As the Coordinator does it: the events of some hosts an entry.
void run_hosts(Store& store, RunId id, int hosts, int hosts_an_entry) {
  std::int64_t seq = 0;
  for (int first = 0; first < hosts; first += hosts_an_entry) {
    const int last = std::min(hosts, first + hosts_an_entry);
    for (const TargetState state : {TargetState::running, TargetState::finished}) {
      JournalEntry entry;
      entry.run_id = id;
      for (int i = first; i < last; ++i) {
        Target target;
        target.index = i;
        target.host_id = {i + 1};
        target.login = "root";
        target.state = state;
        target.started_ms = 1'700'000'000'000;
        if (state == TargetState::finished) {
          target.outcome = Outcome::ok;
          target.exit_code = 0;
          target.finished_ms = 1'700'000'000'500;
          target.stdout_bytes = 120;
          target.last_line = "Debian GNU/Linux 12 \\n \\l";
          entry.output.push_back({++seq, i, Stream::out, std::string(120, 'x')});
        }
        target.seq = ++seq;
        entry.targets.push_back(std::move(target));
      }
      entry.run = running(id, seq);
      store.submit([entry = std::move(entry)](Transaction& t) { return append_journal(t, entry); },
                   must);
    }
  }
  must(store.write([](Transaction&) { return Result<void>(); }));
}

void write_output(Store& store, RunId id, std::int64_t seq, int chunks) {
  const std::string chunk(32 << 10, 'x');
  for (int i = 0; i < chunks; i += 8) {
    JournalEntry entry;
    entry.run_id = id;
    for (int j = i; j < i + 8; ++j) entry.output.push_back({++seq, j % 100, Stream::out, chunk});
    entry.run = running(id, seq);
    const Store::Work append = [entry = std::move(entry)](Transaction& t) {
      return append_journal(t, entry);
    };
    // Back-pressure: a wait for each 8 MiB.
    if (i % 256 == 248)
      must(store.write(append));
    else
      store.submit(append, must);
  }
}

int bench(int hosts, int megabytes, const std::string& folder) {
  std::string name = folder + "/om-store-bench-XXXXXX";
  if (!::mkdtemp(name.data())) return 1;
  const SystemClock clock;
  const auto migrations = embedded_migrations();
  {
    auto opened = Store::open({name + "/omserver.db", migrations}, clock);
    if (!opened) {
      std::fprintf(stderr, "%s\n", opened.error().message.c_str());
      return 1;
    }
    Store& store = **opened;
    must(store.write([&](Transaction& transaction) -> Result<void> {
      for (int i = 0; i < hosts; ++i) {
        Host host;
        host.name = "host-" + std::to_string(i) + ".example.com";
        host.address = "10.1.2.3";
        host.apps = {"www.domain.com"};
        OM_TRY(add_host(transaction, host));
      }
      return {};
    }));
    const Measure insert("run and targets committed");
    const RunId id = start_run(store, hosts);
    insert.print(hosts, "host");
    for (const int hosts_an_entry : {1, 16}) {
      const RunId run = start_run(store, hosts);
      const Measure events(hosts_an_entry == 1 ? "events, one host an entry"
                                               : "events, sixteen hosts an entry");
      run_hosts(store, run, hosts, hosts_an_entry);
      events.print(hosts, "host");
    }
    const Measure output("output in chunks of 32 KiB");
    write_output(store, id, 0, megabytes * 32);
    output.print(megabytes, "MB");
    const auto reader = store.read();
    const Measure list("host list");
    if (list_hosts(**reader, {})->size() != static_cast<std::size_t>(hosts)) return 1;
    list.print(hosts, "host");
  }
  const Measure again("opening again, with its check");
  if (!Store::open({name + "/omserver.db", migrations}, clock)) return 1;
  again.print(megabytes, "MB");
  std::filesystem::remove_all(name);
  return 0;
}

}  // namespace
}  // namespace om::store

int main(int argc, char** argv) {
  const int hosts = argc > 1 ? std::atoi(argv[1]) : 2000;
  const int megabytes = argc > 2 ? std::atoi(argv[2]) : 256;
  const std::string folder = argc > 3 ? argv[3] : "/tmp";
  return om::store::bench(hosts, megabytes, folder);
}
