// Checksums of scripts.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pgtide {

// SHA-256 of `bytes`, 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

// The checksums that a script may have been recorded with. Line endings and a byte-order mark never
// count as a change: an editor, git's autocrlf or another runner may have written them.
struct Checksum {
  std::string
      text;  // of the text without byte-order mark and with LF line ends; this one is recorded
  std::string raw;       // of the bytes as they are
  std::string crlf;      // of the text without byte-order mark and with CRLF line ends
  std::string bom_text;  // of byte-order mark + LF text
  std::string bom_crlf;  // of byte-order mark + CRLF text

  // True when `recorded` (hex, any letter case) is one of them. An empty `recorded` matches
  // nothing.
  bool matches(std::string_view recorded) const;

  friend bool operator==(const Checksum&, const Checksum&) = default;
};

// How much of a Checksum is computed. Every form is a hash of its own over the whole script, except
// `raw`, which costs nothing as long as it does not differ from `text`.
enum class ChecksumForms {
  usual,  // text and raw; the others stay empty. Enough to record a script, and to see that it is
          // unchanged in the usual case: compute all forms only when these two do not match
  all
};

// Computes a Checksum over a stream, in memory that does not grow with it.
//
//   ChecksumStream sums;
//   while (n = source.read(buffer)) sums.update({buffer, n});
//   Checksum c = sums.finish();
class ChecksumStream {
 public:
  explicit ChecksumStream(ChecksumForms forms = ChecksumForms::all);
  ~ChecksumStream();
  ChecksumStream(ChecksumStream&&) noexcept;
  ChecksumStream& operator=(ChecksumStream&&) noexcept;

  // Where the stream is cut makes no difference, be it inside a CRLF or a byte-order mark. A CR
  // without LF is not a line end and stays as it is.
  void update(std::string_view bytes);
  // Call once; the stream cannot be used afterwards.
  Checksum finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Checksum checksum_of(std::string_view bytes, ChecksumForms forms = ChecksumForms::all);

}  // namespace pgtide
