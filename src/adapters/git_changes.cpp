#include "adapters/git_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "adapters/program.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

namespace fs = std::filesystem;

std::string find_git() {
  if (auto program = find_program("git")) return *program;
  throw Error(ErrorKind::environment, "--changed-since needs git, which was not found in PATH",
              "install git, or name the versions: `pgtide verify 3..9`");
}

class Git {
 public:
  explicit Git(const std::string& directory)
      : program_(find_git()), directory_(fs::absolute(directory).string()) {}

  ProgramResult run(std::vector<std::string> words) const {
    std::vector<std::string> argv = {program_, "-C", directory_};
    argv.insert(argv.end(), words.begin(), words.end());
    return ask_program(std::move(argv));
  }

  std::vector<std::string> paths(std::vector<std::string> words) const {
    const ProgramResult result = run(std::move(words));
    if (result.exit_code != 0) {
      throw Error(ErrorKind::environment,
                  "git cannot list what changed: " + first_line(result.errors));
    }
    std::vector<std::string> found;
    for (std::size_t begin = 0; begin < result.output.size();) {
      const std::size_t end = std::min(result.output.find('\0', begin), result.output.size());
      found.push_back(below(result.output.substr(begin, end - begin)));
      begin = end + 1;
    }
    return found;
  }

  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

 private:
  // A path that was not understood must not count as nothing changed.
  std::string below(std::string path) const {
    const fs::path normal = fs::path(path).lexically_normal();
    const bool is_below = !path.empty() && normal.is_relative() && *normal.begin() != "..";
    if (is_below) return path;
    throw Error(ErrorKind::environment,
                fmt::format("git names a changed file that is not below {}: {}", directory_,
                            path.empty() ? std::string("(no name)") : path),
                "name the versions instead: `pgtide verify 3..9`");
  }

  std::string program_;
  std::string directory_;
};

// Where the working tree left `revision`; what happened there since is not its doing.
std::string point_of_departure(const Git& git, const std::string& revision) {
  const ProgramResult inside = git.run({"rev-parse", "--is-inside-work-tree"});
  if (inside.exit_code != 0) {
    throw Error(ErrorKind::environment,
                "--changed-since needs a git repository: " + Git::first_line(inside.errors));
  }
  const ProgramResult commit =
      git.run({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  if (commit.exit_code != 0) {
    throw Error(ErrorKind::usage, fmt::format("git knows no revision `{}`", revision),
                "give a branch, a tag or a commit; a shallow clone may lack it: `git fetch`");
  }
  const ProgramResult base = git.run({"merge-base", Git::first_line(commit.output), "HEAD"});
  return Git::first_line((base.exit_code == 0 ? base : commit).output);
}

// Git knows a link, not what it leads to: what changes there would go unseen.
void refuse_links(const std::string& directory) {
  for (const char* folder : {"sql", "rollback", "fixtures"}) {
    const fs::path path = fs::path(directory) / folder;
    std::error_code none;
    const auto refuse_link = [&](const fs::path& link) {
      if (!fs::is_symlink(link, none)) return;
      throw Error(
          ErrorKind::usage,
          fmt::format("--changed-since cannot see what changes behind the link {}", link.string()),
          "name the versions instead: `pgtide verify 3..9`");
    };
    refuse_link(path);
    for (fs::directory_iterator it(path, none), end; !none && it != end; it.increment(none)) {
      refuse_link(it->path());
    }
  }
}

}  // namespace

std::vector<std::string> changed_files(const std::string& directory, const std::string& revision) {
  refuse_links(directory);
  const Git git(directory);
  const std::string since = point_of_departure(git, revision);
  std::vector<std::string> changed =
      git.paths({"diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", since,
                 "--", "."});
  const std::vector<std::string> untracked =
      git.paths({"ls-files", "-z", "--others", "--exclude-standard", "--", "."});
  changed.insert(changed.end(), untracked.begin(), untracked.end());
  return changed;
}

}  // namespace pgtide::adapters
