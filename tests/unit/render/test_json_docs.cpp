// docs/json.md shows what the code writes. After an intended change:
//   PGTIDE_UPDATE_DOCS=1 build/<preset>/tests/unit_render --test-case="docs/json.md*"
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "json_samples.hpp"

namespace pgtide::render {
namespace {

constexpr const char* page_path = PGTIDE_SOURCE_DIR "/docs/json.md";

struct Block {
  std::size_t begin = std::string::npos;
  std::size_t length = 0;
};

// The first JSON block below the heading.
Block find_block(const std::string& page, const std::string& heading) {
  const std::string fence = "```json\n";
  const std::size_t at = page.find("\n## " + heading + "\n");
  if (at == std::string::npos) return {};
  const std::size_t open = page.find(fence, at + 1);
  const std::size_t next_heading = page.find("\n## ", at + 1);
  if (open == std::string::npos || open > next_heading) return {};
  const std::size_t begin = open + fence.size();
  return {begin, page.find("```\n", begin) - begin};
}

std::string read_page() {
  std::ifstream file(page_path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Every key of `value`, at any depth.
void collect_keys(const nlohmann::json& value, std::vector<std::string>& keys) {
  for (const auto& item : value.items()) {
    if (value.is_object()) keys.push_back(item.key());
    if (item.value().is_structured()) collect_keys(item.value(), keys);
  }
}

TEST_CASE("docs/json.md shows the documents as they are") {
  std::string page = read_page();
  REQUIRE(!page.empty());
  for (const Example& example : documented_examples()) {
    CAPTURE(example.heading);
    const Block block = find_block(page, example.heading);
    REQUIRE(block.begin != std::string::npos);
    if (std::getenv("PGTIDE_UPDATE_DOCS") != nullptr) {
      page.replace(block.begin, block.length, example.document);
      std::ofstream(page_path, std::ios::binary) << page;
    }
    CHECK(page.substr(find_block(page, example.heading).begin, example.document.size() + 4) ==
          example.document + "```\n");
  }
}

TEST_CASE("docs/json.md explains every key") {
  const std::string page = read_page();
  for (const Example& example : documented_examples()) {
    std::vector<std::string> keys;
    collect_keys(nlohmann::json::parse(example.document), keys);
    for (const std::string& key : keys) {
      CAPTURE(key);
      CHECK(page.find("`" + key + "`") != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace pgtide::render
