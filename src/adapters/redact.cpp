#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "pgtide/conninfo.hpp"

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

// password=… in key=value strings and in the queries of URLs.
std::string redact_pairs(const std::string& text) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
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

}  // namespace

std::string redact(const std::string& text) {
  return redact_pairs(redact_urls(text));
}

}  // namespace pgtide
