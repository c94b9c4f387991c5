// SPDX-License-Identifier: MIT
//
// PoolState: the sessions of a pool (PoolEntry), who waits for one (Wait), and where they
// queue (Gate: one address, or what is behind one jump host). Belongs to the reactor's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ssh/fair_queue.h"

#include "om/event/reactor.h"
#include "om/ssh/session_pool.h"

namespace om::ssh {

struct Gate;
struct Way;
class PoolEntry;
class PoolState;

/// Somebody who wants a session. Owners: whoever asked, a queue, and the session under way for it.
struct Wait {
  using Answer = std::function<void(Result<std::unique_ptr<PoolUse>>)>;
  Route route;
  SessionDeadlines deadlines;
  std::int64_t turn = 0;
  bool fresh = false;  ///< one that was used before will not do
  Answer answer;       ///< empty: nobody waits any more
  std::string key;
  Gate* gate = nullptr;        ///< while it holds a place there
  Way* way = nullptr;          ///< while it holds a tunnel's place
  PoolEntry* entry = nullptr;  ///< while it is being connected
};

/// A session with a jump host that others go through.
struct Way {
  std::shared_ptr<Wait> asked;  ///< while there is no session yet
  std::unique_ptr<PoolUse> use;
  std::size_t tunnels = 0;
  bool opening = false;
  MonotonicTime since{};
};

/// Where connects of one kind queue. With a jump host it keeps the sessions to go through. Owners:
/// the pool; tasks posted know it weakly.
struct Gate : std::enable_shared_from_this<Gate> {
  FairQueue<std::shared_ptr<Wait>> waiting;
  std::size_t under_way = 0;
  std::optional<Jump> jump;  ///< none: straight to an address
  Route to_jump;
  std::list<Way> ways;
  event::Timer look_again;
};

/// One session, from its start to its end, and how many use it.
class PoolEntry final : public SessionObserver {
 public:
  PoolEntry(PoolState& pool, std::shared_ptr<Wait> wait);
  void start(const SessionServices& services);

  void on_session_connected() override;
  void on_session_ready() override;
  void on_session_failed(Error error) override;
  void on_session_lost(Error error) override;
  void on_session_closed() override;

  PoolState& pool;
  std::shared_ptr<Wait> wait;  ///< while it is being connected
  const Route route;
  const SessionDeadlines deadlines;
  const std::int64_t turn;
  const std::string key;
  Gate& gate;
  Way* const way;  ///< null: straight
  bool in_gate = true;
  bool in_slot = true;
  event::Timer slow;

  bool listed = false;  ///< may be lent
  bool lost = false;
  std::size_t uses = 0;
  std::size_t most_uses;
  std::uint64_t revision;
  MonotonicTime up_since{};
  MonotonicTime idle_since{};
  std::size_t idle_bytes = 0;
  std::optional<std::list<PoolEntry*>::iterator> idle_place;
  std::unique_ptr<Session> session;
};

/// The use of an entry, which stays until all of them are gone.
class PoolUse {
 public:
  enum class Of { a_new_one, a_used_one };
  PoolUse(PoolState& p, PoolEntry& e, std::shared_ptr<bool> a, Of of)
      : pool(p), entry(e), alive(std::move(a)), reused(of == Of::a_used_one) {}
  ~PoolUse();
  PoolUse(const PoolUse&) = delete;
  PoolUse& operator=(const PoolUse&) = delete;

  PoolState& pool;
  PoolEntry& entry;
  const std::shared_ptr<bool> alive;  ///< the pool's
  const bool reused;
};

class PoolState {
 public:
  PoolState(const SessionServices& services, const PoolLimits& limits);
  ~PoolState();
  PoolState(const PoolState&) = delete;
  PoolState& operator=(const PoolState&) = delete;

  void ask(const std::shared_ptr<Wait>& wait);
  void give_up(Wait& wait);
  std::size_t size() const { return entries_.size(); }
  std::size_t idle() const { return idle_.size(); }

  const PoolLimits& limits() const { return limits_; }
  event::Reactor& reactor() const { return services_.reactor; }
  HostKeys& host_keys() const { return services_.host_keys; }
  Signer& signer() const { return services_.signer; }

  // For entries and uses.
  void connected(PoolEntry& entry);
  void ready(PoolEntry& entry);
  /// Destroys the entry.
  void failed(PoolEntry& entry, Error error);
  /// May destroy the entry.
  void lost(PoolEntry& entry);
  /// Destroys the entry.
  void closed(PoolEntry& entry);
  void unused(PoolEntry& entry);
  void leave_slot(PoolEntry& entry);
  void start_some();

 private:
  Gate& gate_for(const Route& route);
  PoolEntry* find_warm(const std::string& key);
  bool may_be_lent(const PoolEntry& entry) const;
  void answer_soon(const std::shared_ptr<Wait>& wait, PoolEntry& entry);

  void pump(Gate& gate);
  Way* choose_way(Gate& gate);
  void ask_for_way(Gate& gate);
  void way_answered(Gate& gate, Way& way, Result<std::unique_ptr<PoolUse>> use);
  void leave_gate(PoolEntry& entry);
  void leave_way(Gate& gate, Way& way);
  void drop_ways(Gate& gate);
  void put_back(const std::shared_ptr<Wait>& wait);
  void begin(const std::shared_ptr<Wait>& wait);

  void unlist(PoolEntry& entry);
  void retire(PoolEntry& entry);
  void erase(PoolEntry& entry);
  void end_idle(PoolEntry& entry);
  void close_old();
  void forget_gates();

  const SessionServices services_;
  const PoolLimits limits_;
  /// False once this is destroyed; owners: this, uses, and tasks posted.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::unordered_map<std::string, std::shared_ptr<Gate>> gates_;
  std::size_t forget_gates_at_ = 1024;
  FairQueue<std::shared_ptr<Wait>> starting_;  ///< past their gate
  std::size_t connecting_ = 0;

  std::unordered_map<const PoolEntry*, std::unique_ptr<PoolEntry>> entries_;
  std::unordered_map<std::string, std::vector<PoolEntry*>> listed_;
  std::list<PoolEntry*> idle_;  ///< longest unused first
  std::size_t idle_bytes_ = 0;
  event::Timer idle_timer_;
};

}  // namespace om::ssh
