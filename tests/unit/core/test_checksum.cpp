#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>

#include "pgtide/checksum.hpp"

using namespace pgtide;

namespace {

const std::string bom = "\xEF\xBB\xBF";

Checksum in_chunks(const std::string& bytes, std::size_t size) {
  ChecksumStream stream;
  for (std::size_t at = 0; at < bytes.size(); at += size)
    stream.update(std::string_view(bytes).substr(at, size));
  return stream.finish();
}

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

Checksum expected(const std::string& lf_text, const std::string& raw) {
  return {sha256_hex(lf_text), sha256_hex(raw), sha256_hex(with_crlf(lf_text)),
          sha256_hex(bom + lf_text), sha256_hex(bom + with_crlf(lf_text))};
}

}  // namespace

TEST_CASE("SHA-256 in lower-case hex") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("every form of a script has the checksum of the bytes it stands for") {
  const std::string lf = "create table a ();\ndrop table b;\n";
  CHECK(checksum_of(lf) == expected(lf, lf));
  CHECK(checksum_of(with_crlf(lf)) == expected(lf, with_crlf(lf)));
  CHECK(checksum_of(bom + lf) == expected(lf, bom + lf));
  CHECK(checksum_of(bom + with_crlf(lf)) == expected(lf, bom + with_crlf(lf)));
}

TEST_CASE("a CR without LF is text, wherever it stands") {
  for (const std::string lone : {"a\rb", "\r", "a\r", "\r\ra", "\ra\n"}) {
    CAPTURE(lone);
    for (const std::size_t size : {1U, 2U, 100U})
      CHECK(in_chunks(lone, size).text == sha256_hex(lone));
  }
  CHECK(checksum_of("a\r\r\nb").text == sha256_hex("a\r\nb"));
  CHECK(checksum_of("a\r\r\nb").raw == sha256_hex("a\r\r\nb"));
}

TEST_CASE("a byte-order mark counts only whole and only at the start") {
  CHECK(checksum_of(bom).text == sha256_hex(""));
  CHECK(checksum_of("\xEF\xBB").text == sha256_hex("\xEF\xBB"));
  CHECK(checksum_of("\xEF").text == sha256_hex("\xEF"));
  CHECK(checksum_of("").text == sha256_hex(""));
  CHECK(checksum_of("a" + bom).text == sha256_hex("a" + bom));
  CHECK(checksum_of(bom + bom + "a").text == sha256_hex(bom + "a"));
}

TEST_CASE("a script is recognised whatever line ends and mark it was recorded with") {
  const std::string lf = "select 1;\nselect 2;\n";
  const std::string forms[] = {lf, with_crlf(lf), bom + lf, bom + with_crlf(lf)};
  for (const std::string& now : forms) {
    for (const std::string& then : forms) CHECK(checksum_of(now).matches(sha256_hex(then)));
    CHECK_FALSE(checksum_of(now).matches(sha256_hex("select 1;\nselect 3;\n")));
  }
  const std::string mixed = "select 1;\r\nselect 2;\n";
  CHECK(checksum_of(mixed).matches(sha256_hex(mixed)));
  CHECK(checksum_of(mixed).matches(sha256_hex(lf)));
}

TEST_CASE("letter case of the recorded checksum does not count, an empty one matches nothing") {
  std::string upper = sha256_hex("x");
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  CHECK(checksum_of("x").matches(upper));
  CHECK_FALSE(checksum_of("x").matches(""));
  CHECK_FALSE(Checksum{}.matches(""));
  CHECK_FALSE(checksum_of("x").matches(sha256_hex("x").substr(0, 63)));
  CHECK_FALSE(checksum_of("x", ChecksumForms::usual).matches(""));
}

TEST_CASE("the usual forms are text and raw, without the cost of the others") {
  const Checksum sums = checksum_of(bom + "a\r\n", ChecksumForms::usual);
  CHECK(sums.text == sha256_hex("a\n"));
  CHECK(sums.raw == sha256_hex(bom + "a\r\n"));
  CHECK(sums.crlf.empty());
  CHECK_FALSE(sums.matches(sha256_hex("a\r\n")));
}

TEST_CASE("a script much larger than the buffers has the same checksum in one piece") {
  std::string lf;
  while (lf.size() < 100000) lf += "insert into t values (1, 'some text of a row');\n";
  CHECK(checksum_of(bom + with_crlf(lf)) == expected(lf, bom + with_crlf(lf)));
  // A CR on the last byte of an internal slice, with and without its LF on the next one.
  const std::string filler(16384 - 1, 'x');
  CHECK(checksum_of("abc" + filler + "\r\ny").text == sha256_hex("abc" + filler + "\ny"));
  CHECK(checksum_of("abc" + filler + "\ry").text == sha256_hex("abc" + filler + "\ry"));
}

TEST_CASE("how a stream is cut makes no difference") {
  CHECK(rc::check("checksum and chunks", [] {
    std::string bytes;
    for (const int piece : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7))) {
      constexpr const char* pieces[] = {"\r", "\n", "\r\n", "a", "\xEF", "\xBB", "\xBF"};
      bytes += pieces[piece];
    }
    if (*rc::gen::arbitrary<bool>()) bytes = bom + bytes;
    const Checksum whole = checksum_of(bytes);
    RC_ASSERT(in_chunks(bytes, *rc::gen::inRange<std::size_t>(1, 6)) == whole);
    RC_ASSERT(whole.raw == sha256_hex(bytes));
  }));
}

TEST_CASE("how lines end makes no difference") {
  CHECK(rc::check("checksum and line ends", [] {
    std::string lf;
    std::string other = *rc::gen::arbitrary<bool>() ? bom : "";
    for (const bool is_line_end : *rc::gen::arbitrary<std::vector<bool>>()) {
      lf += is_line_end ? "\n" : "x";
      other += !is_line_end ? "x" : *rc::gen::arbitrary<bool>() ? "\r\n" : "\n";
    }
    const Checksum now = checksum_of(other);
    RC_ASSERT(now == expected(lf, other));
    RC_ASSERT(now.matches(checksum_of(lf).text));
  }));
}
