// A script file as a stream of bytes.
#pragma once

#include <span>
#include <string>

#include "pgtide/byte_source.hpp"

namespace pgtide::adapters {

class FileSource final : public ByteSource {
 public:
  // Throws Error(environment) when the file cannot be opened.
  explicit FileSource(const std::string& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  std::size_t read(std::span<char> buffer) override;

 private:
  [[noreturn]] void fail() const;

  std::string path_;
  int file_;
};

}  // namespace pgtide::adapters
