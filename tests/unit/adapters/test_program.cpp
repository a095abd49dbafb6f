#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "adapters/program.hpp"

using namespace pgtide::adapters;
namespace fs = std::filesystem;

TEST_CASE("only absolute folders of PATH count") {
  CHECK(folders_in("/a:/b c:") == std::vector<std::string>{"/a", "/b c"});
  CHECK(folders_in(":.:bin:/usr/bin::../x") == std::vector<std::string>{"/usr/bin"});
  CHECK(folders_in("").empty());
}

TEST_CASE("a program is the first file of that name that can be run") {
  std::string name = (fs::temp_directory_path() / "pgtide-path-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  const fs::path folder = name;
  const std::string before = path_variable();
  for (const char* one : {"folder/tool", "plain", "right"}) fs::create_directories(folder / one);
  for (const char* one : {"plain/tool", "right/tool"}) std::ofstream(folder / one) << "#!/bin/sh\n";
  chmod((folder / "plain/tool").c_str(), 0600);
  chmod((folder / "right/tool").c_str(), 0700);
  const auto path = [&](const char* one) { return (folder / one).string(); };

  setenv("PATH", (path("folder") + ":" + path("plain") + "::" + path("right")).c_str(), 1);
  CHECK(find_program("tool") == path("right/tool"));
  CHECK(find_program("other") == std::nullopt);
  unsetenv("PATH");
  CHECK(folders_in(path_variable()) == std::vector<std::string>{"/usr/bin", "/bin"});
  CHECK(find_program("sh").has_value());

  setenv("PATH", before.c_str(), 1);
  fs::remove_all(folder);
}
