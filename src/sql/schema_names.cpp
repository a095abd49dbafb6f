#include "pgtide/sql/schema_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace pgtide::sql {
namespace {

struct Piece {
  enum class Kind { word, quoted, mark } kind = Kind::mark;
  std::string text;  // a word in lower case; one character of anything else

  bool is(std::string_view word) const { return kind == Kind::word && text == word; }
  bool is_name() const { return kind != Kind::mark; }
};

bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// What is inside strings counts: it may be run.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : text_(text) {}

  std::optional<Piece> next() {
    skip();
    if (at_ >= text_.size()) return std::nullopt;
    const char c = text_[at_];
    if (c == '"') return quoted();
    if (is_word_character(c) && c != '$') return word();
    ++at_;
    return Piece{Piece::Kind::mark, std::string(1, c)};
  }

 private:
  void skip() {
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("--")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        at_ = end == text_.npos ? text_.size() : end + 2;
      } else if (std::isspace(static_cast<unsigned char>(rest.front())) != 0 ||
                 rest.front() == '\'' || rest.front() == '$') {
        ++at_;
      } else {
        return;
      }
    }
  }

  Piece quoted() {
    Piece token{Piece::Kind::quoted, {}};
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
        ++at_;
      }
      token.text += text_[at_];
    }
    ++at_;
    return token;
  }

  Piece word() {
    Piece token{Piece::Kind::word, {}};
    for (; at_ < text_.size() && is_word_character(text_[at_]); ++at_) {
      token.text += static_cast<char>(std::tolower(static_cast<unsigned char>(text_[at_])));
    }
    return token;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

template <std::size_t N>
bool is_one_of(const Piece& token, const std::array<std::string_view, N>& words) {
  return token.kind == Piece::Kind::word && std::ranges::find(words, token.text) != words.end();
}

constexpr std::array<std::string_view, 15> verbs = {
    "create", "alter",  "drop",   "grant",  "revoke",  "comment", "truncate", "lock",
    "insert", "update", "delete", "select", "perform", "refresh", "merge"};

// After these a name of something that is made or changed.
constexpr std::array<std::string_view, 14> kinds = {
    "table",     "view",      "function",   "procedure", "type", "domain",     "sequence",
    "aggregate", "collation", "statistics", "exists",    "only", "dictionary", "configuration"};

class Search {
 public:
  std::set<std::string> found;

  // `previous` and `before` stand in front of `token`.
  void see(const Piece& token) {
    if (token.text == "." && token.kind == Piece::Kind::mark) {
      if (previous_.is_name() && is_one_of(before_, kinds) && makes_) found.insert(previous_.text);
    } else if (token.is_name()) {
      see_name(token);
    }
    if (is_one_of(token, verbs)) {
      makes_ = token.is("create") || token.is("alter");
      creates_ = token.is("create");
      is_schema_ = false;
    }
    before_ = std::exchange(previous_, token);
  }

 private:
  void see_name(const Piece& token) {
    const bool is_noise = token.is("if") || token.is("not") || token.is("exists");
    if (is_schema_ && !is_noise) {
      if (!token.is("authorization")) {
        found.insert(token.text);
        is_schema_ = false;
      }
    } else if (token.is("schema")) {
      is_schema_ = (creates_ && previous_.is("create")) || (makes_ && previous_.is("set"));
      renames_ = previous_.is("alter");
    } else if (renames_ && previous_.is("to")) {
      found.insert(token.text);
      renames_ = false;
    }
  }

  Piece previous_;
  Piece before_;
  bool makes_ = false;      // within CREATE or ALTER
  bool creates_ = false;    // within CREATE
  bool is_schema_ = false;  // the next name is a schema's
  bool renames_ = false;    // within ALTER SCHEMA
};

}  // namespace

std::set<std::string> schemas_named_in(std::string_view text) {
  Pieces tokens(text);
  Search search;
  while (const auto token = tokens.next()) search.see(*token);
  return std::move(search.found);
}

std::set<std::string> names_in_search_path(std::string_view path, const std::string& user) {
  std::set<std::string> names;
  std::string name;
  const auto add = [&] {
    if (!name.empty()) names.insert(name == "$user" ? user : name);
    name.clear();
  };
  for (std::size_t at = 0; at < path.size(); ++at) {
    const char c = path[at];
    if (c == '"' || c == '\'') {
      for (++at; at < path.size(); ++at) {
        if (path[at] == c) {
          if (at + 1 >= path.size() || path[at + 1] != c) break;
          ++at;
        }
        name += path[at];
      }
    } else if (c == ',') {
      add();
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  add();
  return names;
}

}  // namespace pgtide::sql
