// The terminal, or whatever stands in its place.
#pragma once

#include <string>

#include "pgtide/render.hpp"

namespace pgtide::cli {

enum class Verbosity { quiet, normal, verbose };

// Results go to standard output, everything else to standard error; with JSON output the one
// document is alone on standard output.
class Console {
 public:
  Console();

  // With `log` JSON, standard error belongs to the EventLog and texts for people are left out of
  // it.
  void configure(OutputFormat format, OutputFormat log, Verbosity verbosity);

  // The result will be a document, even though the format says text.
  void keep_output_for_document() { format_ = OutputFormat::json; }

  // The command's result: a document (JSON) or what a person asked to see.
  void result(const std::string& text);
  // A line of a run as it happens: standard output, unless that is kept for a JSON document.
  void progress(const std::string& text);
  void message(const std::string& text);  // errors and warnings; shown with -q too
  void remark(const std::string& text);   // not shown with -q
  void detail(const std::string& text);   // shown with -v only

  // A line that is overwritten by the next output; nothing unless standard error is a terminal.
  void live(const std::string& text);
  bool is_live() const { return lives_; }

  // Asks on the terminal; anything but y or yes is no, and so is the end of the input and `wake_up`
  // becoming readable. Only when interactive().
  bool confirm(const std::string& question, int wake_up);
  bool interactive() const {
    return input_is_terminal_ && error_is_terminal_ && log_ == OutputFormat::text;
  }

  // The errno of what could not be written to standard output; 0: nothing was lost.
  int output_error() const { return output_error_; }

  bool json() const { return format_ == OutputFormat::json; }
  render::Style result_style() const;
  render::Style message_style() const;

 private:
  void clear_live();
  void write(int file, const std::string& text);
  void write_error(const std::string& text);

  OutputFormat format_ = OutputFormat::text;
  OutputFormat log_ = OutputFormat::text;
  Verbosity verbosity_ = Verbosity::normal;
  bool input_is_terminal_;
  bool output_is_terminal_;
  bool error_is_terminal_;
  bool colors_wanted_;
  bool lives_;
  bool live_shown_ = false;
  int output_error_ = 0;
};

}  // namespace pgtide::cli
