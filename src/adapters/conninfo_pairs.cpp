#include <algorithm>
#include <cctype>
#include <utility>

#include "adapters/conninfo_parts.hpp"
#include "pgtide/conninfo.hpp"

namespace pgtide::adapters {
namespace {

constexpr const char* pairs_hint =
    "write it like host=localhost dbname=app user=app password='two words'";

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

// Anything else may be a part of a password, and is told to nobody.
bool is_keyword(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

[[noreturn]] void refuse_pairs() {
  throw Error(ErrorKind::config,
              "the connection string is neither a postgresql:// URL nor a list of key=value pairs",
              pairs_hint);
}

// Splits as libpq's conninfo_parse does.
class PairReader {
 public:
  explicit PairReader(std::string_view text) : text_(text) {}

  bool next(ConnectionOption& option) {
    skip_blanks();
    if (at_end()) return false;
    const std::size_t begin = at_;
    while (!at_end() && text_[at_] != '=' && !is_blank(text_[at_])) ++at_;
    option.keyword = text_.substr(begin, at_ - begin);
    skip_blanks();
    if (!is_keyword(option.keyword)) {
      refuse_pairs();
    }
    if (at_end() || text_[at_] != '=') {
      throw Error(ErrorKind::config,
                  "the connection string has a word that is not followed by =", pairs_hint);
    }
    ++at_;
    skip_blanks();
    option.value = !at_end() && text_[at_] == '\'' ? quoted() : bare();
    return true;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }

  std::string bare() {
    std::string value;
    for (; !at_end() && !is_blank(text_[at_]); ++at_) {
      if (text_[at_] == '\\' && ++at_ >= text_.size()) break;
      value += text_[at_];
    }
    return value;
  }

  std::string quoted() {
    std::string value;
    for (++at_; !at_end() && text_[at_] != '\''; ++at_) {
      if (text_[at_] == '\\' && ++at_ >= text_.size()) break;
      value += text_[at_];
    }
    if (at_end()) {
      throw Error(ErrorKind::config, "the connection string has a ' that is never closed",
                  pairs_hint);
    }
    ++at_;
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string quoted_value(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

bool needs_quotes(const std::string& value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (is_blank(c) || c == '\'' || c == '\\') return true;
  }
  return false;
}

}  // namespace

ConnectionParts parse_connection_pairs(std::string_view text) {
  ConnectionParts parts;
  PairReader reader(text);
  for (ConnectionOption option; reader.next(option);) {
    switch (use_of(option.keyword)) {
      case KeywordUse::schema:
        parts.schema = option.value;
        break;
      case KeywordUse::leave_out:
        // The rest of a URL, perhaps, and the keyword the end of its password.
        if (option.value.find('@') != std::string::npos) refuse_pairs();
        parts.left_out.push_back(option.keyword);
        break;
      case KeywordUse::libpq:
        parts.set(option.keyword, option.value);
        break;
    }
  }
  std::vector<ConnectionOption> shown = parts.options;
  for (auto& option : shown) {
    option.value = holds_password(option.keyword) ? "***" : redact(option.value);
  }
  if (!parts.schema.empty()) shown.push_back({"schema", parts.schema});
  parts.shown = to_conninfo(shown);
  return parts;
}

std::string to_conninfo(const std::vector<ConnectionOption>& options) {
  std::string text;
  for (const auto& [keyword, value] : options) {
    if (!text.empty()) text += ' ';
    text += keyword + '=' + (needs_quotes(value) ? quoted_value(value) : value);
  }
  return text;
}

}  // namespace pgtide::adapters
