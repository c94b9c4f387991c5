// SPDX-License-Identifier: MIT
//
// The way of a session: asked for, through its gate, started, ready, lent, unused, lent again or
// closed.
#include "ssh/pool_state.h"

#include <algorithm>
#include <utility>

#include "om/ssh/host_keys.h"
#include "om/ssh/signer.h"
#include "om/ssh/wire_form.h"

namespace om::ssh {
namespace {

void append_target(std::string& key, const SessionTarget& target) {
  append_string(key, target.login);
  append_string(key, target.address);
  append_u32(key, target.port);
  append_string(key, target.credential);
  append_string(key, target.host_key_alias);
  append_u32(key, target.legacy_algorithms ? 1 : 0);
}

/// Sessions with the same key are as good as each other.
std::string key_of(const Route& route) {
  std::string key;
  for (const Jump& jump : route.jumps) append_target(key, jump.target);
  append_target(key, route.target);
  return key;
}

/// What queues together: the address, or the way to the last jump host.
std::string gate_key_of(const Route& route) {
  std::string key;
  if (!route.jumps.empty()) {
    key = "through";
    for (const Jump& jump : route.jumps) append_target(key, jump.target);
  } else {
    key = "to";
    append_string(key, route.target.address);
    append_u32(key, route.target.port);
  }
  return key;
}

Error of_jump(const Jump& jump, const Error& error) {
  return fail(error.code, "ssh.jump_failed", "jump host " + jump.name + ": " + error.message);
}

}  // namespace

PoolUse::~PoolUse() {
  if (*alive) pool.unused(entry);
}

PoolEntry::PoolEntry(PoolState& owner, std::shared_ptr<Wait> waiting)
    : pool(owner),
      wait(std::move(waiting)),
      route(wait->route),
      deadlines(wait->deadlines),
      turn(wait->turn),
      key(wait->key),
      gate(*wait->gate),
      way(wait->way),
      most_uses(owner.limits().commands),
      revision(owner.signer().revision()) {}

void PoolEntry::start(const SessionServices& services) {
  slow = pool.reactor().after(pool.limits().slow_connect, [this] {
    pool.leave_slot(*this);
    pool.start_some();
  });
  session = way == nullptr ? Session::start(services, route.target, deadlines, *this)
                           : Session::start_through(*way->use->entry.session, gate.jump->name,
                                                    services, route.target, deadlines, *this);
}

void PoolEntry::on_session_connected() { pool.connected(*this); }
void PoolEntry::on_session_ready() { pool.ready(*this); }
void PoolEntry::on_session_failed(Error error) { pool.failed(*this, std::move(error)); }
void PoolEntry::on_session_lost(Error) { pool.lost(*this); }
void PoolEntry::on_session_closed() { pool.closed(*this); }

PoolState::PoolState(const SessionServices& services, const PoolLimits& limits)
    : services_(services), limits_(limits) {}

PoolState::~PoolState() {
  *alive_ = false;
  // Sessions behind jump hosts have uses of others: those end first.
  while (!entries_.empty()) {
    const auto deepest =
        std::max_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
          return a.second->route.jumps.size() < b.second->route.jumps.size();
        });
    const auto ended = entries_.extract(deepest);
  }
}

void PoolState::ask(const std::shared_ptr<Wait>& wait) {
  wait->key = key_of(wait->route);
  if (!wait->fresh) {
    if (PoolEntry* const warm = find_warm(wait->key)) return answer_soon(wait, *warm);
  }
  Gate& gate = gate_for(wait->route);
  gate.waiting.push(wait->turn, wait);
  pump(gate);
}

void PoolState::give_up(Wait& wait) {
  wait.answer = nullptr;
  PoolEntry* const entry = wait.entry;
  if (entry == nullptr) return;
  Gate& gate = entry->gate;
  erase(*entry);
  start_some();
  pump(gate);
}

