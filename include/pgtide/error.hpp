// The two ways in which pgtide says no.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pgtide {

// A place in a script. `line` and `column` count from 1, columns in characters (not bytes); 0 means
// unknown.
struct ScriptPosition {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;

  friend bool operator==(const ScriptPosition&, const ScriptPosition&) = default;
};

// One thing that is wrong with what the user wrote (a directory, a script, a configuration). Bad
// input is reported as a list of these, all at once.
struct Problem {
  ScriptPosition where;
  std::string message;      // lower case, no final stop
  std::string hint;         // what to do instead; may be empty
  std::string source_line;  // the line at `where`, for the caret; may be empty

  friend bool operator==(const Problem&, const Problem&) = default;
};

// Decides the exit code; see docs/exit-codes.md.
enum class ErrorKind {
  usage,          // a wrong flag or argument, or a refused request
  config,         // pgtide.toml, an environment variable or the URL
  invalid_input,  // the migrations directory or a script; `problems()` lists what
  environment,    // no connection, no privilege, a standby, a lock that is held
  interrupted,    // a signal; `signal()` is its number
  internal        // a defect of pgtide
};

// Thrown for everything that stops a command. Caught once, in main. A migration that fails is not
// an Error: it is data in the Report.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string message, std::string hint = {})
      : std::runtime_error(std::move(message)), kind_(kind), hint_(std::move(hint)) {}

  // `message` introduces the list, for example "the migrations directory has 3 problems".
  Error(ErrorKind kind, std::string message, std::vector<Problem> problems, std::string hint = {})
      : Error(kind, std::move(message), std::move(hint)) {
    problems_ = std::move(problems);
  }

  Error&& with_sqlstate(std::string sqlstate, std::string detail = {}) && {
    sqlstate_ = std::move(sqlstate);
    detail_ = std::move(detail);
    return std::move(*this);
  }
  Error&& with_signal(int number) && {
    signal_ = number;
    return std::move(*this);
  }

  ErrorKind kind() const { return kind_; }
  const std::string& hint() const { return hint_; }
  const std::string& detail() const { return detail_; }      // the server's DETAIL, or empty
  const std::string& sqlstate() const { return sqlstate_; }  // five characters, or empty
  const std::vector<Problem>& problems() const { return problems_; }
  int signal() const { return signal_; }

 private:
  ErrorKind kind_;
  std::string hint_;
  std::string detail_;
  std::string sqlstate_;
  std::vector<Problem> problems_;
  int signal_ = 0;
};

}  // namespace pgtide
