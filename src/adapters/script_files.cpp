#include "adapters/script_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "adapters/file_checksums.hpp"
#include "adapters/file_source.hpp"
#include "core/wording.hpp"

namespace pgtide::adapters {
namespace {

namespace fs = std::filesystem;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool is_regular(const dirent& entry, const std::string& path) {
  if (entry.d_type == DT_REG || entry.d_type == DT_DIR) return entry.d_type == DT_REG;
  std::error_code ignored;  // a link that leads nowhere is not a regular file
  return fs::is_regular_file(path, ignored);
}

// A link to a folder is none: it may lead to all of the disk.
bool is_folder(const dirent& entry, const std::string& path) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
  std::error_code ignored;
  return fs::is_directory(fs::symlink_status(path, ignored));
}

// Adds what lies below `folder`, with the folder in its name: it is not read, but told of.
void list_below(const std::string& folder, const std::string& name,
                std::vector<ScriptFile>& files) {
  if (name.starts_with('.')) return;
  std::error_code unreadable;
  auto entry = fs::recursive_directory_iterator(
      folder, fs::directory_options::skip_permission_denied, unreadable);
  for (; !unreadable && entry != fs::recursive_directory_iterator(); entry.increment(unreadable)) {
    const std::string below = entry->path().lexically_relative(folder).string();
    const bool hidden = entry->path().filename().string().starts_with('.');
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      if (hidden) entry.disable_recursion_pending();
    } else if (!hidden) {
      files.push_back({.file_name = joined_path(name, below), .path = entry->path().string()});
    }
  }
}

[[noreturn]] void unreadable(const std::string& folder) {
  throw Error(ErrorKind::invalid_input,
              fmt::format("cannot read the folder {}: {}", folder, std::strerror(errno)),
              "check its permissions");
}

std::vector<ScriptFile> list(const std::string& folder) {
  const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
  if (!open) unreadable(folder);
  std::vector<ScriptFile> files;
  while (true) {
    errno = 0;  // tells the end from a failure
    const dirent* entry = ::readdir(open.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    std::string path = joined_path(folder, name);
    if (is_folder(*entry, path)) list_below(path, name, files);
    const bool regular = is_regular(*entry, path);
    files.push_back(
        {.file_name = std::move(name), .path = std::move(path), .is_regular_file = regular});
  }
  if (errno != 0) unreadable(folder);
  return files;
}

void require_directory(const std::string& directory) {
  struct stat info {};
  const char* hint =
      "give the folder that holds sql/ and rollback/ with --dir, or make a first migration with "
      "`pgtide generate NAME`";
  if (::stat(directory.c_str(), &info) != 0) {
    throw Error(
        ErrorKind::invalid_input,
        fmt::format("cannot read the migrations directory {}: {}", directory, std::strerror(errno)),
        hint);
  }
  if (!S_ISDIR(info.st_mode)) {
    throw Error(ErrorKind::invalid_input, fmt::format("{} is not a directory", directory), hint);
  }
  std::error_code unreachable;
  if (!fs::exists(joined_path(directory, "sql"), unreachable) && !unreachable) {
    throw Error(ErrorKind::invalid_input,
                fmt::format("the migrations directory {} has no folder sql", directory), hint);
  }
}

// A link may lead to any file that this process can read, and what is read as a script is stored in
// the database. Root can read too much for that.
class LinkCheck {
 public:
  explicit LinkCheck(Catalog& catalog) : catalog_(catalog) {
    std::error_code none;
    root_ = fs::weakly_canonical(catalog.directory, none);
  }

  void look(const std::string& path) {
    std::error_code none;
    if (path.empty() || !fs::is_symlink(fs::symlink_status(path, none))) return;
    const fs::path to = fs::weakly_canonical(path, none);
    const auto end = std::mismatch(root_.begin(), root_.end(), to.begin(), to.end()).first;
    if (end == root_.end()) return;
    const std::string what = fmt::format(
        "{} is a link that leads out of the migrations folder, to {}", path, to.string());
    if (::geteuid() != 0) {
      catalog_.notices.push_back(what);
      return;
    }
    catalog_.problems.push_back({.where = {path, 0, 0},
                                 .message = "a link that leads out of the migrations folder, to " +
                                            to.string() + ", is not followed as root",
                                 .hint = "copy the file, or run pgtide as another user",
                                 .source_line = {}});
  }

 private:
  Catalog& catalog_;
  fs::path root_;
};

void look_at_links(Catalog& catalog) {
  LinkCheck check(catalog);
  check.look(joined_path(catalog.directory, "sql"));
  check.look(joined_path(catalog.directory, "rollback"));
  for (const Migration& migration : catalog.migrations) {
    check.look(migration.forward_path);
    check.look(migration.rollback_path);
  }
}

// What the script of the row was when it ran; empty when it has nothing to be compared with.
std::string_view recorded_checksum(const LedgerRow& row) {
  if (is_applied(row)) return row.checksum;
  const bool is_half_done = row.progress && row.progress->direction == Direction::up;
  return is_half_done ? std::string_view(row.progress->checksum) : std::string_view();
}

// Sets the checksums of what `ledger` says is applied, or half applied.
void compare_with(const LedgerSnapshot& ledger, std::vector<Migration>& migrations) {
  std::vector<ChecksumTask> tasks;
  std::vector<Migration*> compared;
  auto row = ledger.rows.begin();  // both lists ascend
  for (Migration& migration : migrations) {
    while (row != ledger.rows.end() && row->version < migration.version) ++row;
    if (row == ledger.rows.end()) break;
    const std::string_view recorded = recorded_checksum(*row);
    const bool is_compared = is_applied(*row) || !recorded.empty();
    if (row->version != migration.version || !is_compared) continue;
    tasks.push_back({.path = &migration.forward_path, .recorded = recorded});
    compared.push_back(&migration);
  }
  compute_checksums(tasks);
  for (std::size_t i = 0; i < tasks.size(); ++i)
    compared[i]->forward_checksum = std::move(tasks[i].found);
}

}  // namespace

