// SPDX-License-Identifier: MIT
#include "catalogue/source_snapshot.h"

#include <algorithm>
#include <optional>
#include <set>

#include "om/base/check.h"
#include "om/base/crypto.h"
#include "om/base/text.h"

namespace om::catalogue {
namespace {

using SlotKey = std::pair<Platform, ModuleId>;
using SharedKey = std::pair<Platform, std::string>;

template <class Map, class Key>
const typename Map::mapped_type* find_in(const Map* map, const Key& key) {
  if (map == nullptr) return nullptr;
  const auto found = map->find(key);
  return found == map->end() ? nullptr : &found->second;
}

class Scan {
 public:
  Scan(const SourceState* before, const Sources::Checker& check) : before_(before), check_(check) {}

  SourceState run(std::span<const base::EmbeddedFile> builtin,
                  const std::vector<FolderOnDisk>& folders) {
    read_builtin_shared(builtin);
    for (const FolderOnDisk& folder : folders) read_shared(folder);
    read_builtin(builtin);
    for (const FolderOnDisk& folder : folders) read_modules(folder);
    return std::move(after_);
  }

 private:
  struct BuiltinFile {
    Platform platform;
    ModuleFileName name;
  };

  // "modules/ssh/Mid_1001.sh"; nothing for other files there, such as seed.json.
  static std::optional<BuiltinFile> parse_builtin(std::string_view path) {
    const std::vector<std::string_view> parts = text::split(path, '/');
    if (parts.size() != 3) return std::nullopt;
    const std::optional<Platform> platform = platform_from_name(parts[1]);
    std::optional<ModuleFileName> name = parse_module_file_name(parts[2]);
    if (!platform || !name) return std::nullopt;
    return BuiltinFile{*platform, *std::move(name)};
  }

  void read_builtin_shared(std::span<const base::EmbeddedFile> builtin) {
    for (const base::EmbeddedFile& file : builtin) {
      const std::optional<BuiltinFile> parsed = parse_builtin(file.path);
      if (parsed && !parsed->name.module)
        builtin_shared_[{parsed->platform, parsed->name.extension}] = std::string(file.bytes);
    }
  }

  void read_builtin(std::span<const base::EmbeddedFile> builtin) {
    for (const base::EmbeddedFile& file : builtin) {
      const std::optional<BuiltinFile> parsed = parse_builtin(file.path);
      if (!parsed || !parsed->name.module) continue;
      const SlotKey key{parsed->platform, *parsed->name.module};
      const SourceFile source{
          key.second, key.first, Origin::builtin, std::string(file.path), parsed->name.extension,
          file.bytes};
      accept(key, source, Found::builtin);
    }
  }

  void read_shared(const FolderOnDisk& folder) {
    if (folder.refused) {
      after_.refused_folders[folder.path] = folder.refused->message;
      if (before_ == nullptr || before_->never_read.contains(folder.platform)) {
        after_.never_read[folder.platform] = folder.path;
      }
      keep_shared_of(folder.platform);
      return;
    }
    for (const FileOnDisk& file : folder.files) {
      if (file.name.module) continue;
      const SharedKey key{folder.platform, file.name.extension};
      SharedSlot& slot = after_.shared[key];
      const SharedSlot* old = find_in(before_ == nullptr ? nullptr : &before_->shared, key);
      if (file.bytes) {
        slot = {file.path, *file.bytes, crypto::sha256_hex(*file.bytes), {}, {}};
        continue;
      }
      if (old != nullptr) slot = *old;
      slot.path = file.path;
      slot.problem = file.bytes.error().message;
    }
  }

  void keep_shared_of(Platform platform) {
    if (before_ == nullptr) return;
    for (const auto& [key, slot] : before_->shared) {
      if (key.first == platform) after_.shared[key] = slot;
    }
  }

