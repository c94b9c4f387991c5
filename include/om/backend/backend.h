// SPDX-License-Identifier: MIT
//
// Backend: carries one job to targets and reports what they do, as it happens. Implemented by
// ssh and local here, by the engines later. Everything belongs to one reactor's thread. The sink is
// told only from the loop, never from inside start() or cancel(); a target's events come in order
// (started?, then output and progress, finished), finished exactly once, also after cancel. A
// backend invents nothing: success needs the end mark with status zero.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "om/backend/copy_order.h"
#include "om/base/clock.h"
#include "om/base/secret.h"
#include "om/model/inventory.h"
#include "om/model/outcome.h"
#include "om/model/run.h"

namespace om::backend {

class CopySource;

/// What runs on the host. Immutable, shared by all targets of a run (and the catalogue while it is
/// in force).
struct Script {
  std::string interpreter = "/bin/sh";
  std::string argument;  ///< of the #! line, or empty
  std::string bytes;     ///< the whole text, #! line included
};

struct ScriptParameter {
  std::string name;     ///< "sys_param_1"
  Secret value;         ///< revealed only to the carrier
  bool secret = false;  ///< then no positional argument shows it
};

/// Every wait of a target has a deadline.
struct Deadlines {
  Duration connect = std::chrono::seconds(10);
  Duration handshake = std::chrono::seconds(15);
  Duration login = std::chrono::seconds(15);
  Duration silence = std::chrono::seconds(45);  ///< of a connection while something runs there
  Duration run = std::chrono::seconds(300);
  Duration cancel_grace = std::chrono::seconds(5);
};

/// Runs a script.
struct ScriptJob {
  std::shared_ptr<const Script> script;
  /// A file that reaches the host before the script, as $OM_FILE; may be null. Owners: the run, and
  /// the transfers of its targets.
  std::shared_ptr<CopySource> file;
  std::vector<ScriptParameter> parameters;
};

/// Brings a file or folder to the host.
struct CopyJob {
  std::shared_ptr<CopySource> source;  ///< owners: the run, and the transfers of its targets
  CopyOrder order;
  ScriptJob command;  ///< runs where something has changed; its script may be null
};

/// What is to be done at every target of a run: another kind of run is another alternative.
using Job = std::variant<ScriptJob, CopyJob>;

struct BatchTarget {
  int index = 0;  ///< the run's target number; comes back in every event
  Host host;      ///< name, address, port, login, credential, become ...
  std::vector<Host> jumps =
      {};  ///< through which it is reached, the first one straight; usually none
};

/// The same job for several targets.
struct Batch {
  RunId run_id;
  std::vector<BatchTarget> targets;
  Job job;
  Deadlines deadlines;
};

/// The remote process began (its begin mark arrived).
struct Started {
  std::int64_t process_group = 0;
};
struct Output {
  Stream stream = Stream::out;
  std::string bytes;
};
/// How far a transfer has come; as often as the backend likes.
struct Progress {
  std::int64_t done_bytes = 0;
  std::int64_t total_bytes = 0;
};
struct Finished {
  Outcome outcome = Outcome::lost;
  std::optional<int> exit_code;
  std::string signal;   ///< "KILL", or empty
  std::string reason;   ///< stable key; when ok empty, or copy.unchanged
  std::string message;  ///< one sentence with the remedy; of a copy that is ok what was done
};
using HostEvent = std::variant<Started, Output, Progress, Finished>;

class Sink {
 public:
  virtual void on_event(int target_index, HostEvent event) = 0;

 protected:
  ~Sink() = default;
};

/// A batch under way. Destroying it drops the targets without a word (after all have finished, or
/// at exit).
class Execution {
 public:
  virtual ~Execution() = default;
  /// Ends the target's remote process group too; finished(cancelled) follows. Harmless when it has
  /// finished.
  virtual void cancel(int target_index) = 0;
  /// Back-pressure: stops or resumes reading the target's output.
  virtual void set_reading(int target_index, bool reading) = 0;
};

/// How many targets one batch should hold.
enum class Fanout {
  one_target,  ///< the Coordinator paces targets itself
  whole_run,   ///< the engine paces them
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Platform platform() const = 0;
  virtual Fanout fanout() const = 0;
  /// Requires: sink outlives the execution.
  virtual std::unique_ptr<Execution> start(Batch batch, Sink& sink) = 0;
};

}  // namespace om::backend
