// SOCI connects only by itself, with a blocking call that nobody can interrupt, print the server's
// words differently for, or ask for an SQLSTATE. So it is given a greeting to connect to, from a
// thread of this process, and then the connection that was made with care in the place of that.
#include "adapters/soci_adoption.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

constexpr int port = 5432;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

std::string message(char kind, std::string_view body) {
  const auto size = static_cast<std::uint32_t>(body.size() + 4);
  std::string out(1, kind);
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(size >> shift & 0xFFU);
  return out.append(body);
}

// What a server says to a login, and what SOCI needs to go on.
std::string greeting() {
  using namespace std::string_literals;
  return message('R', "\0\0\0\0"s) +
         message('S',
                 "server_version\0"
                 "15.0\0"s) +
         message('S', "client_encoding\0UTF8\0"s) +
         message('S', "standard_conforming_strings\0on\0"s) + message('Z', "I");
}

// To the one statement that SOCI sends after a login.
std::string done() {
  using namespace std::string_literals;
  return message('C', "SET\0"s) + message('Z', "I");
}

// An abstract address: no file, so nothing to find a place for and to remove.
class Greeter {
 public:
  Greeter() : listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    std::random_device random;
    name_ = fmt::format("pgtide-{}-{:08x}{:08x}", ::getpid(), random(), random());
    const std::string path = fmt::format("{}/.s.PGSQL.{}", name_, port);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + path.size());
    if (listening_.get() < 0 ||
        ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listening_.get(), 8) != 0) {
      throw Error(ErrorKind::environment,
                  std::string("cannot make a socket: ") + std::strerror(errno));
    }
    thread_ = std::thread([this] { greet(); });
  }
  ~Greeter() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  Greeter(const Greeter&) = delete;
  Greeter& operator=(const Greeter&) = delete;

  // Nothing of the environment's may change what is connected to.
  std::string conninfo() const {
    return fmt::format(
        "host=@{} port={} user=pgtide dbname=pgtide sslmode=disable gssencmode=disable "
        "channel_binding=disable target_session_attrs=any connect_timeout=10",
        name_, port);
  }

 private:
  void greet() const {
    while (true) {
      const Descriptor client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client.get() < 0) return;
      if (is_own(client.get())) return serve(client.get());
    }
  }

  static bool is_own(int client) {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.pid == ::getpid();
  }

  // Each of SOCI's two messages is short, and it waits for the answer.
  static void serve(int client) {
    for (const std::string& answer : {greeting(), done()}) {
      std::array<char, 4096> asked{};
      if (::recv(client, asked.data(), asked.size(), 0) <= 0) return;
      if (::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  Descriptor listening_;
  std::string name_;
  std::thread thread_;
};

}  // namespace

void open_on(soci::session& session, Connection connection) {
  {
    const Greeter greeter;
    session.open(soci::postgresql, greeter.conninfo());
  }
  auto* backend = static_cast<soci::postgresql_session_backend*>(session.get_backend());
  PQfinish(std::exchange(backend->conn_, connection.release()));
}

}  // namespace pgtide::adapters
