#include "pgtide/redact.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace pgtide {
namespace {

constexpr std::string_view mask = "***";

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Where the query of a URL begins: a `?` that a parameter follows. A bare `?` may be a part of the
// password.
std::size_t query_begin(std::string_view url) {
  for (std::size_t at = url.find('?'); at != std::string_view::npos; at = url.find('?', at + 1)) {
    std::size_t end = at + 1;
    while (end < url.size() && is_word(url[end])) ++end;
    if (end > at + 1 && end < url.size() && url[end] == '=') return at;
  }
  return url.size();
}

// The @ that ends user and password. People forget to encode @ and / in passwords, so the last one
// before the query counts; libpq also takes one behind a `?`, when no / comes before it.
std::size_t credentials_end(std::string_view after_scheme) {
  const std::size_t last = after_scheme.substr(0, query_begin(after_scheme)).rfind('@');
  const std::size_t first = after_scheme.find_first_of("@/");
  const bool libpq_takes = first != std::string_view::npos && after_scheme[first] == '@';
  if (last != std::string_view::npos) return libpq_takes ? std::max(first, last) : last;
  if (libpq_takes) return first;
  const std::string_view host = after_scheme.substr(0, after_scheme.find_first_of("/?"));
  const std::size_t colon = host.find(':');
  const bool port =
      colon == std::string_view::npos ||
      std::all_of(host.begin() + static_cast<std::ptrdiff_t>(colon) + 1, host.end(),
                  [](char c) { return !std::isalpha(static_cast<unsigned char>(c)); });
  return port ? std::string_view::npos : after_scheme.rfind('@');
}

// user:password@ of every URL.
std::string redact_urls(std::string_view text) {
  constexpr std::string_view separator = "://";
  std::string result;
  for (;;) {
    const std::size_t found = text.find(separator);
    if (found == std::string_view::npos) return result.append(text);
    const std::size_t begin = found + separator.size();
    result.append(text.substr(0, begin));
    text.remove_prefix(begin);
    const auto blank = std::find_if(text.begin(), text.end(), is_blank);
    std::string_view url = text.substr(0, static_cast<std::size_t>(blank - text.begin()));
    // Another URL in the same word is for the next turn.
    if (const std::size_t next = url.find(separator); next != std::string_view::npos) {
      const std::size_t end = url.find_last_of(",;\"'`(<", next);
      if (end != std::string_view::npos) url = url.substr(0, end);
    }
    const std::size_t at = credentials_end(url);
    if (at == std::string_view::npos) continue;
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos || colon + 1 >= at) continue;
    result.append(url.substr(0, colon + 1)).append(mask);
    text.remove_prefix(at);
  }
}

// Length of the value that begins `text`, as libpq, a URL's query or TOML would read it.
std::size_t value_length(std::string_view text, char before_keyword) {
  const bool in_query = before_keyword == '?' || before_keyword == '&';
  const char quote = !text.empty() && (text[0] == '\'' || text[0] == '"') ? text[0] : '\0';
  std::size_t end = quote ? 1 : 0;
  for (; end < text.size(); ++end) {
    const char c = text[end];
    if (c == '\\' && end + 1 < text.size()) {
      ++end;
    } else if (quote ? c == quote : is_blank(c) || (in_query && c == '&')) {
      break;
    }
  }
  if (quote) return std::min(end + 1, text.size());
  // What closes the text around it: "… password=x", (password=x)
  const std::size_t inner = text.substr(0, end).find_last_not_of(",;)}]");
  const bool closes =
      inner != std::string_view::npos && (text[inner] == '"' || text[inner] == '\'');
  return closes && inner > 0 ? inner : end;
}

std::size_t find_keyword(const std::string& lower, std::size_t from, std::size_t& length) {
  constexpr std::array<std::string_view, 3> keywords{"password", "passwd", "pwd"};
  std::size_t first = std::string::npos;
  for (const auto keyword : keywords) {
    const std::size_t at = lower.find(keyword, from);
    if (at < first) {
      first = at;
      length = keyword.size();
    }
  }
  return first;
}

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// password=… in key=value strings and in the queries of URLs.
std::string redact_pairs(const std::string& text) {
  const std::string lower = in_lower_case(text);
  std::string result;
  std::size_t done = 0;
  std::size_t length = 0;
  for (std::size_t from = 0;;) {
    const std::size_t keyword = find_keyword(lower, from, length);
    if (keyword == std::string::npos) return result.append(text, done);
    std::size_t value = keyword + length;
    from = value;
    while (value < text.size() && is_blank(text[value])) ++value;
    if (value >= text.size() || text[value] != '=') continue;
    ++value;
    while (value < text.size() && is_blank(text[value])) ++value;
    std::size_t word = keyword;
    while (word > 0 && is_word(text[word - 1])) --word;
    const std::size_t size =
        value_length(std::string_view(text).substr(value), word > 0 ? text[word - 1] : ' ');
    if (size == 0) continue;
    result.append(text, done, value - done).append(mask);
    done = from = value + size;
  }
}

