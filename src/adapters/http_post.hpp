// One HTTP request.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace pgtide::adapters {

struct Post {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // `Name: value`
  std::string body;
  std::chrono::milliseconds timeout{3000};
};

// Empty when it was taken (2xx), else why not; never throws and never repeats a header. libcurl is
// loaded at the first call: most runs do not need it, and loading it takes longer than they do.
std::string post(const Post& request);

}  // namespace pgtide::adapters
