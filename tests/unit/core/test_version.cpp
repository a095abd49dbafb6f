#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "pgtide/version.hpp"

using pgtide::Version;

TEST_CASE("a version is a number, whatever its width") {
  CHECK(Version::parse("0005") == Version(5));
  CHECK(Version::parse("5") == Version::parse("000005"));
  CHECK(Version::parse("20240115103000")->number() == 20240115103000U);
  CHECK(Version::parse("999999999999999999")->number() == 999999999999999999U);
}

TEST_CASE("what is not 1 to 18 digits, or is zero, is no version") {
  for (const char* text : {"", "0", "0000", "-1", "+1", "1.0", " 1", "1 ", "0x1", "1a",
                           "1000000000000000000", "0000000000000000001"}) {
    CAPTURE(text);
    CHECK_FALSE(Version::parse(text));
  }
}

TEST_CASE("padding adds zeros and never cuts") {
  CHECK(Version(7).padded(4) == "0007");
  CHECK(Version(12345).padded(4) == "12345");
  CHECK(Version(12345).padded(0) == "12345");
}

TEST_CASE("order is numeric and a spelling leads back to its number") {
  CHECK(rc::check("version order", [] {
    const auto a = *rc::gen::inRange<std::uint64_t>(1, 1'000'000'000'000'000'000U);
    const auto b = *rc::gen::inRange<std::uint64_t>(1, 1'000'000'000'000'000'000U);
    const auto width = *rc::gen::inRange<std::size_t>(0, Version::max_digits + 1);
    RC_ASSERT((Version(a) < Version(b)) == (a < b));
    RC_ASSERT(Version::parse(Version(a).padded(width)) == Version(a));
  }));
}
