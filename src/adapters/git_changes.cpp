#include "adapters/git_changes.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "adapters/process.hpp"
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

  ProcessResult run(std::vector<std::string> words) const {
    std::vector<std::string> argv = {program_, "-C", directory_};
    argv.insert(argv.end(), words.begin(), words.end());
    return run_process(std::move(argv));
  }

  std::vector<std::string> paths(std::vector<std::string> words) const {
    const ProcessResult result = run(std::move(words));
    if (result.exit_code != 0) {
      throw Error(ErrorKind::environment, "git cannot list what changed: " + first_line(result));
    }
    std::vector<std::string> found;
    for (std::size_t begin = 0; begin < result.output.size();) {
      const std::size_t end = std::min(result.output.find('\0', begin), result.output.size());
      found.push_back(result.output.substr(begin, end - begin));
      begin = end + 1;
    }
    return found;
  }

  static std::string first_line(const ProcessResult& result) {
    return result.output.substr(0, result.output.find('\n'));
  }

 private:
  std::string program_;
  std::string directory_;
};

// Where the working tree left `revision`; what happened there since is not its doing.
std::string point_of_departure(const Git& git, const std::string& revision) {
  const ProcessResult inside = git.run({"rev-parse", "--is-inside-work-tree"});
  if (inside.exit_code != 0) {
    throw Error(ErrorKind::environment,
                "--changed-since needs a git repository: " + Git::first_line(inside));
  }
  const ProcessResult commit =
      git.run({"rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"});
  if (commit.exit_code != 0) {
    throw Error(ErrorKind::usage, fmt::format("git knows no revision `{}`", revision),
                "give a branch, a tag or a commit; a shallow clone may lack it: `git fetch`");
  }
  const ProcessResult base = git.run({"merge-base", Git::first_line(commit), "HEAD"});
  return Git::first_line(base.exit_code == 0 ? base : commit);
}

}  // namespace

std::vector<std::string> changed_files(const std::string& directory, const std::string& revision) {
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
