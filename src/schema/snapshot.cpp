#include "pgtide/schema/snapshot.hpp"

#include "pgtide/checksum.hpp"

namespace pgtide::schema {
namespace {

// With its length in front no text can be mistaken for two.
void append(std::string& out, const std::string& text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

}  // namespace

std::string fingerprint(const Snapshot& snapshot) {
  std::string canonical;
  for (const Object& object : snapshot.objects) {
    append(canonical, object.kind);
    append(canonical, object.identity);
    for (const Attribute& attribute : object.attributes) {
      append(canonical, attribute.name);
      append(canonical, attribute.value);
    }
    canonical += '\n';
  }
  return sha256_hex(canonical);
}

}  // namespace pgtide::schema
