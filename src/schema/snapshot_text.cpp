#include "schema/snapshot_text.hpp"

#include <charconv>
#include <utility>

namespace pgtide::schema {
namespace {

void put(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

void put(std::string& out, std::size_t count) {
  put(out, std::string_view(std::to_string(count)));
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  bool text(std::string& value) {
    const std::size_t colon = rest_.find(':');
    std::size_t size = 0;
    if (colon == rest_.npos || !number(rest_.substr(0, colon), size)) return false;
    if (size > rest_.size() - colon - 1) return false;
    value = rest_.substr(colon + 1, size);
    rest_.remove_prefix(colon + 1 + size);
    return true;
  }

  bool count(std::size_t& value) {
    std::string digits;
    return text(digits) && number(digits, value);
  }

 private:
  static bool number(std::string_view digits, std::size_t& value) {
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    return error == std::errc() && stop == end && !digits.empty();
  }

  std::string_view rest_;
};

bool read(Reader& reader, Object& object) {
  if (!reader.text(object.kind) || !reader.text(object.identity)) return false;
  std::size_t count = 0;
  if (!reader.count(count)) return false;
  for (; count > 0; --count) {
    Attribute& attribute = object.attributes.emplace_back();
    if (!reader.text(attribute.name) || !reader.text(attribute.value)) return false;
  }
  if (!reader.count(count)) return false;
  for (; count > 0; --count) {
    ObjectName& parent = object.parents.emplace_back();
    if (!reader.text(parent.kind) || !reader.text(parent.identity)) return false;
  }
  return true;
}

}  // namespace

std::string to_text(const Snapshot& snapshot) {
  std::string out;
  for (const Object& object : snapshot.objects) {
    put(out, object.kind);
    put(out, object.identity);
    put(out, object.attributes.size());
    for (const Attribute& attribute : object.attributes) {
      put(out, attribute.name);
      put(out, attribute.value);
    }
    put(out, object.parents.size());
    for (const ObjectName& parent : object.parents) {
      put(out, parent.kind);
      put(out, parent.identity);
    }
  }
  return out;
}

std::optional<Snapshot> from_text(std::string_view text) {
  Reader reader(text);
  Snapshot snapshot;
  while (!reader.at_end()) {
    if (!read(reader, snapshot.objects.emplace_back())) return std::nullopt;
  }
  return snapshot;
}

}  // namespace pgtide::schema
