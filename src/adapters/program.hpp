// Runs a program that somebody may have to wait for.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/process.hpp"

namespace pgtide::adapters {

struct Program {
  std::vector<std::string> argv;  // argv[0]: a path, or a name that is looked for in $PATH
  std::vector<std::string> env;   // the whole environment, `NAME=value`
  std::string input;              // its standard input
  std::optional<std::chrono::milliseconds> timeout = {};
  // About ten times a second; false ends the program.
  std::function<bool()> keep_going = {};
  std::string folder = {};  // the working directory; empty: the current one
  std::optional<ProcessUser> user = {};
  std::size_t most_output = std::size_t{1} << 20;  // of each kind; what is more is thrown away
};

struct ProgramResult {
  enum class End { exited, timed_out, stopped };
  End end = End::exited;
  int exit_code = 0;   // 128+n when signal n ended it
  std::string output;  // stdout: what a program answers
  std::string errors;  // stderr: what it says beside that
  std::string said;    // both, for people, about as they came
};

// $PATH; where it is not set, the system's folders.
std::string path_variable();
// Its absolute folders: a relative one would mean another program in every current folder.
std::vector<std::string> folders_in(const std::string& path);
// The first program of that name in $PATH, as a path.
std::optional<std::string> find_program(const std::string& name);

// In a process group of its own (a Ctrl-C at the terminal does not reach it), until it ends;
// whatever it started in the background is not waited for. It dies with the calling thread. Throws
// Error(environment) when it cannot be started.
ProgramResult run_program(const Program& program);

// For a program that only has to answer: PATH and the like are its whole environment, so neither
// connection variables nor secrets reach it, and it stands in /. All of its output is kept.
ProgramResult ask_program(std::vector<std::string> argv,
                          const std::optional<ProcessUser>& user = std::nullopt);

// The environment of this process, without `hidden`.
std::vector<std::string> own_environment(const std::vector<std::string>& hidden = {});

}  // namespace pgtide::adapters
