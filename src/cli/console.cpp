#include "cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

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

}  // namespace

Console::Console()
    : input_is_terminal_(isatty(STDIN_FILENO) == 1),
      output_is_terminal_(isatty(STDOUT_FILENO) == 1),
      error_is_terminal_(isatty(STDERR_FILENO) == 1),
      colors_wanted_(!no_color()) {}

void Console::configure(OutputFormat format, Verbosity verbosity) {
  format_ = format;
  verbosity_ = verbosity;
}

void Console::write(int file, const std::string& text) {
  clear_live();
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // a closed pipe must not end a run half way
    done += static_cast<std::size_t>(n);
  }
}

void Console::result(const std::string& text) {
  write(STDOUT_FILENO, text);
}

void Console::progress(const std::string& text) {
  if (verbosity_ == Verbosity::quiet) return;
  write(json() ? STDERR_FILENO : STDOUT_FILENO, text);
}

void Console::message(const std::string& text) {
  write(STDERR_FILENO, text);
}

void Console::remark(const std::string& text) {
  if (verbosity_ != Verbosity::quiet) write(STDERR_FILENO, text);
}

void Console::detail(const std::string& text) {
  if (verbosity_ == Verbosity::verbose) write(STDERR_FILENO, text);
}

void Console::live(const std::string& text) {
  if (!error_is_terminal_ || verbosity_ == Verbosity::quiet) return;
  write(STDERR_FILENO, "\r" + text + "\x1b[K");
  live_shown_ = true;
}

void Console::clear_live() {
  if (!live_shown_) return;
  live_shown_ = false;
  write(STDERR_FILENO, "\r\x1b[K");
}

bool Console::confirm(const std::string& question) {
  write(STDERR_FILENO, question + " [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
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