std::size_t after_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// Where a string of SQL that begins at `quote` ends. A text that was cut off need not close it.
std::size_t quoted_end(std::string_view text, std::size_t quote, char escape) {
  for (std::size_t at = quote + 1; at < text.size(); ++at) {
    if (text[at] == escape) {
      ++at;
    } else if (text[at] == '\'') {
      if (at + 1 >= text.size() || text[at + 1] != '\'') return at + 1;
      ++at;
    }
  }
  return text.size();
}

std::size_t dollar_quoted_end(std::string_view text, std::size_t begin) {
  std::size_t tag = begin + 1;
  while (tag < text.size() && is_word(text[tag])) ++tag;
  if (tag >= text.size() || text[tag] != '$') return begin;
  const std::string_view mark = text.substr(begin, tag + 1 - begin);
  const std::size_t close = text.find(mark, tag + 1);
  return close == std::string_view::npos ? text.size() : close + mark.size();
}

// The end of the string of SQL that begins at `begin`: '…', E'…', U&'…', $tag$…$tag$, and parts
// that SQL joins. `begin` when there is none.
std::size_t literal_end(std::string_view text, std::size_t begin) {
  if (begin < text.size() && text[begin] == '$') return dollar_quoted_end(text, begin);
  std::size_t quote = begin;
  char escape = '\0';
  if (text.substr(begin, 2) == "e'") {
    escape = '\\';
    ++quote;
  } else if (text.substr(begin, 3) == "u&'") {
    quote += 2;
  }
  std::size_t end = begin;
  while (quote < text.size() && text[quote] == '\'') {
    end = quoted_end(text, quote, escape);
    quote = after_blanks(text, end);
  }
  return end;
}

// PASSWORD '…' of roles, and the option of user mappings.
std::string redact_sql(const std::string& text) {
  constexpr std::string_view keyword = "password";
  const std::string lower = in_lower_case(text);
  std::string result;
  std::size_t done = 0;
  for (std::size_t at = lower.find(keyword); at != std::string::npos;
       at = lower.find(keyword, at)) {
    at += keyword.size();
    const std::size_t value = after_blanks(lower, at);
    const std::size_t end = literal_end(lower, std::min(value, lower.size()));
    if (end == value) continue;
    result.append(text, done, value - done).append("'").append(mask).append("'");
    done = at = end;
  }
  return result.append(text, done);
}

// What stands between the first `:` and the last `@` of a line, or before that `@`.
std::string redact_line(std::string_view line) {
  const std::size_t at = line.rfind('@');
  if (at == std::string_view::npos) return std::string(line);
  std::size_t colon = line.find(':');
  while (line.substr(std::min(colon, line.size()), 3) == "://") colon = line.find(':', colon + 1);
  std::size_t begin = colon + 1;
  if (colon > at) {
    begin = at;
    while (begin > 0 && !is_blank(line[begin - 1]) && line[begin - 1] != '`') --begin;
  } else if (colon + 1 < at && is_blank(line[colon + 1])) {
    ++begin;  // the colon of a sentence
  }
  if (begin == at) return std::string(line);
  return std::string(line.substr(0, begin)).append(mask).append(line.substr(at));
}

}  // namespace

std::string redact_broken_url(const std::string& text) {
  const std::string known = redact(text);
  std::string result;
  for (std::size_t begin = 0; begin <= known.size();) {
    const std::size_t end = std::min(known.find('\n', begin), known.size());
    result += redact_line(std::string_view(known).substr(begin, end - begin));
    if (end < known.size()) result += '\n';
    begin = end + 1;
  }
  return result;
}

std::string redact(const std::string& text) {
  return redact_sql(redact_pairs(redact_urls(text)));
}

}  // namespace pgtide
