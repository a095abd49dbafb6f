// The number of a migration.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pgtide {

// A version is a number from 1 up; it is ordered and compared as a number, so `5`, `05` and `0005`
// are the same version. Files and ledger rows keep the digits they were written with; a Version
// carries the number only.
//
//   auto v = Version::parse("0005");   // v->number() == 5
//   v->padded(4) == "0005"
class Version {
 public:
  // Longest spelling, leading zeros included: what a 64-bit number holds and a VARCHAR(20) column
  // can store.
  static constexpr std::size_t max_digits = 18;

  constexpr explicit Version(std::uint64_t number) : number_(number) {}

  // Digits only, 1 to `max_digits` of them, not zero; anything else is nullopt.
  static std::optional<Version> parse(std::string_view text);

  constexpr std::uint64_t number() const { return number_; }
  // Decimal digits with leading zeros up to `width`; longer numbers are written whole.
  std::string padded(std::size_t width) const;

  friend constexpr auto operator<=>(const Version&, const Version&) = default;

 private:
  std::uint64_t number_;
};

}  // namespace pgtide

template <>
struct std::hash<pgtide::Version> {
  std::size_t operator()(const pgtide::Version& v) const noexcept {
    return std::hash<std::uint64_t>{}(v.number());
  }
};
