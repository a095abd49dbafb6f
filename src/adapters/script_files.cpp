#include "adapters/script_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/wording.hpp"

namespace pgtide::adapters {
namespace {

namespace fs = std::filesystem;

class FileSource final : public ByteSource {
 public:
  explicit FileSource(const std::string& path)
      : path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) fail();
  }
  ~FileSource() override { ::close(file_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::size_t read(std::span<char> buffer) override {
    while (true) {
      const ssize_t n = ::read(file_, buffer.data(), buffer.size());
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) fail();
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorKind::environment,
                fmt::format("cannot read {}: {}", path_, std::strerror(errno)),
                "check its permissions");
  }

  std::string path_;
  int file_;
};

Checksum checksum_of_file(const std::string& path, ChecksumForms forms) {
  FileSource source(path);
  ChecksumStream sums(forms);
  std::array<char, 1 << 16> buffer{};
  while (const std::size_t n = source.read(buffer)) sums.update({buffer.data(), n});
  return sums.finish();
}

std::vector<ScriptFile> list(const std::string& folder) {
  std::vector<ScriptFile> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;  // a link that leads nowhere is not a regular file
    files.push_back({.file_name = name,
                     .path = folder + "/" + name,
                     .is_regular_file = entry->is_regular_file(ignored)});
  }
  if (error) {
    throw Error(ErrorKind::invalid_input,
                fmt::format("cannot read the folder {}: {}", folder, error.message()),
                "check its permissions");
  }
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

}  // namespace

Catalog ScriptFiles::catalog(const LedgerSnapshot& ledger) {
  require_directory(directory_);
  stored_.clear();
  std::error_code ignored;
  const bool has_rollbacks = fs::exists(joined_path(directory_, "rollback"), ignored);
  Catalog catalog = build_catalog(
      directory_, list(joined_path(directory_, "sql")),
      has_rollbacks ? list(joined_path(directory_, "rollback")) : std::vector<ScriptFile>());
  auto row = ledger.rows.begin();  // both lists ascend
  for (Migration& migration : catalog.migrations) {
    while (row != ledger.rows.end() && row->version < migration.version) ++row;
    const bool comparable =
        row != ledger.rows.end() && row->version == migration.version && is_applied(*row);
    if (!comparable) continue;
    migration.forward_checksum = checksum_of_file(migration.forward_path, ChecksumForms::usual);
    if (!migration.forward_checksum->matches(row->checksum)) {
      migration.forward_checksum = checksum_of_file(migration.forward_path, ChecksumForms::all);
    }
  }
  return catalog;
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
