#include "pgtide/backup_files.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace pgtide {
namespace {

constexpr std::string_view extension = ".dump";

// Letters, digits, `_` and `-` stay; everything else, also a `%`, becomes %XX.
std::string safe_database(std::string_view database) {
  std::string out;
  for (const char c : database) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// The way back; nullopt for what safe_database() does not write.
std::optional<std::string> database_in(std::string_view safe) {
  std::string out;
  for (std::size_t at = 0; at < safe.size(); ++at) {
    if (safe[at] != '%') {
      out += safe[at];
      continue;
    }
    unsigned value = 0;
    const char* const begin = safe.data() + at + 1;
    if (safe.size() - at < 3) return std::nullopt;
    const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    out += static_cast<char>(value);
    at += 2;
  }
  return out;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') return {};
  return value;
}

// `20260115T102233Z`
std::optional<BackupTime> parsed(std::string_view text) {
  using namespace std::chrono;
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::vector<int> parts;
  for (const auto& [at, size] :
       {std::pair<std::size_t, std::size_t>{0, 4}, {4, 2}, {6, 2}, {9, 2}, {11, 2}, {13, 2}}) {
    const auto part = number(text.substr(at, size));
    if (!part) return std::nullopt;
    parts.push_back(*part);
  }
  const year_month_day date{year(parts[0]), month(static_cast<unsigned>(parts[1])),
                            day(static_cast<unsigned>(parts[2]))};
  if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return std::nullopt;
  return sys_days(date) + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5]);
}

int month_number(BackupTime at) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(at)};
  return static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month()));
}

// Counts spans of time; only the newest backup of each of the first `most` spans is kept.
class Slots {
 public:
  explicit Slots(std::size_t most) : most_(most) {}
  bool keeps(long span) { return seen_.size() < most_ && seen_.insert(span).second; }

 private:
  std::size_t most_;
  std::set<long> seen_;
};

}  // namespace

std::string backup_name(std::string_view database, BackupTime at) {
  return fmt::format("{}-{:%Y%m%dT%H%M%S}Z{}", safe_database(database),
                     fmt::gmtime(std::chrono::system_clock::to_time_t(at)), extension);
}

std::optional<std::string> backed_up_database(std::string_view file_name) {
  constexpr std::size_t of_time = 16;
  if (!file_name.ends_with(extension)) return std::nullopt;
  file_name.remove_suffix(extension.size());
  if (file_name.size() < of_time + 2) return std::nullopt;
  const std::size_t dash = file_name.size() - of_time - 1;
  if (file_name[dash] != '-' || !parsed(file_name.substr(dash + 1))) return std::nullopt;
  return database_in(file_name.substr(0, dash));
}

std::optional<BackupTime> backup_time(std::string_view database, std::string_view file_name) {
  const std::string start = safe_database(database) + "-";
  if (!file_name.starts_with(start) || !file_name.ends_with(extension)) return std::nullopt;
  file_name.remove_prefix(start.size());
  if (file_name.size() < extension.size()) return std::nullopt;
  file_name.remove_suffix(extension.size());
  return parsed(file_name);
}

std::vector<std::string> backups_of(std::string_view database,
                                    const std::vector<std::string>& file_names) {
  std::vector<std::pair<BackupTime, std::string>> found;
  for (const std::string& name : file_names) {
    if (const auto at = backup_time(database, name)) found.emplace_back(*at, name);
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> names;
  for (auto& [at, name] : found) names.push_back(std::move(name));
  return names;
}

std::vector<std::string> expired_backups(std::string_view database,
                                         const std::vector<std::string>& file_names,
                                         const Retention& keep) {
  using namespace std::chrono;
  if (keep.days + keep.weeks + keep.months == 0) return {};
  Slots days_kept(keep.days);
  Slots weeks_kept(keep.weeks);
  Slots months_kept(keep.months);
  std::vector<std::string> expired;
  const std::vector<std::string> names = backups_of(database, file_names);
  for (const std::string& name : names) {
    const BackupTime at = *backup_time(database, name);
    const long day = floor<days>(at).time_since_epoch().count();
    // 1970-01-01 was a Thursday.
    const bool by_day = days_kept.keeps(day);
    const bool by_week = weeks_kept.keeps((day + 3) / 7);
    const bool by_month = months_kept.keeps(month_number(at));
    // Several deployments of one day may all have to be undone.
    const bool is_recent = *backup_time(database, names.front()) - at <= hours(24);
    if (!is_recent && !by_day && !by_week && !by_month) expired.push_back(name);
  }
  return expired;
}

}  // namespace pgtide
