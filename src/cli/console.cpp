#include "cli/console.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "render/safe_text.hpp"

namespace pgtide::cli {
namespace {

std::size_t terminal_width(int file) {
  winsize size{};
  return ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

// https://no-color.org
bool no_color() {
  const char* value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

// Nothing but plain lines, as in an editor's shell window.
bool dumb_terminal() {
  const char* value = std::getenv("TERM");
  return value != nullptr && std::string_view(value) == "dumb";
}

bool means_yes(std::string answer) {
  while (answer.ends_with(' ')) answer.pop_back();
  answer.erase(0, answer.find_first_not_of(' '));
  for (char& c : answer) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return answer == "y" || answer == "yes";
}

// A line of standard input without its end; nullopt at the end of the input, and when `wake_up`
// becomes readable. Not through a stream: those begin to read anew after a signal.
std::optional<std::string> read_line(int wake_up) {
  std::string line;
  while (true) {
    pollfd files[] = {{STDIN_FILENO, POLLIN, 0}, {wake_up, POLLIN, 0}};
    if (::poll(files, 2, -1) < 0 && errno != EINTR) return std::nullopt;
    if (files[1].revents != 0) return std::nullopt;
    if (files[0].revents == 0) continue;
    char c = 0;
    const ssize_t n = ::read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    if (c == '\n') return line;
    line += c;
  }
}

}  // namespace

Console::Console()
    : input_is_terminal_(isatty(STDIN_FILENO) == 1),
      output_is_terminal_(isatty(STDOUT_FILENO) == 1),
      error_is_terminal_(isatty(STDERR_FILENO) == 1),
      colors_wanted_(!no_color() && !dumb_terminal()),
      lives_(error_is_terminal_ && !dumb_terminal()) {}

void Console::configure(OutputFormat format, OutputFormat log, Verbosity verbosity) {
  format_ = format;
  log_ = log;
  verbosity_ = verbosity;
}

void Console::write(int file, const std::string& text) {
  clear_live();
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {  // must not end a run half way
      // Whoever closes a pipe, as `head` does, has read what it wanted.
      if (file == STDOUT_FILENO && errno != EPIPE && output_error_ == 0) output_error_ = errno;
      return;
    }
    done += static_cast<std::size_t>(n);
  }
}

void Console::write_error(const std::string& text) {
  if (log_ == OutputFormat::text) write(STDERR_FILENO, text);
}

void Console::result(const std::string& text) {
  write(STDOUT_FILENO, text);
}

void Console::progress(const std::string& text) {
  if (verbosity_ == Verbosity::quiet) return;
  if (json()) {
    write_error(text);
  } else {
    write(STDOUT_FILENO, text);
  }
}

void Console::message(const std::string& text) {
  write_error(text);
}

void Console::remark(const std::string& text) {
  if (verbosity_ != Verbosity::quiet) write_error(text);
}

void Console::detail(const std::string& text) {
  if (verbosity_ == Verbosity::verbose) write_error(text);
}

void Console::live(const std::string& text) {
  if (!lives_ || verbosity_ == Verbosity::quiet || log_ == OutputFormat::json) return;
  live_shown_ = false;  // it is written over
  // A line that wraps is not written over but repeated.
  write_error("\r" + render::shortened(text, terminal_width(STDERR_FILENO)) + "\x1b[K");
  live_shown_ = true;
}

void Console::clear_live() {
  if (!live_shown_) return;
  live_shown_ = false;
  write(STDERR_FILENO, "\r\x1b[K");
}

bool Console::confirm(const std::string& question, int wake_up) {
  write(STDERR_FILENO, question + " [y/N] ");
  const auto answer = read_line(wake_up);
  if (!answer) write(STDERR_FILENO, "\n");
  return answer && means_yes(*answer);
}

render::Style Console::result_style() const {
  const bool color = output_is_terminal_ && colors_wanted_;
  return {color ? render::Color::on : render::Color::off,
          output_is_terminal_ ? terminal_width(STDOUT_FILENO) : 200};
}

render::Style Console::message_style() const {
  const bool color = error_is_terminal_ && colors_wanted_;
  return {color ? render::Color::on : render::Color::off,
          error_is_terminal_ ? terminal_width(STDERR_FILENO) : 200};
}

}  // namespace pgtide::cli
