#include "pgtide/checksum.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "pgtide/error.hpp"

namespace pgtide {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

void require(int openssl_result) {
  if (openssl_result != 1) throw Error(ErrorKind::internal, "OpenSSL cannot compute SHA-256");
}

// Fetched once, because every fetch searches the providers; never freed, because OpenSSL may be
// unloaded before static objects are destroyed.
const EVP_MD* sha256() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  require(md != nullptr ? 1 : 0);
  return md;
}

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {
    require(context_ ? 1 : 0);
    require(EVP_DigestInit_ex2(context_.get(), sha256(), nullptr));
  }
  Digest(const Digest& other) : context_(EVP_MD_CTX_new()) {
    require(context_ ? 1 : 0);
    require(EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()));
  }
  Digest(Digest&&) noexcept = default;
  Digest& operator=(const Digest&) = delete;
  Digest& operator=(Digest&&) noexcept = default;
  ~Digest() = default;

  void update(std::string_view bytes) {
    require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
  }

  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(context_.get(), sum.data(), &size));
    std::string out(std::size_t{2} * size, '0');
    for (std::size_t i = 0; i < size; ++i) {
      out[2 * i] = "0123456789abcdef"[sum[i] >> 4U];
      out[2 * i + 1] = "0123456789abcdef"[sum[i] & 15U];
    }
    return out;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

bool equal_hex(std::string_view ours, std::string_view recorded) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; };
  return std::equal(ours.begin(), ours.end(), recorded.begin(), recorded.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

// Appends `text` to `out` with every `from` replaced by `to`.
void append_replaced(std::string& out, std::string_view text, std::string_view from,
                     std::string_view to) {
  std::size_t done = 0;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, done)) {
    out.append(text.substr(done, at - done)).append(to);
    done = at + from.size();
  }
  out.append(text.substr(done));
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  Digest digest;
  digest.update(bytes);
  return digest.hex();
}

bool Checksum::matches(std::string_view recorded) const {
  if (recorded.empty()) return false;
  if (recorded == text) return true;  // nearly always
  return equal_hex(text, recorded) || equal_hex(raw, recorded) || equal_hex(crlf, recorded) ||
         equal_hex(bom_text, recorded) || equal_hex(bom_crlf, recorded);
}

struct ChecksumStream::State {
  struct OtherForms {
    Digest crlf;
    Digest bom_text;
    Digest bom_crlf;
  };

  explicit State(ChecksumForms forms) {
    if (forms == ChecksumForms::usual) return;
    others.emplace();
    others->bom_text.update(byte_order_mark);
    others->bom_crlf.update(byte_order_mark);
  }

  void start(std::string_view first_bytes);
  void feed(std::string_view bytes);
  void feed_lf_text(std::string_view text_with_lf);

  Digest text;
  std::optional<Digest> raw;  // split off from `text` when the two begin to differ
  std::optional<OtherForms> others;
  std::string head;  // the first bytes, until it is certain whether they are a byte-order mark
  bool started = false;
  bool cr_held_back = false;  // the last byte was a CR that may belong to a CRLF
  std::string lf_buffer;
  std::string crlf_buffer;
};

void ChecksumStream::State::start(std::string_view first_bytes) {
  started = true;
  if (first_bytes.starts_with(byte_order_mark)) {
    raw.emplace().update(byte_order_mark);
    first_bytes.remove_prefix(byte_order_mark.size());
  }
  feed(first_bytes);
}

void ChecksumStream::State::feed(std::string_view bytes) {
  if (bytes.empty()) return;
  const bool has_cr = bytes.find('\r') != std::string_view::npos;
  if (has_cr && !raw) raw.emplace(text);
  if (raw) raw->update(bytes);
  if (!has_cr && !cr_held_back) return feed_lf_text(bytes);
  lf_buffer.clear();
  if (cr_held_back && bytes.front() != '\n') lf_buffer += '\r';
  cr_held_back = bytes.back() == '\r';
  if (cr_held_back) bytes.remove_suffix(1);
  append_replaced(lf_buffer, bytes, "\r\n", "\n");
  feed_lf_text(lf_buffer);
}

void ChecksumStream::State::feed_lf_text(std::string_view text_with_lf) {
  text.update(text_with_lf);
  if (!others) return;
  crlf_buffer.clear();
  append_replaced(crlf_buffer, text_with_lf, "\n", "\r\n");
  others->bom_text.update(text_with_lf);
  others->crlf.update(crlf_buffer);
  others->bom_crlf.update(crlf_buffer);
}

ChecksumStream::ChecksumStream(ChecksumForms forms) : state_(std::make_unique<State>(forms)) {}
ChecksumStream::~ChecksumStream() = default;
ChecksumStream::ChecksumStream(ChecksumStream&&) noexcept = default;
ChecksumStream& ChecksumStream::operator=(ChecksumStream&&) noexcept = default;

void ChecksumStream::update(std::string_view bytes) {
  if (!state_->started) {
    const std::size_t wanted = byte_order_mark.size() - state_->head.size();
    state_->head.append(bytes.substr(0, wanted));
    bytes.remove_prefix(std::min(wanted, bytes.size()));
    if (state_->head.size() < byte_order_mark.size()) return;
    state_->start(state_->head);
  }
  // In slices, so that the buffers stay small and in the processor's cache.
  constexpr std::size_t slice = 16384;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(slice, bytes.size())))
    state_->feed(bytes.substr(0, slice));
}

Checksum ChecksumStream::finish() {
  State& s = *state_;
  if (!s.started) s.start(s.head);
  if (s.cr_held_back) s.feed_lf_text("\r");
  Checksum sums;
  sums.text = s.text.hex();
  sums.raw = s.raw ? s.raw->hex() : sums.text;
  if (s.others) {
    sums.crlf = s.others->crlf.hex();
    sums.bom_text = s.others->bom_text.hex();
    sums.bom_crlf = s.others->bom_crlf.hex();
  }
  return sums;
}

Checksum checksum_of(std::string_view bytes, ChecksumForms forms) {
  ChecksumStream stream(forms);
  stream.update(bytes);
  return stream.finish();
}

}  // namespace pgtide
