// Runs a fuzz target without libFuzzer:
//   fuzz_NAME SECONDS FILE_OR_FOLDER…
// Every file is an input; then follow inputs that are made from them at random, other ones every
// time. The seed is printed, and PGTIDE_FUZZ_SEED=<seed> makes the same ones again. The input that
// crashes is left in the file crash-fuzz_NAME of the current folder.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "fuzz/fuzz_target.hpp"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest = 4096;

std::string current;  // the input that runs
std::string crash_file;

void on_crash(int signal) {
  const int file = open(crash_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && write(file, current.data(), current.size()) >= 0) close(file);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(std::string input) {
  current = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

void read_file(const fs::path& path, std::vector<std::string>& corpus) {
  std::ifstream in(path, std::ios::binary);
  corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::vector<std::string> read_corpus(int count, char** paths) {
  std::vector<fs::path> files;
  for (int i = 0; i < count; ++i) {
    if (!fs::is_directory(paths[i])) {
      files.emplace_back(paths[i]);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(paths[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const fs::path& file : files) read_file(file, corpus);
  return corpus;
}

// What means something to one of the targets.
std::vector<std::string> make_pieces() {
  std::istringstream words(R"(
    ' " $$ $a$ /* */ -- ; \ ( ) E' U&' DO BEGIN; COMMIT; :batch_size
    batch size= pause= 1 99999999999999999999 ms = [a] postgresql:// @ %41 ? &)");
  std::vector<std::string> pieces{"\n",          "\r\n",    "\xEF\xBB\xBF",         "\xC3",
                                  "\xC3\xA4",    "\\.\n",   "COPY t FROM stdin;\n", "[a]\n",
                                  "-- pgtide: ", "BEGIN;\n"};
  for (std::string word; words >> word;) pieces.push_back(word);
  return pieces;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, std::uint32_t seed)
      : corpus_(corpus), dice_(seed) {}

  std::string make() {
    std::string text = pick(corpus_);
    if (text.size() > longest) text = text.substr(below(text.size() - longest), longest);
    for (std::size_t changes = 1 + below(6); changes > 0; --changes) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : dice_() % limit; }
  const std::string& pick(const std::vector<std::string>& from) { return from[below(from.size())]; }
  std::string slice(const std::string& text) {
    const std::size_t begin = below(text.size());
    return text.substr(begin, below(64));
  }

  void change(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    switch (below(6)) {
      case 0:
        text.insert(at, pick(pieces_));
        break;
      case 1:
        text.erase(at, below(16));
        break;
      case 2:
        text.insert(at, slice(text));
        break;
      case 3:
        text.insert(at, slice(pick(corpus_)));
        break;
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(below(256));
        break;
      default:
        text.resize(at);
    }
  }

  const std::vector<std::string>& corpus_;
  const std::vector<std::string> pieces_ = make_pieces();
  std::mt19937 dice_;
};

std::uint32_t choose_seed() {
  const char* given = std::getenv("PGTIDE_FUZZ_SEED");
  return given == nullptr ? std::random_device{}()
                          : static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s SECONDS FILE_OR_FOLDER…\n", argv[0]);
    return 2;
  }
  crash_file = "crash-" + fs::path(argv[0]).filename().string();
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) {
    std::signal(signal, on_crash);
  }
  const std::vector<std::string> corpus = read_corpus(argc - 2, argv + 2);
  if (corpus.empty()) {
    std::fprintf(stderr, "no input\n");
    return 2;
  }
  for (const std::string& input : corpus) run(input);
  const std::uint32_t seed = choose_seed();
  std::printf("seed %u\n", seed);
  std::fflush(stdout);  // before anything can crash
  Mutator mutator(corpus, seed);
  long runs = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atol(argv[1]));
  for (; std::chrono::steady_clock::now() < end; ++runs) run(mutator.make());
  std::printf("%ld inputs\n", runs);
  return 0;
}
