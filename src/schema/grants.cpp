#include "schema/grants.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "pgtide/query.hpp"

namespace pgtide::schema {
namespace {

struct Entry {
  std::string grantee;  // empty for PUBLIC
  std::string grantor;
  std::string letters;
  std::string grantable;  // of these
};

std::string_view word(char letter) {
  switch (letter) {
    case 'r':
      return "SELECT";
    case 'a':
      return "INSERT";
    case 'w':
      return "UPDATE";
    case 'd':
      return "DELETE";
    case 'D':
      return "TRUNCATE";
    case 'x':
      return "REFERENCES";
    case 't':
      return "TRIGGER";
    case 'm':
      return "MAINTAIN";
    case 'X':
      return "EXECUTE";
    case 'U':
      return "USAGE";
    case 'C':
      return "CREATE";
    case 'c':
      return "CONNECT";
    case 'T':
      return "TEMPORARY";
    case 's':
      return "SET";
    case 'A':
      return "ALTER SYSTEM";
    default:
      return "?";
  }
}

// A role at `at`, which is moved behind it.
std::string take_role(std::string_view text, std::size_t& at, char end) {
  std::string role;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      const bool doubled = quoted && at + 1 < text.size() && text[at + 1] == '"';
      if (doubled) {
        role += '"';
        ++at;
      } else {
        quoted = !quoted;
      }
    } else if (c == end && !quoted) {
      ++at;
      return role;
    } else {
      role += c;
    }
  }
  return role;
}

Entry parse_item(std::string_view item) {
  Entry entry;
  std::size_t at = 0;
  entry.grantee = take_role(item, at, '=');
  for (; at < item.size() && item[at] != '/'; ++at) {
    if (item[at] == '*') {
      entry.grantable += entry.letters.back();
    } else {
      entry.letters += item[at];
    }
  }
  ++at;
  entry.grantor = take_role(item, at, '\0');
  return entry;
}

// An ACL may have several entries of one grantee and grantor.
std::vector<Entry> parse(std::string_view acl) {
  std::map<std::pair<std::string, std::string>, Entry> merged;
  for (const std::string& item : array_elements(acl)) {
    const Entry entry = parse_item(item);
    Entry& into = merged[{entry.grantee, entry.grantor}];
    into.grantee = entry.grantee;
    into.grantor = entry.grantor;
    into.letters += entry.letters;
    into.grantable += entry.grantable;
  }
  std::vector<Entry> entries;
  for (auto& [key, entry] : merged) entries.push_back(std::move(entry));
  return entries;
}

bool has_all(const std::string& letters, const std::string& all) {
  return !all.empty() &&
         std::ranges::all_of(all, [&](char c) { return letters.find(c) != letters.npos; });
}

// `owner` and `PUBLIC` are words of the list's own.
std::string shown(const std::string& role) {
  const bool plain = std::ranges::all_of(
      role, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  return plain && role != "owner" ? role : quote_identifier(role);
}

std::string privileges(const Entry& entry, const std::string& all) {
  if (has_all(entry.letters, all)) {
    if (entry.grantable.empty()) return "ALL";
    if (has_all(entry.grantable, all)) return "ALL with grant option";
  }
  std::vector<std::string> words;
  for (const char c : entry.letters) {
    std::string text(word(c));
    if (entry.grantable.find(c) != std::string::npos) text += " with grant option";
    words.push_back(std::move(text));
  }
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  std::string out;
  for (const std::string& text : words) out += (out.empty() ? "" : ", ") + text;
  return out;
}

}  // namespace

std::vector<std::string> array_elements(std::string_view text) {
  std::vector<std::string> elements;
  if (text.size() < 2 || text == "{}") return elements;
  std::string element;
  bool quoted = false;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      element += text[++at];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      elements.push_back(std::exchange(element, {}));
    } else {
      element += c;
    }
  }
  elements.push_back(std::move(element));
  return elements;
}

std::string grants_in_words(std::string_view acl, std::string_view default_acl,
                            std::string_view owner) {
  std::string all;
  for (const Entry& entry : parse(default_acl)) {
    if (entry.grantee == owner) all = entry.letters;
  }
  std::vector<std::string> texts;
  for (const Entry& entry : parse(acl)) {
    if (entry.letters.empty()) continue;
    std::string text = entry.grantee.empty()    ? "PUBLIC"
                       : entry.grantee == owner ? "owner"
                                                : shown(entry.grantee);
    if (entry.grantor != owner) text += " by " + shown(entry.grantor);
    texts.push_back(text + ": " + privileges(entry, all));
  }
  if (texts.empty()) return "nobody";
  std::ranges::sort(texts);
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "; ") + text;
  return out;
}

}  // namespace pgtide::schema