  void read_modules(const FolderOnDisk& folder) {
    if (folder.refused) {
      keep_slots_of(folder);
      return;
    }
    std::map<ModuleId, std::vector<const FileOnDisk*>> files;
    for (const FileOnDisk& file : folder.files) {
      if (file.name.module) files[*file.name.module].push_back(&file);
    }
    for (const auto& [module, candidates] : files) {
      const SlotKey key{folder.platform, module};
      const FileOnDisk& file = *candidates.front();
      if (candidates.size() > 1) {
        refuse(key, file.path,
               "there is also " + candidates[1]->path + " for the same number: keep one of them",
               {});
      } else if (!file.bytes) {
        refuse(key, file.path, file.bytes.error().message, {});
      } else {
        accept(key,
               {module, folder.platform, Origin::data, file.path, file.name.extension, *file.bytes},
               Found::data);
      }
    }
  }

  // Nothing is known about what is in a refused folder: what was in force stays. At the first scan
  // nothing was, and the built-in ones cannot be told from those that the folder may hide.
  void keep_slots_of(const FolderOnDisk& folder) {
    std::set<SlotKey> keys;
    for (const auto& [key, slot] : after_.slots) keys.insert(key);
    if (before_ != nullptr) {
      for (const auto& [key, slot] : before_->slots) keys.insert(key);
    }
    for (const SlotKey& key : keys) {
      if (key.first != folder.platform) continue;
      const SourceSlot* old = find_in(before_ == nullptr ? nullptr : &before_->slots, key);
      refuse(key, folder.path, folder.refused->message, {});
      after_.slots[key].in_data = old != nullptr && old->in_data;
    }
  }

  // The texts in front of a script, or why they cannot be had.
  Result<std::vector<std::string>> shared_for(const SourceFile& file) const {
    std::vector<std::string> texts;
    const SharedKey key{file.platform, file.extension};
    if (const std::string* builtin = find_in(&builtin_shared_, key)) texts.push_back(*builtin);
    const SharedSlot* own = find_in(&after_.shared, key);
    if (own == nullptr) return texts;
    if (own->sha256.empty())
      return fail(Errc::invalid_argument, "module.shared", own->path + ": " + own->problem);
    texts.push_back(own->text);
    return texts;
  }

  enum class Found { builtin, data };

  void accept(const SlotKey& key, const SourceFile& file, Found found) {
    const std::string file_sha256 = crypto::sha256_hex(file.bytes);
    Result<std::vector<std::string>> shared = shared_for(file);
    Result<Source> source = shared ? compose(file, *shared) : Result<Source>(shared.error());
    const SourceSlot* old = find_in(before_ == nullptr ? nullptr : &before_->slots, key);
    const bool same = source && old != nullptr && old->in_force &&
                      old->in_force->sha256 == source->sha256 &&
                      old->in_force->path == source->path;
    if (source && !same && check_) {
      if (Result<void> checked = check_(*source); !checked) source = checked.error();
    }
    if (!source) {
      refuse(key, file.path, source.error().message, file_sha256);
      after_.slots[key].in_data = found == Found::data;
      return;
    }
    SourceSlot slot;
    slot.in_data = found == Found::data;
    slot.in_force = same ? old->in_force : std::make_shared<const Source>(*std::move(source));
    after_.slots[key] = std::move(slot);
  }

  void refuse(const SlotKey& key, const std::string& path, const std::string& why,
              const std::string& sha256) {
    const SourceSlot* old = find_in(before_ == nullptr ? nullptr : &before_->slots, key);
    SourceSlot slot;
    slot.in_data = true;
    slot.in_force = old == nullptr ? nullptr : old->in_force;
    slot.problem_path = path;
    slot.problem = why;
    slot.problem_sha256 = sha256;
    after_.slots[key] = std::move(slot);
  }

