// SPDX-License-Identifier: MIT
#include "api/host_csv.h"

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "om/base/text.h"
#include "om/base/utf8.h"
#include "om/store/inventory_rules.h"

namespace om::api {
namespace {

struct Record {
  int line = 0;
  std::vector<std::string> cells;
  bool broken = false;  ///< a quote that never ends, or text behind a closing one
};

/// RFC 4180 with either separator: quotes may hold separators and line ends, "" is a quote.
class Reader {
 public:
  Reader(std::string_view text, char separator) : text_(text), separator_(separator) {}

  std::optional<Record> next() {
    if (at_ >= text_.size()) return std::nullopt;
    Record record{line_, {}, false};
    for (;;) {
      record.cells.push_back(cell(record));
      if (at_ < text_.size() && text_[at_] == separator_) {
        ++at_;
        continue;
      }
      end_line();
      return record;
    }
  }

 private:
  std::string cell(Record& record) {
    std::string value;
    if (at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      for (;;) {
        if (at_ >= text_.size()) {
          record.broken = true;
          return value;
        }
        const char c = text_[at_++];
        if (c == '\n') ++line_;
        if (c != '"') {
          value += c;
        } else if (at_ < text_.size() && text_[at_] == '"') {
          value += text_[at_++];
        } else {
          break;
        }
      }
      if (!at_end_of_cell()) record.broken = true;
    }
    const std::size_t start = at_;
    while (!at_end_of_cell()) ++at_;
    return value + std::string(text::trim(text_.substr(start, at_ - start)));
  }

  bool at_end_of_cell() const {
    return at_ >= text_.size() || text_[at_] == separator_ || text_[at_] == '\n' ||
           text_[at_] == '\r';
  }

