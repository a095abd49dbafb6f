#include "adapters/http_post.hpp"

#include <curl/curl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <memory>

namespace pgtide::adapters {
namespace {

// The functions of libcurl that are used, with their own types.
struct Curl {
  decltype(&curl_easy_init) init = nullptr;
  decltype(&curl_easy_setopt) setopt = nullptr;
  decltype(&curl_easy_perform) perform = nullptr;
  decltype(&curl_easy_getinfo) getinfo = nullptr;
  decltype(&curl_easy_cleanup) cleanup = nullptr;
  decltype(&curl_easy_strerror) strerror = nullptr;
  decltype(&curl_slist_append) append = nullptr;
  decltype(&curl_slist_free_all) free_all = nullptr;

  bool loaded() const {
    return init != nullptr && setopt != nullptr && perform != nullptr && getinfo != nullptr &&
           cleanup != nullptr && strerror != nullptr && append != nullptr && free_all != nullptr;
  }
};

template <typename Function>
void load(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
}

const Curl& curl() {
  static const Curl functions = [] {
    Curl found;
    void* library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return found;
    load(library, "curl_easy_init", found.init);
    load(library, "curl_easy_setopt", found.setopt);
    load(library, "curl_easy_perform", found.perform);
    load(library, "curl_easy_getinfo", found.getinfo);
    load(library, "curl_easy_cleanup", found.cleanup);
    load(library, "curl_easy_strerror", found.strerror);
    load(library, "curl_slist_append", found.append);
    load(library, "curl_slist_free_all", found.free_all);
    return found;
  }();
  return functions;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

}  // namespace

// curl.h's macros that check types would call the functions by their own names.
#undef curl_easy_setopt
#undef curl_easy_getinfo

std::string post(const Post& request) {
  const Curl& lib = curl();
  if (!lib.loaded()) return "libcurl.so.4 is not installed (Debian: libcurl4)";
  const std::unique_ptr<CURL, decltype(lib.cleanup)> handle(lib.init(), lib.cleanup);
  if (handle == nullptr) return "libcurl cannot be used";
  curl_slist* list = nullptr;
  for (const std::string& header : request.headers) list = lib.append(list, header.c_str());
  const std::unique_ptr<curl_slist, decltype(lib.free_all)> headers(list, lib.free_all);
  CURL* const h = handle.get();
  lib.setopt(h, CURLOPT_URL, request.url.c_str());
  lib.setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  lib.setopt(h, CURLOPT_NOSIGNAL, 1L);
  lib.setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  lib.setopt(h, CURLOPT_HTTPHEADER, headers.get());
  lib.setopt(h, CURLOPT_POSTFIELDS, request.body.c_str());
  lib.setopt(h, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  lib.setopt(h, CURLOPT_WRITEFUNCTION, &discard);
  if (const CURLcode code = lib.perform(h); code != CURLE_OK) return lib.strerror(code);
  long status = 0;
  lib.getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300 ? std::string() : fmt::format("it answered {}", status);
}

}  // namespace pgtide::adapters