  const SourceState* before_;
  const Sources::Checker& check_;
  std::map<SharedKey, std::string> builtin_shared_;
  SourceState after_;
};

std::string sha256_of(const SourceSlot* slot) {
  return slot == nullptr || !slot->in_force ? std::string() : slot->in_force->sha256;
}

bool is_data(const SourceSlot* slot) {
  return slot != nullptr && slot->in_force && slot->in_force->origin == Origin::data;
}

bool same_problem(const SourceSlot* a, const SourceSlot* b) {
  const SourceSlot none;
  if (a == nullptr) a = &none;
  if (b == nullptr) b = &none;
  return a->problem == b->problem && a->problem_path == b->problem_path &&
         a->problem_sha256 == b->problem_sha256;
}

std::optional<SourceChange> change_of(const SlotKey& key, const SourceSlot* old,
                                      const SourceSlot* now) {
  SourceChange change;
  change.platform = key.first;
  change.module = key.second;
  change.old_sha256 = sha256_of(old);
  change.new_sha256 = sha256_of(now);
  if (now != nullptr && !now->problem.empty()) {
    if (same_problem(old, now)) return std::nullopt;
    change.what = SourceChange::What::broken;
    change.path = now->problem_path;
    change.reason = now->problem;
    return change;
  }
  const bool had_file = old != nullptr && old->in_data;
  if (now == nullptr || !now->in_data) {
    // A built-in one changes only with a Public_lib.*; it comes back when the file that hid it
    // goes.
    const bool built_in_changed =
        old != nullptr && now != nullptr && change.old_sha256 != change.new_sha256;
    if (!had_file && !built_in_changed) return std::nullopt;
    change.what = had_file ? SourceChange::What::removed : SourceChange::What::loaded;
    change.path =
        had_file ? (is_data(old) ? old->in_force->path : old->problem_path) : now->in_force->path;
    return change;
  }
  const bool same = had_file && old->problem.empty() && change.old_sha256 == change.new_sha256;
  if (same) return std::nullopt;
  change.what = SourceChange::What::loaded;
  change.path = now->in_force->path;
  return change;
}

std::optional<SourceChange> change_of_shared(const SharedKey& key, const SharedSlot* old,
                                             const SharedSlot* now) {
  SourceChange change;
  change.platform = key.first;
  change.old_sha256 = old == nullptr ? std::string() : old->sha256;
  change.new_sha256 = now == nullptr ? std::string() : now->sha256;
  change.path = now == nullptr ? old->path : now->path;
  const std::string old_problem = old == nullptr ? std::string() : old->problem;
  if (now == nullptr) {
    change.what = SourceChange::What::removed;
  } else if (!now->problem.empty()) {
    if (old_problem == now->problem) return std::nullopt;
    change.what = SourceChange::What::broken;
    change.reason = now->problem;
  } else if (old != nullptr && old_problem.empty() && change.old_sha256 == change.new_sha256) {
    return std::nullopt;
  }
  return change;
}

std::string problem_path_of(const SourceState& after, const SlotKey& key) {
  const SourceSlot* slot = find_in(&after.slots, key);
  return slot == nullptr ? std::string() : slot->problem_path;
}

template <class Map>
std::set<typename Map::key_type> keys_of(const Map* before, const Map& after) {
  std::set<typename Map::key_type> keys;
  if (before != nullptr) {
    for (const auto& [key, slot] : *before) keys.insert(key);
  }
  for (const auto& [key, slot] : after) keys.insert(key);
  return keys;
}

}  // namespace

SourceState scan_from(const SourceState* before, std::span<const base::EmbeddedFile> builtin,
                      const std::vector<FolderOnDisk>& folders, const Sources::Checker& check) {
  return Scan(before, check).run(builtin, folders);
}

std::vector<SourceChange> changes_between(const SourceState* before, const SourceState& after) {
  std::vector<SourceChange> changes;
  const auto* old_shared = before == nullptr ? nullptr : &before->shared;
  for (const SharedKey& key : keys_of(old_shared, after.shared)) {
    if (auto change = change_of_shared(key, find_in(old_shared, key), find_in(&after.shared, key)))
      changes.push_back(*std::move(change));
  }
  for (const auto& [path, reason] : after.refused_folders) {
    const std::string* known =
        find_in(before == nullptr ? nullptr : &before->refused_folders, path);
    if (known != nullptr && *known == reason) continue;
    SourceChange change;
    change.what = SourceChange::What::broken;
    change.path = path;
    change.reason = reason;
    changes.push_back(std::move(change));
  }
  const auto* old_slots = before == nullptr ? nullptr : &before->slots;
  for (const SlotKey& key : keys_of(old_slots, after.slots)) {
    // Named once above, not for each module in the folder.
    if (after.refused_folders.contains(problem_path_of(after, key))) continue;
    if (auto change = change_of(key, find_in(old_slots, key), find_in(&after.slots, key)))
      changes.push_back(*std::move(change));
  }
  return changes;
}

}  // namespace om::catalogue