Gate& PoolState::gate_for(const Route& route) {
  if (gates_.size() >= forget_gates_at_) forget_gates();
  std::shared_ptr<Gate>& gate = gates_[gate_key_of(route)];
  if (!gate) {
    gate = std::make_shared<Gate>();
    if (!route.jumps.empty()) {
      gate->jump = route.jumps.back();
      gate->to_jump.jumps.assign(route.jumps.begin(), route.jumps.end() - 1);
      gate->to_jump.target = route.jumps.back().target;
    }
  }
  return *gate;
}

void PoolState::forget_gates() {
  std::unordered_map<const Gate*, bool> used;
  for (const auto& [pointer, entry] : entries_) used[&entry->gate] = true;
  std::erase_if(gates_, [&used](const auto& place) {
    const Gate& gate = *place.second;
    return gate.waiting.empty() && gate.under_way == 0 && gate.ways.empty() &&
           !used.contains(&gate);
  });
  forget_gates_at_ = std::max<std::size_t>(1024, gates_.size() * 2);
}

// --- Sessions that are there -----------------------------------------------------------------

bool PoolState::may_be_lent(const PoolEntry& entry) const {
  const Session& session = *entry.session;
  if (entry.lost || !session.is_ready() || entry.revision != signer().revision()) return false;
  if (reactor().now() - entry.up_since > limits_.oldest) return false;
  if (session.traffic_bytes() > limits_.most_bytes) return false;
  const SessionFacts& facts = session.facts();
  if (!host_keys().is_right(facts.host_key_name, facts.host_key)) return false;
  // Whatever is known of a jump host by now counts for those behind it.
  if (entry.way != nullptr && !may_be_lent(entry.way->use->entry)) return false;
  return entry.uses > 0 || session.is_alive();
}

PoolEntry* PoolState::find_warm(const std::string& key) {
  const auto found = listed_.find(key);
  if (found == listed_.end()) return nullptr;
  const std::vector<PoolEntry*> candidates = found->second;
  PoolEntry* best = nullptr;
  for (PoolEntry* const entry : candidates) {
    if (!may_be_lent(*entry)) {
      retire(*entry);
    } else if (entry->uses < entry->most_uses && (best == nullptr || entry->uses < best->uses)) {
      best = entry;
    }
  }
  return best;
}

void PoolState::answer_soon(const std::shared_ptr<Wait>& wait, PoolEntry& entry) {
  end_idle(entry);
  ++entry.uses;
  // std::function wants what can be copied.
  auto use = std::make_shared<std::unique_ptr<PoolUse>>(
      std::make_unique<PoolUse>(*this, entry, alive_, PoolUse::Of::a_used_one));
  reactor().post([wait, use, alive = alive_] {
    if (!*alive) return;
    const Wait::Answer answer = std::exchange(wait->answer, nullptr);
    if (answer) answer(std::move(*use));
  });
}

void PoolState::unlist(PoolEntry& entry) {
  if (!std::exchange(entry.listed, false)) return;
  const auto found = listed_.find(entry.key);
  std::erase(found->second, &entry);
  if (found->second.empty()) listed_.erase(found);
}

/// Not lent again; closed as soon as nobody uses it.
void PoolState::retire(PoolEntry& entry) {
  unlist(entry);
  end_idle(entry);
  if (entry.uses > 0) return;
  if (entry.lost) return erase(entry);
  entry.session->close();
}

void PoolState::unused(PoolEntry& entry) {
  if (--entry.uses > 0) return;
  if (!entry.listed || entry.lost || !entry.session->is_ready() ||
      limits_.idle == Duration::zero()) {
    return retire(entry);
  }
  entry.idle_since = reactor().clock().now();
  entry.idle_bytes = entry.session->memory_bytes();
  idle_bytes_ += entry.idle_bytes;
  entry.idle_place = idle_.insert(idle_.end(), &entry);
  close_old();
}

void PoolState::end_idle(PoolEntry& entry) {
  if (!entry.idle_place) return;
  idle_.erase(*entry.idle_place);
  entry.idle_place.reset();
  idle_bytes_ -= entry.idle_bytes;
}

