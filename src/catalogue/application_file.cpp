// SPDX-License-Identifier: MIT
#include "om/catalogue/application_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogue/field_rules.h"

#include "om/base/errno_error.h"
#include "om/base/text.h"

namespace om::catalogue {
namespace {

Error refused(std::string_view reason, std::string_view name, const std::string& why) {
  return fail(Errc::invalid_argument, reason, "files/" + std::string(name) + ": " + why);
}

Error open_error(const std::string& data_dir, std::string_view name, int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) {
    return fail(
        Errc::not_found, "file.not_found",
        "there is no file " + data_dir + "/files/" + std::string(name) + ": put it there first");
  }
  if (error_number == ELOOP)
    return refused("file.bad_name", name, "it is a symbolic link: put the file itself there");
  return error_from_errno("files/" + std::string(name), error_number);
}

Result<Fd> open_below(const std::string& data_dir, std::string_view name) {
  Fd at(::open((data_dir + "/files").c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!at.is_open()) return open_error(data_dir, name, errno);
  const std::vector<std::string_view> parts = text::split(name, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    // Non-blocking, since opening a fifo would wait for its writer.
    const int kind = last ? O_NONBLOCK : O_DIRECTORY;
    Fd next(::openat(at.get(), std::string(parts[i]).c_str(),
                     O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind));
    if (!next.is_open()) return open_error(data_dir, name, errno);
    at = std::move(next);
  }
  return at;
}

}  // namespace

// The rule of a form's file field, for names that come from other fields too.
bool is_application_file_name(std::string_view name) {
  FormField field;
  field.type = FieldType::file;
  field.required = true;
  return !check_value(field, name);
}

Result<Fd> open_application_file(const std::string& data_dir, std::string_view name, Meant meant) {
  if (!is_application_file_name(name))
    return refused("file.bad_name", "", "this is not the name of a file below it");
  OM_TRY_SET(Fd file, open_below(data_dir, name));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return open_error(data_dir, name, errno);
  const bool fits =
      S_ISREG(status.st_mode) || (meant == Meant::file_or_folder && S_ISDIR(status.st_mode));
  if (!fits) return refused("file.bad_name", name, "it is not a regular file");
  return file;
}

}  // namespace om::catalogue
