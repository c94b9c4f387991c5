// SPDX-License-Identifier: MIT
#include "store/faulty_disk.h"

#include <atomic>
#include <limits>

#include <sqlite3.h>

namespace om::store {
namespace {

// SQLite calls back through tables of plain functions, so what they need is here.
constexpr int kNever = std::numeric_limits<int>::max();
std::atomic<int> good_left{kNever};
std::atomic<int> failed{0};
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs faulty_vfs;
// What a kind of file (the database, the log) really does, and what it does here.
struct Methods {
  const sqlite3_io_methods* real = nullptr;
  sqlite3_io_methods faulty;
};
Methods of_database;
Methods of_log;

bool fails_now() {
  if (good_left.load() == kNever) return false;
  if (good_left.fetch_sub(1) > 0) return false;
  good_left = 0;
  ++failed;
  return true;
}

const sqlite3_io_methods* real_methods(const sqlite3_file* file) {
  return file->pMethods == &of_log.faulty ? of_log.real : of_database.real;
}

int faulty_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  return fails_now() ? SQLITE_IOERR_WRITE : real_methods(file)->xWrite(file, bytes, count, offset);
}

int faulty_sync(sqlite3_file* file, int flags) {
  return fails_now() ? SQLITE_IOERR_FSYNC : real_methods(file)->xSync(file, flags);
}

int faulty_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
  if (code == SQLITE_OK && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
    Methods& methods = (flags & SQLITE_OPEN_WAL) != 0 ? of_log : of_database;
    methods.real = file->pMethods;
    methods.faulty = *file->pMethods;
    methods.faulty.xWrite = faulty_write;
    methods.faulty.xSync = faulty_sync;
    file->pMethods = &methods.faulty;
  }
  return code;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  real_vfs = sqlite3_vfs_find(nullptr);
  faulty_vfs = *real_vfs;
  faulty_vfs.zName = "faulty";
  faulty_vfs.pNext = nullptr;
  faulty_vfs.xOpen = faulty_open;
  sqlite3_vfs_register(&faulty_vfs, 1);
}

FaultyDisk::~FaultyDisk() {
  mend();
  sqlite3_vfs_unregister(&faulty_vfs);
  sqlite3_vfs_register(real_vfs, 1);
}

void FaultyDisk::fail_after(int good) {
  failed = 0;
  good_left = good;
}

void FaultyDisk::mend() { good_left = kNever; }

int FaultyDisk::failures() const { return failed; }

}  // namespace om::store
