#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "file_name.hpp"
#include "pgtide/catalog.hpp"
#include "wording.hpp"

namespace pgtide {
namespace {

// A file whose name gives a version.
struct Entry {
  Version version;
  file_name::Parts parts;
  std::string name;  // of the file
  std::string path;
};

class CatalogBuilder {
 public:
  // Keeps references to the files.
  CatalogBuilder(std::string directory, const std::vector<ScriptFile>& forward,
                 const std::vector<ScriptFile>& rollback)
      : forward_files_(scripts_among(forward)), rollback_files_(scripts_among(rollback)) {
    catalog_.directory = std::move(directory);
    report_subfolders(forward, "sql");
    report_subfolders(rollback, "rollback");
    find_next_free_number();
  }

  Catalog build() && {
    for (const ScriptFile* file : forward_files_) read_forward(*file);
    report_duplicates(forward_, "forward scripts", [this](const Entry& entry) {
      return fmt::format("give the newer one a free number, such as {}", free_number_after(entry));
    });
    add_migrations();
    for (const ScriptFile* file : rollback_files_) read_rollback(*file);
    report_duplicates(rollback_, "rollback scripts",
                      [](const Entry&) { return std::string("keep one of them"); });
    pair_rollbacks();
    return std::move(catalog_);
  }

 private:
  // Sorted by name.
  static std::vector<const ScriptFile*> scripts_among(const std::vector<ScriptFile>& files) {
    std::vector<const ScriptFile*> scripts;
    scripts.reserve(files.size());
    for (const ScriptFile& file : files) {
      const bool is_here = file_name::folder(file.file_name).empty();
      if (is_here && !file_name::is_ignored(file.file_name)) scripts.push_back(&file);
    }
    std::sort(scripts.begin(), scripts.end(),
              [](const ScriptFile* a, const ScriptFile* b) { return a->file_name < b->file_name; });
    return scripts;
  }

  // Other runners look there; passed over without a word, a migration would be missing.
  void report_subfolders(const std::vector<ScriptFile>& files, std::string_view parent) {
    std::map<std::string_view, std::vector<std::string>> scripts;
    for (const ScriptFile& file : files) {
      const std::string_view folder = file_name::folder(file.file_name);
      const std::string_view name = std::string_view(file.file_name).substr(folder.size());
      if (!folder.empty() && !file_name::is_ignored(name)) scripts[folder].emplace_back(name);
    }
    for (auto& [folder, names] : scripts) {
      std::sort(names.begin(), names.end());
      const std::string above = joined_path(catalog_.directory, std::string(parent));
      report(
          joined_path(above, std::string(folder)),
          fmt::format("pgtide does not look into this folder, which holds {}", list_of(names, 3)),
          fmt::format("move scripts to {}, and what is no migration out of {}", above,
                      catalog_.directory));
    }
  }

  // The next one, so that the order stays, or where there is none one behind all others.
  std::string free_number_after(const Entry& entry) const {
    const auto less = [](const Entry& one, Version version) { return one.version < version; };
    const Version next(entry.version.number() + 1);
    const auto found = std::lower_bound(forward_.begin(), forward_.end(), next, less);
    const bool is_free = found == forward_.end() || found->version != next;
    return is_free ? next.padded(entry.parts.digits.size()) : next_free_;
  }

  void find_next_free_number() {
    std::uint64_t newest = 0;
    std::size_t width = 4;
    for (const ScriptFile* file : forward_files_) {
      const file_name::Parts parts = file_name::split(file->file_name);
      const auto version = parts.version();
      if (!version || version->number() < newest) continue;
      newest = version->number();
      width = parts.digits.size();
    }
    next_free_ = Version(newest + 1).padded(width);
  }

  void report(const std::string& path, std::string message, std::string hint) {
    catalog_.problems.push_back(
        {{file_name::escaped(path), 0, 0}, std::move(message), std::move(hint), {}});
  }

