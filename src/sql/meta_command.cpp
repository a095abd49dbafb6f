#include "sql/meta_command.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace pgtide::sql {
namespace {

struct Hint {
  std::string_view names;  // each between two blanks
  std::string_view hint;
};
constexpr std::array hints = {
    Hint{" c connect ",
         "remove it: the URL says which database is migrated; another database has migrations of "
         "its own"},
    Hint{" i ir include include_relative ", "put the statements of that file here"},
    Hint{" copy ", "write COPY … FROM stdin; then the data on the next lines, then a line `\\.`"},
    Hint{" set unset gset getenv prompt ", "write the value itself into the statements"},
    Hint{" echo qecho warn ", "remove it, or use RAISE NOTICE in a DO block"},
    Hint{" if elif else endif ", "decide in SQL, in a DO block"},
    Hint{" g gx gexec gdesc crosstabview watch bind parse ", "end the statement with a semicolon"},
    Hint{" . ", "remove it: no COPY … FROM stdin is open here"},
    Hint{" ; ", "write `;`"},
    Hint{" : ", "write `:`"},
    Hint{" encoding ", "remove it and save the script as UTF-8"},
    Hint{" ! ", "remove it: a migration runs no programs"},
};

std::string_view name_of(const MetaCommand& command) {
  const std::string_view text = command.text;
  if (text.starts_with(';') || text.starts_with(':') || text.starts_with('!')) {
    return text.substr(0, 1);
  }
  return text.substr(0, text.find_first_of(" \t;'\"\\"));
}

}  // namespace

std::string meta_command_message(const MetaCommand& command) {
  return fmt::format("\\{} is a command of psql, not SQL", name_of(command));
}

std::string meta_command_hint(const MetaCommand& command) {
  const std::string name = fmt::format(" {} ", name_of(command));
  for (const Hint& hint : hints) {
    if (hint.names.find(name) != std::string_view::npos) return std::string(hint.hint);
  }
  return "remove it, or write it as SQL";
}

}  // namespace pgtide::sql
