#include <doctest/doctest.h>

#include <string>

#include "sql/utf8.hpp"

using pgtide::sql::Utf8Validator;
using Verdict = Utf8Validator::Verdict;

namespace {

// The offset of the bad character, or -1.
int bad_at(const std::string& bytes, std::size_t step) {
  Utf8Validator validator;
  std::size_t done = 0;
  while (done < bytes.size() && validator.verdict() == Verdict::good) {
    const auto piece = std::string_view(bytes).substr(done, step);
    done += validator.feed(piece);
  }
  if (done == bytes.size()) validator.finish();
  if (validator.verdict() == Verdict::good) return -1;
  return static_cast<int>(done - validator.unfinished());
}

int bad_at(const std::string& bytes) {
  const int whole = bad_at(bytes, bytes.size() + 1);
  CHECK(bad_at(bytes, 1) == whole);
  CHECK(bad_at(bytes, 3) == whole);
  return whole;
}

}  // namespace

TEST_CASE("what PostgreSQL takes as UTF-8") {
  CHECK(bad_at("") == -1);
  CHECK(bad_at("plain ASCII of more than eight bytes \x01\x7F") == -1);
  CHECK(bad_at("\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF") == -1);
  CHECK(bad_at("12345678\xF0\x90\x80\x80\xF4\x8F\xBF\xBF") == -1);
}

TEST_CASE("what it does not take") {
  CHECK(bad_at("12345678\x80") == 8);
  CHECK(bad_at("a\xC0\x80") == 1);  // overlong
  CHECK(bad_at("a\xC1\xBF") == 1);
  CHECK(bad_at("ab\xE0\x9F\xBF") == 2);
  CHECK(bad_at("ab\xF0\x8F\xBF\xBF") == 2);
  CHECK(bad_at("\xED\xA0\x80") == 0);      // surrogate
  CHECK(bad_at("\xF4\x90\x80\x80") == 0);  // above U+10FFFF
  CHECK(bad_at("\xF5\x80\x80\x80") == 0);
  CHECK(bad_at("x\xFF") == 1);
  CHECK(bad_at("é\xC3") == 2);  // cut short
  CHECK(bad_at("\xE2\x82 ") == 0);
  CHECK(bad_at(std::string("1234567\0", 8)) == 7);
  CHECK(bad_at(std::string("12345678901\0", 12)) == 11);
}

TEST_CASE("a bad byte is found wherever it stands among plain ones") {
  const std::string plain(100, 'x');
  for (int at = 0; at < 100; ++at) {
    for (const char bad : {'\0', '\xFF'}) {
      std::string text = plain;
      text[static_cast<std::size_t>(at)] = bad;
      CHECK(bad_at(text) == at);
    }
  }
}

TEST_CASE("long texts are counted as short ones are") {
  std::string text;
  for (std::size_t characters = 0; characters < 2000; ++characters) {
    if (characters % 97 == 0) {
      CHECK(pgtide::sql::count_characters(text) == characters);
      CHECK(pgtide::sql::count_line_ends(text) == (characters + 1) / 2);
    }
    text += characters % 2 == 0 ? "\n" : "日";
  }
}

TEST_CASE("characters") {
  CHECK(pgtide::sql::count_characters("aé日🙂") == 4);
  CHECK(pgtide::sql::next_character("aé日🙂", 1) == 3);
  CHECK(pgtide::sql::next_character("aé日🙂", 3) == 6);
  CHECK(pgtide::sql::next_character("aé日🙂", 6) == 10);
}