Catalog ScriptFiles::catalog(const LedgerSnapshot& ledger) {
  require_directory(directory_);
  stored_.clear();
  std::error_code ignored;
  const bool has_rollbacks = fs::exists(joined_path(directory_, "rollback"), ignored);
  Catalog catalog = build_catalog(
      directory_, list(joined_path(directory_, "sql")),
      has_rollbacks ? list(joined_path(directory_, "rollback")) : std::vector<ScriptFile>());
  look_at_links(catalog);
  if (catalog.problems.empty()) compare_with(ledger, catalog.migrations);
  return catalog;
}

Catalog ScriptFiles::without_files() {
  stored_.clear();
  return {};
}

std::unique_ptr<ByteSource> ScriptFiles::open(const Step& step) {
  if (step.origin == ScriptOrigin::file) return open_file(step.path);
  auto known = stored_.find(step.version);
  if (known == stored_.end()) {
    std::optional<std::string> script;
    if (ledger_ != nullptr) script = ledger_->stored_rollback(step.version_text);
    if (!script) {
      throw Error(ErrorKind::environment,
                  fmt::format("the ledger keeps no rollback script of {}", step.version_text));
    }
    known = stored_.emplace(step.version, std::move(*script)).first;
  }
  return std::make_unique<StringSource>(known->second);
}

std::unique_ptr<ByteSource> ScriptFiles::open_file(const std::string& path) {
  return std::make_unique<FileSource>(path);
}

void write_new_file(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) {
    const bool exists = errno == EEXIST;
    throw Error(exists ? ErrorKind::usage : ErrorKind::environment,
                exists ? fmt::format("{} exists already and is not overwritten", path)
                       : fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    done += static_cast<std::size_t>(n);
  }
  const int why = errno;
  if (::close(file) != 0 || done < text.size()) {
    ::unlink(path.c_str());
    throw Error(ErrorKind::environment,
                fmt::format("cannot write {}: {}", path, std::strerror(why)));
  }
}

}  // namespace pgtide::adapters
