// SPDX-License-Identifier: MIT
#include "om/catalogue/sources.h"

#include <algorithm>
#include <utility>

#include "catalogue/source_snapshot.h"

namespace om::catalogue {

struct Sources::Snapshot {
  SourceState state;

  const SourceSlot* slot(ModuleId module, Platform platform) const {
    const auto found = state.slots.find({platform, module});
    return found == state.slots.end() ? nullptr : &found->second;
  }
  // The platform's own file, also a refused one: what the operator wrote for it is not replaced by
  // something else.
  const SourceSlot* serving(ModuleId module, Platform platform) const {
    const SourceSlot* own = slot(module, platform);
    return own != nullptr ? own : slot(module, Platform::ssh);
  }
};

std::string_view change_name(SourceChange::What what) {
  switch (what) {
    case SourceChange::What::loaded:
      return "loaded";
    case SourceChange::What::broken:
      return "broken";
    case SourceChange::What::removed:
      return "removed";
  }
  return "loaded";
}

Sources::Sources(Options options)
    : options_(std::move(options)), folder_(options_.data_dir + "/modules") {}

Sources::~Sources() = default;

std::shared_ptr<const Sources::Snapshot> Sources::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::vector<SourceChange> Sources::scan() {
  const std::lock_guard one_at_a_time(scanning_);
  const std::shared_ptr<const Snapshot> before = snapshot();
  const SourceState* old = before ? &before->state : nullptr;
  auto after = std::make_shared<Snapshot>();
  after->state = scan_from(old, options_.builtin, read_module_folders(folder_, kMaxSourceBytes),
                           options_.check);
  std::vector<SourceChange> changes = changes_between(old, after->state);
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(after);
  return changes;
}

std::shared_ptr<const Source> Sources::find(ModuleId module, Platform platform) const {
  return status(module, platform).source;
}

SourceStatus Sources::status(ModuleId module, Platform platform) const {
  const std::shared_ptr<const Snapshot> now = snapshot();
  if (now && now->slot(module, platform) == nullptr) {
    const auto unknown = now->state.never_read.find(platform);
    if (unknown != now->state.never_read.end()) {
      return {SourceStatus::State::broken, unknown->second,
              now->state.refused_folders.at(unknown->second), nullptr};
    }
  }
  const SourceSlot* slot = now ? now->serving(module, platform) : nullptr;
  if (slot == nullptr) {
    const std::string path = folder_ + "/ssh/Mid_" + std::to_string(module.value) + ".sh";
    return {SourceStatus::State::not_written, path, {}, nullptr};
  }
  if (!slot->problem.empty())
    return {SourceStatus::State::broken, slot->problem_path, slot->problem, slot->in_force};
  return {SourceStatus::State::ready, slot->in_force->path, {}, slot->in_force};
}

std::vector<SourceProblem> Sources::problems() const {
  std::vector<SourceProblem> problems;
  const std::shared_ptr<const Snapshot> now = snapshot();
  if (!now) return problems;
  for (const auto& [path, reason] : now->state.refused_folders) problems.push_back({path, reason});
  for (const auto& [key, slot] : now->state.shared) {
    if (!slot.problem.empty()) problems.push_back({slot.path, slot.problem});
  }
  for (const auto& [key, slot] : now->state.slots) {
    // A refused folder is named once, not for each module in it.
    if (!slot.problem.empty() && !now->state.refused_folders.contains(slot.problem_path)) {
      problems.push_back({slot.problem_path, slot.problem});
    }
  }
  std::sort(problems.begin(), problems.end(),
            [](const SourceProblem& a, const SourceProblem& b) { return a.path < b.path; });
  return problems;
}

}  // namespace om::catalogue