void PoolState::close_old() {
  const MonotonicTime now = reactor().clock().now();
  while (!idle_.empty()) {
    PoolEntry& oldest = *idle_.front();
    const bool too_many = idle_.size() > limits_.idle_sessions || idle_bytes_ > limits_.idle_bytes;
    if (!too_many && now - oldest.idle_since < limits_.idle) break;
    retire(oldest);
  }
  if (idle_.empty()) return idle_timer_.cancel();
  if (idle_timer_.active()) return;
  idle_timer_ =
      reactor().after(idle_.front()->idle_since + limits_.idle - now, [this] { close_old(); });
}

void PoolState::erase(PoolEntry& entry) {
  unlist(entry);
  end_idle(entry);
  leave_slot(entry);
  leave_gate(entry);
  if (entry.wait) entry.wait->entry = nullptr;
  const auto ended = entries_.extract(&entry);
  if (entry.way == nullptr) return;
  entry.session.reset();  // out of its tunnel first
  leave_way(entry.gate, *entry.way);
}

// --- On the way ------------------------------------------------------------------------------

void PoolState::pump(Gate& gate) {
  while (gate.under_way < limits_.connecting_at_one && !gate.waiting.empty()) {
    Way* way = nullptr;
    if (gate.jump) {
      way = choose_way(gate);
      if (way == nullptr) break;
    }
    const std::shared_ptr<Wait> wait = gate.waiting.pop();
    if (!wait->answer) continue;
    // One may have come free meanwhile.
    if (PoolEntry* const warm = wait->fresh ? nullptr : find_warm(wait->key)) {
      answer_soon(wait, *warm);
      continue;
    }
    ++gate.under_way;
    wait->gate = &gate;
    if (way != nullptr) {
      ++way->tunnels;
      way->opening = true;
      way->since = reactor().clock().now();
      wait->way = way;
    }
    starting_.push(wait->turn, wait);
  }
  drop_ways(gate);
  start_some();
}

void PoolState::start_some() {
  while (connecting_ < limits_.connecting && !starting_.empty()) {
    const std::shared_ptr<Wait> wait = starting_.pop();
    if (!wait->answer || (wait->way != nullptr && !wait->way->use->entry.session->is_ready())) {
      put_back(wait);
    } else {
      begin(wait);
    }
  }
}

/// Its places are for others; it waits again unless nobody wants it any more.
void PoolState::put_back(const std::shared_ptr<Wait>& wait) {
  Gate& gate = *std::exchange(wait->gate, nullptr);
  --gate.under_way;
  if (Way* const way = std::exchange(wait->way, nullptr)) {
    way->opening = false;
    leave_way(gate, *way);
  }
  if (wait->answer) gate.waiting.push(wait->turn, wait);
  reactor().post([this, weak = gate.weak_from_this(), alive = alive_] {
    const std::shared_ptr<Gate> there = weak.lock();
    if (*alive && there) pump(*there);
  });
}

void PoolState::begin(const std::shared_ptr<Wait>& wait) {
  auto made = std::make_unique<PoolEntry>(*this, wait);
  PoolEntry& entry = *made;
  wait->entry = &entry;
  wait->gate = nullptr;
  wait->way = nullptr;
  entries_.emplace(&entry, std::move(made));
  ++connecting_;
  entry.start(services_);
}

void PoolState::leave_slot(PoolEntry& entry) {
  entry.slow.cancel();
  if (std::exchange(entry.in_slot, false)) --connecting_;
}

void PoolState::leave_gate(PoolEntry& entry) {
  if (!std::exchange(entry.in_gate, false)) return;
  --entry.gate.under_way;
  if (entry.way != nullptr) entry.way->opening = false;
}

void PoolState::connected(PoolEntry& entry) {
  if (entry.way == nullptr) return;
  entry.way->opening = false;
  pump(entry.gate);
}

void PoolState::ready(PoolEntry& entry) {
  leave_slot(entry);
  leave_gate(entry);
  const std::shared_ptr<Wait> wait = std::exchange(entry.wait, nullptr);
  wait->entry = nullptr;
  entry.up_since = reactor().clock().now();
  entry.uses = 1;
  entry.listed = true;
  listed_[entry.key].push_back(&entry);
  auto use = std::make_unique<PoolUse>(*this, entry, alive_, PoolUse::Of::a_new_one);
  pump(entry.gate);
  const Wait::Answer answer = std::exchange(wait->answer, nullptr);
  answer(std::move(use));
}