  void end_line() {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++line_;
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  int line_ = 1;
};

std::vector<std::string> several(const std::string& cell) {
  std::vector<std::string> values;
  for (const std::string_view piece : text::split(cell, ';')) {
    const std::string_view value = text::trim(piece);
    if (!value.empty()) values.emplace_back(value);
  }
  return values;
}

using Put = std::function<Result<void>(CsvHost&, const std::string&)>;

Put plain(std::string Host::*member) {
  return [member](CsvHost& row, const std::string& value) -> Result<void> {
    row.host.*member = value;
    return {};
  };
}

const std::map<std::string, Put, std::less<>>& columns() {
  static const std::map<std::string, Put, std::less<>> table = {
      {"name", plain(&Host::name)},
      {"address", plain(&Host::address)},
      {"login", plain(&Host::login)},
      {"key", plain(&Host::credential)},
      {"jump", plain(&Host::jump)},
      {"become", plain(&Host::become)},
      {"os", plain(&Host::os)},
      {"address_public", plain(&Host::address_public)},
      {"encoding", plain(&Host::encoding)},
      {"host_key_alias", plain(&Host::host_key_alias)},
      {"become_password", plain(&Host::become_credential)},
      {"minion_id", plain(&Host::minion_id)},
      {"note", plain(&Host::note)},
      {"category",
       [](CsvHost& row, const std::string& value) -> Result<void> {
         row.category = value;
         return {};
       }},
      {"port",
       [](CsvHost& row, const std::string& value) -> Result<void> {
         const std::optional<std::int64_t> port = text::parse_int(value);
         if (!port || *port < 1 || *port > 65535) {
           return fail(Errc::invalid_argument, "import.port",
                       "port '" + value + "' is not a number from 1 to 65535");
         }
         row.port = static_cast<std::uint16_t>(*port);
         return {};
       }},
      {"become_method",
       [](CsvHost& row, const std::string& value) -> Result<void> {
         const auto method = become_method_from_name(value);
         if (!method) {
           return fail(Errc::invalid_argument, "import.become_method",
                       "become_method '" + value + "' is not one of sudo, su, doas");
         }
         row.host.become_method = *method;
         return {};
       }},
      {"legacy_algorithms",
       [](CsvHost& row, const std::string& value) -> Result<void> {
         const std::string word = text::lower_ascii(value);
         if (word != "yes" && word != "no" && word != "true" && word != "false" && word != "1" &&
             word != "0") {
           return fail(Errc::invalid_argument, "import.legacy_algorithms",
                       "legacy_algorithms '" + value + "' is neither yes nor no");
         }
         row.host.legacy_algorithms = word == "yes" || word == "true" || word == "1";
         return {};
       }},
      {"platform",
       [](CsvHost& row, const std::string& value) -> Result<void> {
         row.host.platform = platform_from_name(value);
         if (!row.host.platform) {
           return fail(
               Errc::invalid_argument, "import.platform",
               "platform '" + value + "' is not one of ssh, local, ansible, saltstack, func");
         }
         return {};
       }},
      {"app",
       [](CsvHost& row, const std::string& value) -> Result<void> {
         row.host.apps = several(value);
         return {};
       }},
      {"tags",
       [](CsvHost& row, const std::string& value) -> Result<void> {
         row.host.tags = several(value);
         return {};
       }},
  };
  return table;
}

char separator_of(std::string_view header) {
  return header.find('\t') != std::string_view::npos ? '\t' : ',';
}

Result<std::vector<const Put*>> header_columns(const Record& header) {
  std::vector<const Put*> order;
  std::set<std::string> seen;
  for (const std::string& cell : header.cells) {
    const std::string name = text::lower_ascii(cell);
    const auto found = columns().find(name);
    if (found == columns().end()) {
      std::vector<std::string> known;
      for (const auto& [column, put] : columns()) known.push_back(column);
      return fail(Errc::invalid_argument, "import.column",
                  "column '" + cell + "' is not known; use some of: " + text::join(known, ", "));
    }
    if (!seen.insert(name).second) {
      return fail(Errc::invalid_argument, "import.column",
                  "column '" + name + "' stands there twice");
    }
    order.push_back(&found->second);
  }
  if (!seen.contains("name") || !seen.contains("address")) {
    return fail(Errc::invalid_argument, "import.column",
                "the first line must name the columns, with at least name and address");
  }
  return order;
}

Result<CsvHost> read_row(const Record& record, const std::vector<const Put*>& order) {
  if (record.broken) {
    return fail(Errc::invalid_argument, "import.quote",
                "a quotation mark is not closed, or text follows it");
  }
  if (record.cells.size() > order.size()) {
    return fail(Errc::invalid_argument, "import.cells",
                std::to_string(record.cells.size()) + " cells, but the header names " +
                    std::to_string(order.size()) + " columns");
  }
  CsvHost row;
  row.line = record.line;
  for (std::size_t i = 0; i < record.cells.size(); ++i) {
    if (!record.cells[i].empty()) OM_TRY((*order[i])(row, record.cells[i]));
  }
  if (row.host.name.empty())
    return fail(Errc::invalid_argument, "import.name", "the name is empty");
  OM_TRY_SET(store::Endpoint endpoint, store::split_address(row.host.address, row.port));
  row.host.address = std::move(endpoint.address);
  row.host.port = endpoint.port;
  return row;
}

}  // namespace

Result<CsvTable> parse_host_csv(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (!utf8::is_valid(text)) {
    return fail(Errc::invalid_argument, "import.encoding",
                "the table is not UTF-8; save it as UTF-8 and try again");
  }
  Reader reader(text, separator_of(text.substr(0, text.find('\n'))));
  const std::optional<Record> header = reader.next();
  if (!header) return fail(Errc::invalid_argument, "import.empty", "the table is empty");
  OM_TRY_SET(const std::vector<const Put*> order, header_columns(*header));

  CsvTable table;
  std::map<std::string, int> lines_by_name;
  while (const std::optional<Record> record = reader.next()) {
    if (record->cells.size() == 1 && record->cells[0].empty() && !record->broken) continue;
    if (table.hosts.size() + table.faults.size() >= kMaxCsvRows) {
      return fail(Errc::invalid_argument, "import.too_many",
                  "more than " + std::to_string(kMaxCsvRows) + " rows; split the table");
    }
    Result<CsvHost> row = read_row(*record, order);
    if (!row) {
      table.faults.push_back({record->line, row.error().reason, row.error().message});
      continue;
    }
    const auto [first, fresh] = lines_by_name.emplace(row->host.name, row->line);
    if (!fresh) {
      table.faults.push_back({record->line, "import.twice",
                              "host '" + row->host.name + "' stands already on line " +
                                  std::to_string(first->second)});
      continue;
    }
    table.hosts.push_back(std::move(row).value());
  }
  return table;
}

}  // namespace om::api
