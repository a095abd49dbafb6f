#include "schema/view_text.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string_view>
#include <vector>

namespace pgtide::schema {
namespace {

enum class Kind { word, other };

struct Token {
  std::string_view text;
  Kind kind = Kind::other;
  int depth = 0;          // of parentheses around it
  bool in_query = false;  // inside a query within the query
};

bool begins_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '"' || (c & 0x80);
}

bool continues_word(char c) {
  return begins_word(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$';
}

// Past a string or a quoted identifier that begins at `at`. PostgreSQL doubles quotes in both, also
// in E'' strings.
std::size_t past_quoted(const std::string& text, std::size_t at) {
  const char quote = text[at++];
  while (at < text.size()) {
    if (text[at++] != quote) continue;
    if (at >= text.size() || text[at] != quote) break;
    ++at;
  }
  return at;
}

std::size_t past_token(const std::string& text, std::size_t at) {
  if (text[at] == '\'' || text[at] == '"') return past_quoted(text, at);
  if (!begins_word(text[at])) return at + 1;
  while (at < text.size() && text[at] != '"' && continues_word(text[at])) ++at;
  return at;
}

std::vector<Token> tokens_of(const std::string& text) {
  std::vector<Token> tokens;
  std::vector<bool> queries;  // for each open parenthesis
  for (std::size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
      continue;
    }
    const std::size_t end = past_token(text, at);
    Token token{.text = std::string_view(text).substr(at, end - at)};
    token.kind = begins_word(text[at]) ? Kind::word : Kind::other;
    if (token.text == ")" && !queries.empty()) queries.pop_back();
    const bool begins_query =
        token.text == "SELECT" || token.text == "WITH" || token.text == "VALUES";
    if (begins_query && !tokens.empty() && tokens.back().text == "(") queries.back() = true;
    token.depth = static_cast<int>(queries.size());
    token.in_query = std::ranges::find(queries, true) != queries.end();
    if (token.text == "(") queries.push_back(false);
    tokens.push_back(token);
    at = end;
  }
  return tokens;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

struct From {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;  // of the only relation; empty when there is none or more than one
};

From from_of(const std::vector<Token>& tokens) {
  From from;
  const auto top = [&](std::size_t i) { return tokens[i].depth == 0; };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (top(i) && is_one_of(tokens[i].text, {"UNION", "INTERSECT", "EXCEPT"})) return {};
    if (top(i) && tokens[i].text == "FROM" && from.begin == 0) from.begin = i;
  }
  if (from.begin == 0) return {};
  for (from.end = from.begin + 1; from.end < tokens.size(); ++from.end) {
    const Token& token = tokens[from.end];
    if (!top(from.end)) continue;
    if (is_one_of(token.text, {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET",
                               "FETCH", "FOR", "TABLESAMPLE", ";"})) {
      break;
    }
    if (is_one_of(token.text, {",", "JOIN"})) return {};
    if (token.kind == Kind::word) from.name = token.text;
  }
  return from;
}

bool is_qualifier(const std::vector<Token>& tokens, std::size_t i, std::string_view name) {
  const auto text = [&](std::size_t at) { return at < tokens.size() ? tokens[at].text : ""; };
  if (tokens[i].text != name || tokens[i].in_query || text(i + 1) != ".") return false;
  if (i + 2 >= tokens.size() || tokens[i + 2].kind != Kind::word || text(i + 3) == "(")
    return false;
  // What follows these is a name of another kind: `::schema.type`, `COLLATE schema.name`.
  return i == 0 || !is_one_of(tokens[i - 1].text, {".", ":", "COLLATE"});
}

}  // namespace

std::string without_needless_qualifiers(const std::string& definition) {
  const std::vector<Token> tokens = tokens_of(definition);
  const From from = from_of(tokens);
  if (from.name.empty()) return definition;
  std::string out;
  const char* copied = definition.data();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i >= from.begin && i < from.end) continue;
    if (!is_qualifier(tokens, i, from.name)) continue;
    out.append(copied, tokens[i].text.data());
    copied = tokens[i + 2].text.data();
  }
  out.append(copied, definition.data() + definition.size());
  return out;
}

}  // namespace pgtide::schema