void PoolState::failed(PoolEntry& entry, Error error) {
  const std::shared_ptr<Wait> wait = entry.wait;
  Gate& gate = entry.gate;
  erase(entry);
  pump(gate);
  const Wait::Answer answer = std::exchange(wait->answer, nullptr);
  answer(std::move(error));
}

void PoolState::lost(PoolEntry& entry) {
  entry.lost = true;
  retire(entry);
}

void PoolState::closed(PoolEntry& entry) {
  // A use that is still held has a session that answers nothing any more.
  entry.lost = true;
  retire(entry);
}

// --- Jump hosts ------------------------------------------------------------------------------

/// A session with the jump host that can let one more through now; else one is asked for, or waited
/// for.
Way* PoolState::choose_way(Gate& gate) {
  const MonotonicTime now = reactor().clock().now();
  bool asking = false;
  bool room = false;  // one of them will do, and soon
  std::size_t slow = 0;
  for (Way& way : gate.ways) {
    if (way.asked) {
      asking = true;
      continue;
    }
    const Session& session = *way.use->entry.session;
    if (!may_be_lent(way.use->entry) || way.tunnels >= limits_.tunnels) continue;
    if (!way.opening && session.can_open()) return &way;
    if (way.opening && now - way.since >= limits_.slow_tunnel) {
      ++slow;
    } else {
      room = true;
    }
  }
  if (!asking && !room && slow < limits_.ways) ask_for_way(gate);
  if (!gate.look_again.active()) {
    gate.look_again = reactor().after(limits_.slow_tunnel, [this, &gate] { pump(gate); });
  }
  return nullptr;
}

void PoolState::ask_for_way(Gate& gate) {
  const std::shared_ptr<Wait> first = gate.waiting.front();
  auto asked = std::make_shared<Wait>();
  asked->route = gate.to_jump;
  asked->deadlines = first->deadlines;
  asked->turn = first->turn;
  asked->fresh = !gate.ways.empty();
  Way& way = gate.ways.emplace_back();
  way.asked = asked;
  asked->answer = [this, &gate, &way](Result<std::unique_ptr<PoolUse>> use) {
    way_answered(gate, way, std::move(use));
  };
  ask(asked);
}

void PoolState::way_answered(Gate& gate, Way& way, Result<std::unique_ptr<PoolUse>> use) {
  way.asked = nullptr;
  if (use) {
    way.use = *std::move(use);
    return pump(gate);
  }
  gate.ways.remove_if([&way](const Way& other) { return &other == &way; });
  // Others may still be let through by the ways that are there.
  const bool others = std::any_of(gate.ways.begin(), gate.ways.end(), [](const Way& other) {
    return other.use && other.use->entry.session->is_ready();
  });
  if (others) return;
  std::vector<std::shared_ptr<Wait>> refused;
  while (!gate.waiting.empty()) refused.push_back(gate.waiting.pop());
  const Error error = of_jump(*gate.jump, use.error());
  const std::shared_ptr<bool> alive = alive_;
  for (const std::shared_ptr<Wait>& wait : refused) {
    const Wait::Answer answer = std::exchange(wait->answer, nullptr);
    if (answer) answer(error);
    if (!*alive) return;
  }
}

void PoolState::leave_way(Gate& gate, Way& way) {
  --way.tunnels;
  drop_ways(gate);
}

/// A way that nobody uses goes back to the pool, where it stays for a while.
void PoolState::drop_ways(Gate& gate) {
  std::list<Way> dropped;
  for (auto way = gate.ways.begin(); way != gate.ways.end();) {
    const auto next = std::next(way);
    const bool useful =
        way->asked || way->tunnels > 0 || (!gate.waiting.empty() && may_be_lent(way->use->entry));
    if (!useful) dropped.splice(dropped.end(), gate.ways, way);
    way = next;
  }
}

}  // namespace om::ssh
