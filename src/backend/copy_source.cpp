// SPDX-License-Identifier: MIT
#include "om/backend/copy_source.h"

#include <algorithm>
#include <cerrno>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "backend/source_tree.h"
#include "backend/tar_header.h"

#include "om/base/crypto.h"
#include "om/base/errno_error.h"
#include "om/event/disk_threads.h"
#include "om/event/reactor.h"

namespace om::backend {
namespace {

constexpr std::size_t kHashReadBytes = 1024 * 1024;
/// A file's hash is remembered this often, so that the hash of any beginning costs little.
constexpr std::int64_t kHashMarkBytes = 8 * 1024 * 1024;

Error unreadable(const std::string& name, int error_number) {
  Error error = error_from_errno(name, error_number);
  error.reason = "copy.source_unreadable";
  return error;
}

/// Exactly the bytes asked for, or an error.
Result<void> read_at(int fd, const std::string& name, std::int64_t offset, char* into,
                     std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::pread(fd, into, size, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(name, errno);
    if (got == 0) return source_changed(name);
    into += got;
    offset += got;
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

/// Calls `each` with the file's bytes from `begin` to `end`, in order.
template <class Each>
Result<void> read_through(int fd, const std::string& name, std::int64_t begin, std::int64_t end,
                          const Each& each) {
  std::string buffer;
  while (begin < end) {
    buffer.resize(
        static_cast<std::size_t>(std::min(end - begin, static_cast<std::int64_t>(kHashReadBytes))));
    OM_TRY(read_at(fd, name, begin, buffer.data(), buffer.size()));
    begin += static_cast<std::int64_t>(buffer.size());
    each(std::string_view(buffer));
  }
  return {};
}

}  // namespace

struct CopySource::State : std::enable_shared_from_this<CopySource::State> {
  State(event::DiskThreads& d, Fd o, std::string n, const Limits& l)
      : disk(d), opened(std::move(o)), name(std::move(n)), limits(l) {}

  event::DiskThreads& disk;
  const Fd opened;
  const std::string name;
  const Limits limits;
  Kind kind = Kind::file;
  FileStamp stamp;  ///< of the file
  std::uint32_t mode = 0;
  std::vector<TreeMember> members;  ///< of the folder
  std::int64_t size_bytes = 0;
  std::int64_t stream_bytes = 0;

  struct Waiting {
    event::Reactor* reactor;
    Examined done;
  };
  struct Reader {
    event::Reactor* reactor;
    std::int64_t offset;
    Read done;
  };
  /// One chunk of the stream: being read, or in the window.
  struct Slot {
    Chunk chunk;
    std::vector<Reader> readers;  ///< while it is being read
    std::list<std::int64_t>::iterator place;
  };

  std::mutex mutex;  // guards the rest
  bool examining = false;
  std::optional<Result<std::shared_ptr<const SourceFacts>>> examined;
  std::vector<Waiting> waiting;
  std::vector<crypto::Sha256> hash_marks;  ///< after 0, kHashMarkBytes, 2 * kHashMarkBytes ...
  std::map<std::int64_t, Slot> slots;      ///< by number
  std::list<std::int64_t> window;          ///< those that have been read, the last used first
  std::int64_t bytes_read = 0;

  Result<void> look();
  Result<void> check_unchanged() const;
  void examine();
  Result<SourceFacts> examine_file();
  Result<SourceFacts> examine_folder();
  Result<std::string> hash_of_prefix(std::int64_t bytes);
  void load(std::int64_t number);
  Result<std::string> compose(std::int64_t begin, std::int64_t end) const;
  void shrink_window();
};

Error source_changed(const std::string& name) {
  return fail(Errc::conflict, "copy.source_changed",
              name + " has changed while it was being copied: start again once it is at rest");
}

Result<void> CopySource::State::look() {
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) return unreadable(name, errno);
  stamp = FileStamp::of(status);
  if (S_ISREG(status.st_mode)) {
    size_bytes = stream_bytes = status.st_size;
    mode = copied_mode(status.st_mode);
    return {};
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail(Errc::invalid_argument, "copy.source_refused",
                name + " is neither a file nor a folder");
  }
  kind = Kind::folder;
  OM_TRY_SET(members, scan_tree(opened.get(), name, mode));
  for (const TreeMember& member : members) size_bytes += member.entry.size_bytes;
  stream_bytes = (members.empty() ? 0 : members.back().end) + kTarEndBytes;
  return {};
}

/// Of a file; a folder's members are looked at when they are opened.
Result<void> CopySource::State::check_unchanged() const {
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) return unreadable(name, errno);
  if (kind == Kind::file && FileStamp::of(status) != stamp) return source_changed(name);
  return {};
}

void CopySource::State::examine() {
  Result<SourceFacts> facts = kind == Kind::file ? examine_file() : examine_folder();
  std::vector<Waiting> told;
  const std::lock_guard lock(mutex);
  if (facts) {
    examined = std::make_shared<const SourceFacts>(std::move(facts).value());
  } else {
    examined = std::move(facts).error();
  }
  for (Waiting& one : waiting) {
    one.reactor->post([done = std::move(one.done), result = *examined] { done(result); });
  }
  waiting.clear();
}

Result<SourceFacts> CopySource::State::examine_file() {
  crypto::Sha256 hash;
  std::vector<crypto::Sha256> marks{hash};
  for (std::int64_t at = 0; at < size_bytes; at += kHashMarkBytes) {
    OM_TRY(read_through(opened.get(), name, at, std::min(size_bytes, at + kHashMarkBytes),
                        [&](std::string_view bytes) { hash.update(bytes); }));
    marks.push_back(hash);
  }
  OM_TRY(check_unchanged());
  const std::lock_guard lock(mutex);
  hash_marks = std::move(marks);
  return SourceFacts{size_bytes, crypto::hex(hash.finish()), {}};
}

Result<SourceFacts> CopySource::State::examine_folder() {
  SourceFacts facts;
  facts.size_bytes = size_bytes;
  crypto::Sha256 list;
  for (const TreeMember& member : members) {
    TreeEntry entry = member.entry;
    if (entry.type == TreeEntry::Type::file) {
      OM_TRY_SET(const Fd file, open_member(opened.get(), name, member));
      crypto::Sha256 hash;
      OM_TRY(read_through(file.get(), name + "/" + entry.path, 0, entry.size_bytes,
                          [&](std::string_view bytes) { hash.update(bytes); }));
      entry.sha256_hex = crypto::hex(hash.finish());
    }
    for (const std::string& part :
         {entry.path, entry.link_target, entry.sha256_hex, std::to_string(entry.mode)}) {
      list.update(part);
      list.update(std::string_view("\0", 1));
    }
    facts.entries.push_back(std::move(entry));
  }
  facts.sha256_hex = crypto::hex(list.finish());
  return facts;
}

Result<std::string> CopySource::State::hash_of_prefix(std::int64_t bytes) {
  const auto mark = static_cast<std::size_t>(bytes / kHashMarkBytes);
  std::unique_lock lock(mutex);
  crypto::Sha256 hash = hash_marks.at(mark);
  lock.unlock();
  OM_TRY(check_unchanged());
  OM_TRY(read_through(opened.get(), name, static_cast<std::int64_t>(mark) * kHashMarkBytes, bytes,
                      [&](std::string_view piece) { hash.update(piece); }));
  return crypto::hex(hash.finish());
}

Result<std::string> CopySource::State::compose(std::int64_t begin, std::int64_t end) const {
  std::string bytes(static_cast<std::size_t>(end - begin), '\0');
  if (kind == Kind::file) {
    OM_TRY(check_unchanged());
    OM_TRY(read_at(opened.get(), name, begin, bytes.data(), bytes.size()));
    return bytes;
  }
  auto member = std::upper_bound(
      members.begin(), members.end(), begin,
      [](std::int64_t at, const TreeMember& candidate) { return at < candidate.end; });
  for (; member != members.end() && member->begin < end; ++member) {
    if (member->begin == member->end) continue;
    if (begin < member->content) {
      const std::string header = tar_header(tar_member(*member));
      const std::int64_t from = std::max(begin, member->begin);
      const std::int64_t to = std::min(end, member->content);
      header.copy(bytes.data() + (from - begin), static_cast<std::size_t>(to - from),
                  static_cast<std::size_t>(from - member->begin));
    }
    const std::int64_t from = std::max(begin, member->content);
    const std::int64_t to = std::min(end, member->content + member->entry.size_bytes);
    if (from >= to) continue;
    OM_TRY_SET(const Fd file, open_member(opened.get(), name, *member));
    OM_TRY(read_at(file.get(), name + "/" + member->entry.path, from - member->content,
                   bytes.data() + (from - begin), static_cast<std::size_t>(to - from)));
  }
  return bytes;
}

void CopySource::State::load(std::int64_t number) {
  const auto step = static_cast<std::int64_t>(limits.chunk_bytes);
  const std::int64_t begin = number * step;
  Result<std::string> bytes = compose(begin, std::min(stream_bytes, begin + step));
  const std::lock_guard lock(mutex);
  const auto found = slots.find(number);
  std::vector<Reader> readers = std::move(found->second.readers);
  found->second.readers.clear();
  if (bytes) {
    bytes_read += static_cast<std::int64_t>(bytes->size());
    found->second.chunk = std::make_shared<const std::string>(std::move(bytes).value());
    window.push_front(number);
    found->second.place = window.begin();
  }
  for (Reader& reader : readers) {
    Result<Piece> piece =
        bytes ? Result<Piece>(
                    Piece{found->second.chunk, static_cast<std::size_t>(reader.offset - begin)})
              : Result<Piece>(bytes.error());
    reader.reactor->post(
        [done = std::move(reader.done), piece = std::move(piece)] { done(piece); });
  }
  if (bytes) {
    shrink_window();
  } else {
    slots.erase(found);
  }
}

/// Lets the chunks go that were not used for longest; who still sends one keeps it until then.
void CopySource::State::shrink_window() {
  while (window.size() * limits.chunk_bytes > limits.window_bytes && window.size() > 1) {
    slots.erase(window.back());
    window.pop_back();
  }
}

CopySource::CopySource(std::shared_ptr<State> state) : state_(std::move(state)) {}
CopySource::~CopySource() = default;

Result<std::shared_ptr<CopySource>> CopySource::open(event::DiskThreads& disk, Fd opened,
                                                     std::string name, std::uint32_t mode,
                                                     const Limits& limits) {
  auto state = std::make_shared<State>(disk, std::move(opened), std::move(name), limits);
  state->mode = mode;
  OM_TRY(state->look());
  return std::shared_ptr<CopySource>(new CopySource(std::move(state)));
}

Result<std::shared_ptr<CopySource>> CopySource::open(event::DiskThreads& disk, Fd opened,
                                                     std::string name, std::uint32_t mode) {
  return open(disk, std::move(opened), std::move(name), mode, Limits());
}

CopySource::Kind CopySource::kind() const { return state_->kind; }
const std::string& CopySource::name() const { return state_->name; }
std::int64_t CopySource::size_bytes() const { return state_->size_bytes; }
std::int64_t CopySource::stream_bytes() const { return state_->stream_bytes; }
std::uint32_t CopySource::mode() const { return state_->mode; }

std::size_t CopySource::file_count() const {
  if (state_->kind == Kind::file) return 1;
  return static_cast<std::size_t>(std::ranges::count_if(
      state_->members,
      [](const TreeMember& member) { return member.entry.type == TreeEntry::Type::file; }));
}

void CopySource::examine(event::Reactor& reactor, Examined done) {
  const std::lock_guard lock(state_->mutex);
  if (state_->examined) {
    reactor.post([done = std::move(done), result = *state_->examined] { done(result); });
    return;
  }
  state_->waiting.push_back({&reactor, std::move(done)});
  if (std::exchange(state_->examining, true)) return;
  state_->disk.run([state = state_] { state->examine(); });
}

void CopySource::prefix_sha256(event::Reactor& reactor, std::int64_t bytes,
                               std::function<void(Result<std::string>)> done) {
  OM_CHECK(bytes >= 0 && bytes <= state_->size_bytes);
  state_->disk.run([state = state_, &reactor, bytes, done = std::move(done)] {
    reactor.post([done, hash = state->hash_of_prefix(bytes)] { done(hash); });
  });
}

void CopySource::read(event::Reactor& reactor, std::int64_t offset, Read done) {
  OM_CHECK(offset >= 0 && offset < state_->stream_bytes);
  const auto step = static_cast<std::int64_t>(state_->limits.chunk_bytes);
  const std::int64_t number = offset / step;
  const std::lock_guard lock(state_->mutex);
  const auto [found, fresh] = state_->slots.try_emplace(number);
  State::Slot& slot = found->second;
  if (slot.chunk) {
    state_->window.splice(state_->window.begin(), state_->window, slot.place);
    reactor.post(
        [done = std::move(done),
         piece = Piece{slot.chunk, static_cast<std::size_t>(offset % step)}] { done(piece); });
    return;
  }
  slot.readers.push_back({&reactor, offset, std::move(done)});
  if (fresh) state_->disk.run([state = state_, number] { state->load(number); });
}

std::vector<ByteRange> CopySource::ranges_of(const std::vector<std::size_t>& entries) const {
  std::vector<ByteRange> ranges;
  const auto append = [&](std::int64_t begin, std::int64_t end) {
    if (!ranges.empty() && ranges.back().end == begin) {
      ranges.back().end = end;
    } else {
      ranges.push_back({begin, end});
    }
  };
  for (const std::size_t index : entries) {
    const TreeMember& member = state_->members.at(index);
    if (member.begin < member.end) append(member.begin, member.end);
  }
  append(state_->stream_bytes - kTarEndBytes, state_->stream_bytes);
  return ranges;
}

std::int64_t CopySource::bytes_read() const {
  const std::lock_guard lock(state_->mutex);
  return state_->bytes_read;
}

}  // namespace om::backend