  // What is wrong with an entry whichever folder it lies in; false when its name cannot be used.
  bool check_entry(const ScriptFile& file, const file_name::Parts& parts) {
    if (!file.is_regular_file) {
      report(file.path, "this is named like a script, but it is a folder or a special file",
             "rename it, or move it out of the migrations directory");
    } else if (!file_name::is_printable(file.file_name)) {
      report(file.path, "the file name holds control characters or is not valid UTF-8",
             "rename it with letters, digits and underscores");
    } else if (parts.extension != ".sql") {
      report(file.path, fmt::format("the extension is {}, not .sql", parts.extension),
             fmt::format("rename it to {}{}.sql", parts.digits, parts.rest));
    } else {
      return true;
    }
    return false;
  }

  // `hint` is a function, because most files need none.
  template <typename Hint>
  bool check_number(const ScriptFile& file, const file_name::Parts& parts, Hint hint) {
    if (parts.digits.empty()) {
      report(file.path, "the file name does not begin with a version number", hint());
    } else if (parts.digits.size() > Version::max_digits) {
      report(file.path,
             fmt::format("the version has {} digits, more than {}", parts.digits.size(),
                         Version::max_digits),
             hint());
    } else if (!parts.version()) {
      report(file.path, fmt::format("{} is not a version: the first one is 1", parts.digits),
             hint());
    } else {
      return true;
    }
    return false;
  }

  bool check_forward_name(const ScriptFile& file, const file_name::Parts& parts) {
    const std::size_t name_at = parts.rest.find_first_not_of("_-. ");
    if (name_at == std::string::npos) {
      report(file.path, "the name after the version is missing",
             fmt::format("rename it to {}_<what_it_does>.sql", parts.digits));
    } else if (parts.rest.front() != '_') {
      report(file.path, "an underscore must follow the version",
             fmt::format("rename it to {}_{}.sql", parts.digits, parts.rest.substr(name_at)));
    } else if (parts.rest == "_rollback") {
      // Run as a forward script it would undo what it should protect.
      report(file.path, "a rollback script lies among the forward scripts",
             fmt::format("move it to {}",
                         joined_path(catalog_.directory, "rollback/" + file.file_name)));
    } else if (file_name::is_way_back(parts.rest)) {
      report(file.path, "another tool's way back lies among the forward scripts",
             fmt::format("move it to {}",
                         joined_path(catalog_.directory,
                                     fmt::format("rollback/{}_rollback.sql", parts.digits))));
    } else {
      return true;
    }
    return false;
  }

  void read_forward(const ScriptFile& file) {
    file_name::Parts parts = file_name::split(file.file_name);
    const auto hint = [&] {
      return fmt::format("rename it to begin with a free number, such as {}{}{}.sql", next_free_,
                         parts.rest.starts_with('_') ? "" : "_", parts.rest);
    };
    if (check_entry(file, parts) && check_number(file, parts, hint) &&
        check_forward_name(file, parts)) {
      forward_.push_back({*parts.version(), std::move(parts), file.file_name, file.path});
    } else if (parts.version() && parts.rest != "_rollback") {
      // Its rollback script is not complained about for want of a partner.
      misnamed_forward_.insert(*parts.version());
    }
  }

  void read_rollback(const ScriptFile& file) {
    file_name::Parts parts = file_name::split(file.file_name);
    const auto hint = [] {
      return "name it after the version of its forward script, such as 0001_rollback.sql";
    };
    const bool is_usable = check_entry(file, parts) && check_number(file, parts, hint);
    if (const auto version = parts.version()) {
      std::vector<Entry>& entries = !is_usable                  ? reported_rollback_
                                    : parts.rest == "_rollback" ? rollback_
                                                                : misnamed_rollback_;
      entries.push_back({*version, std::move(parts), file.file_name, file.path});
    }
  }

  // Leaves the first entry of each version.
  template <typename Hint>
  void report_duplicates(std::vector<Entry>& entries, std::string_view what, Hint hint) {
    const auto less = [](const Entry& a, const Entry& b) { return a.version < b.version; };
    // The files come sorted by name, which is the same order as long as all numbers are as wide.
    if (!std::is_sorted(entries.begin(), entries.end(), less)) {
      std::stable_sort(entries.begin(), entries.end(), less);
    }
    for (auto first = entries.begin(); first != entries.end();) {
      const auto end = std::find_if(first, entries.end(),
                                    [&](const Entry& e) { return e.version != first->version; });
      std::vector<std::string> names;
      if (end - first > 1) {
        for (auto entry = first; entry != end; ++entry) names.push_back(entry->name);
        report((first + 1)->path,
               fmt::format("{} {} have the version {}: {}",
                           names.size() == 2 ? "two" : std::to_string(names.size()), what,
                           first->version.number(), list_of(names, names.size())),
               hint(*first));
      }
      first = end;
    }
    const auto same = [](const Entry& a, const Entry& b) { return a.version == b.version; };
    entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  }

  void add_migrations() {
    catalog_.migrations.reserve(forward_.size());
    for (const Entry& entry : forward_) {
      catalog_.migrations.push_back({entry.version, entry.parts.digits, entry.parts.rest.substr(1),
                                     entry.path, std::string(), std::nullopt});
    }
  }

  Migration* find(Version version) {
    const Migration* found = catalog_.find(version);
    if (found == nullptr) return nullptr;
    return &catalog_.migrations[static_cast<std::size_t>(found - catalog_.migrations.data())];
  }

  void pair_rollbacks() {
    for (const Entry& entry : rollback_) {
      if (Migration* migration = find(entry.version)) migration->rollback_path = entry.path;
    }
    for (const Entry& entry : misnamed_rollback_) report_misnamed_rollback(entry);
    for (const Entry& entry : rollback_) {
      if (find(entry.version) == nullptr && !misnamed_forward_.contains(entry.version))
        report_orphan(entry);
    }
    adopt(misnamed_rollback_);
    adopt(reported_rollback_);
  }

  // A misnamed script is taken for what it is meant to be, so that nobody is told in addition that
  // the rollback script is missing; the catalog has a problem either way.
  void adopt(const std::vector<Entry>& misnamed) {
    for (const Entry& entry : misnamed) {
      Migration* migration = find(entry.version);
      if (migration != nullptr && migration->rollback_path.empty())
        migration->rollback_path = entry.path;
    }
  }

  void report_misnamed_rollback(const Entry& entry) {
    const Migration* migration = find(entry.version);
    const std::string right_name = entry.parts.digits + "_rollback.sql";
    if (migration != nullptr && !migration->rollback_path.empty()) {
      report(entry.path,
             fmt::format("{} has another rollback script already, {}", migration->version_text,
                         migration->rollback_path),
             "remove one of them; a rollback script is named " + right_name);
    } else {
      report(entry.path, "this is not the name of a rollback script",
             fmt::format("rename it to {}", right_name));
    }
  }

  // The forward script that the rollback script may have been meant for: one without partner first.
  const Migration* nearest_forward(Version version) const {
    const auto gap = [&](const Migration& m) {
      return std::max(m.version, version).number() - std::min(m.version, version).number();
    };
    const auto rank = [&](const Migration& m) {
      return std::pair(!m.rollback_path.empty(), gap(m));
    };
    const auto nearest =
        std::min_element(catalog_.migrations.begin(), catalog_.migrations.end(),
                         [&](const Migration& a, const Migration& b) { return rank(a) < rank(b); });
    return nearest == catalog_.migrations.end() ? nullptr : &*nearest;
  }

  void report_orphan(const Entry& entry) {
    const std::string expected =
        joined_path(catalog_.directory, fmt::format("sql/{}_<name>.sql", entry.parts.digits));
    std::string hint = fmt::format("expected {}", expected);
    if (const Migration* nearest = nearest_forward(entry.version))
      hint += fmt::format("; the nearest forward script is {}", nearest->forward_path);
    report(
        entry.path,
        fmt::format("the rollback script has no forward script of version {}", entry.parts.digits),
        std::move(hint));
  }

  Catalog catalog_;
  std::vector<const ScriptFile*> forward_files_;
  std::vector<const ScriptFile*> rollback_files_;
  std::string next_free_;
  std::vector<Entry> forward_;
  std::vector<Entry> rollback_;
  std::vector<Entry> misnamed_rollback_;
  std::vector<Entry> reported_rollback_;  // unusable for a reason that is reported already
  std::set<Version> misnamed_forward_;
};

}  // namespace

Catalog build_catalog(std::string directory, const std::vector<ScriptFile>& forward,
                      const std::vector<ScriptFile>& rollback) {
  return CatalogBuilder(std::move(directory), forward, rollback).build();
}

}  // namespace pgtide
