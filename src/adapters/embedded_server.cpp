#include "pgtide/embedded_server.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "adapters/embedded_binaries.hpp"
#include "adapters/embedded_cluster.hpp"
#include "adapters/embedded_keeper.hpp"
#include "adapters/embedded_lock.hpp"
#include "adapters/embedded_place.hpp"
#include "pgtide/error.hpp"

namespace pgtide {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr int socket_port = 5432;  // only a part of the socket's name: nothing listens on TCP
constexpr int lock_seconds = 120;
constexpr auto start_limit = 300s;  // recovery after a crash may take its time
constexpr std::uintmax_t log_limit = 8U << 20U;

// A conninfo value; `hostaddr=''` keeps PGHOSTADDR from leading to another server.
std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

std::string conninfo_of(const PidFile& server, const std::string& database) {
  return fmt::format("host={} hostaddr='' port={} dbname={} user=postgres",
                     quoted(server.socket_dir), server.port, quoted(database));
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::uintmax_t size_of(const std::string& file) {
  std::error_code ec;
  const std::uintmax_t size = std::filesystem::file_size(file, ec);
  return ec ? 0 : size;
}

std::string log_since(const std::string& file, std::uintmax_t offset) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  std::string text;
  for (std::string line; std::getline(in, line);) text += "\n  " + line;
  return text;
}

// True when the server is there and ready, false when it ended.
bool wait_until_ready(pid_t pid, const std::string& data, const LogFunction& log) {
  const auto begin = Clock::now();
  bool told = false;
  while (Clock::now() - begin < start_limit) {
    const std::optional<PidFile> file = read_pid_file(data);
    if (file && file->pid == pid && (file->status == "ready" || file->status == "standby")) {
      return true;
    }
    if (kill(pid, 0) != 0 && errno == ESRCH) return false;
    if (file && file->pid == pid && !server_lives(*file, data)) return false;
    if (!told && Clock::now() - begin > 3s) {
      told = true;
      log("waiting for the server: it may be recovering after a crash");
    }
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

}  // namespace

struct EmbeddedServer::Impl {
  Options options;
  ServerPlace place;
  UniqueFd holders;
  UniqueFd watch;
  PidFile server;
  std::string conninfo;
  std::string data;
  std::string log_file;

  explicit Impl(Options given);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  UniqueFd lock_start() const;
  void hold();
  std::optional<PidFile> running_server() const;
  PidFile start() const;
  std::string prepare_cluster() const;
  void create_database() const;
};

EmbeddedServer::Impl::Impl(Options given) : options(std::move(given)) {
  if (!options.log) options.log = [](const std::string&) {};
  if (options.dir.empty()) options.dir = Options{}.dir;
  if (options.database.empty()) options.database = Options{}.database;
  place = place_server(options.dir, options.log);
  data = place.data();
  log_file = place.log_file();
  const UniqueFd starting = lock_start();
  hold();
  std::optional<PidFile> running = running_server();
  server = running ? *running : start();
  conninfo = conninfo_of(server, options.database);
  // When this throws, the keeper stops the server.
  create_database();
}

EmbeddedServer::Impl::~Impl() {
  try {
    const UniqueFd stopping = lock_start();
    if (try_lock(holders.get(), LockMode::exclusive)) {
      // Perhaps not the one that was there at first: another holder may have started it again.
      if (const std::optional<PidFile> running = read_pid_file(data)) {
        server = *running;
        stop_server(server, data);
      }
      // Made again when needed; one below /tmp should not stay for ever.
      rmdir(server.socket_dir.c_str());
    }
    // Before the start lock: the next one to leave must see whether it is alone.
    holders.reset();
    watch.reset();
  } catch (const Error&) {
    // The keeper stops the server as soon as it can.
  }
}

UniqueFd EmbeddedServer::Impl::lock_start() const {
  return lock_exclusively(place.locks().start, lock_seconds, [this] {
    options.log(fmt::format("waiting for another pgtide that starts or stops the server in {}",
                            place.shown));
  });
}

void EmbeddedServer::Impl::hold() {
  holders = open_lock_file(place.locks().holders);
  watch = open_lock_file(place.locks().watch);
  // Nobody keeps either exclusively without the start lock for longer than an instant.
  for (const UniqueFd* fd : {&holders, &watch}) {
    while (!try_lock(fd->get(), LockMode::shared)) std::this_thread::sleep_for(1ms);
  }
}

std::optional<PidFile> EmbeddedServer::Impl::running_server() const {
  std::optional<PidFile> file = read_pid_file(data);
  if (!file) return std::nullopt;
  if (server_lives(*file, data)) {
    if (!wait_until_ready(file->pid, data, options.log)) return std::nullopt;
    std::optional<PidFile> ready = read_pid_file(data);
    if (ready && server_answers(*ready)) return ready;
    // Its socket was removed, so nobody can have a use for it.
    stop_server(*file, data);
    return std::nullopt;
  }
  if (server_answers(*file)) return file;
  clear_stale_pid_file(*file, data);
  return std::nullopt;
}

// Returns the folder of the binaries that fit the cluster, which is made if it is not there.
std::string EmbeddedServer::Impl::prepare_cluster() const {
  const int cluster = cluster_major(data);
  std::string bin_dir =
      choose_binaries(options.bin_dir, BinarySearch::of_this_machine(), place.user, cluster);
  const int installed = binaries_major(bin_dir, place.user);
  if (cluster == 0) {
    options.log(fmt::format("creating a PostgreSQL {} cluster in {}", installed, place.shown));
    create_cluster(place, bin_dir);
  } else if (cluster != installed) {
    throw Error(ErrorKind::environment,
                fmt::format("the cluster in {} was made by PostgreSQL {}, but the programs in {} "
                            "are of PostgreSQL {}",
                            place.shown, cluster, bin_dir, installed),
                fmt::format("install PostgreSQL {} (apt-get install postgresql-{}), or remove {} "
                            "to begin with an empty cluster",
                            cluster, cluster, data));
  }
  return bin_dir;
}

PidFile EmbeddedServer::Impl::start() const {
  const std::string bin_dir = prepare_cluster();
  const std::string socket_dir = make_socket_dir(place);
  if (size_of(log_file) > log_limit) truncate(log_file.c_str(), 0);
  const std::uintmax_t log_begin = size_of(log_file);
  std::vector<std::string> argv = {bin_dir + "/postgres",
                                   "-D",
                                   data,
                                   "-k",
                                   socket_dir,
                                   "-p",
                                   fmt::format("{}", socket_port),
                                   "-c",
                                   "listen_addresses=",
                                   "-c",
                                   "logging_collector=off"};
  for (const std::string& setting : options.settings) {
    argv.insert(argv.end(), {"-c", setting});
  }
  const pid_t pid = launch_kept_server(place, std::move(argv));
  if (wait_until_ready(pid, data, options.log)) {
    if (std::optional<PidFile> file = read_pid_file(data)) return *file;
  }
  throw Error(ErrorKind::environment,
              fmt::format("the PostgreSQL server in {} did not start:{}", place.shown,
                          log_since(log_file, log_begin)),
              fmt::format("its log is {}", log_file));
}

void EmbeddedServer::Impl::create_database() const {
  const Connection connection(
      PQconnectdb((conninfo_of(server, "postgres") + " connect_timeout=30").c_str()), PQfinish);
  const auto fail = [&](const char* what) {
    throw Error(
        ErrorKind::environment,
        fmt::format("{} in {}: {}", what, place.shown, trimmed(PQerrorMessage(connection.get()))),
        fmt::format("the server's log is {}", log_file));
  };
  if (PQstatus(connection.get()) != CONNECTION_OK) fail("cannot connect to the embedded server");
  const char* const parameters[] = {options.database.c_str()};
  const Result found(PQexecParams(connection.get(),
                                  "SELECT FROM pg_catalog.pg_database WHERE datname "
                                  "OPERATOR(pg_catalog.=) $1::pg_catalog.name",
                                  1, nullptr, parameters, nullptr, nullptr, 0),
                     PQclear);
  if (PQresultStatus(found.get()) != PGRES_TUPLES_OK) fail("cannot look for the database");
  if (PQntuples(found.get()) == 1) return;
  const std::unique_ptr<char, decltype(&PQfreemem)> name(
      PQescapeIdentifier(connection.get(), options.database.data(), options.database.size()),
      PQfreemem);
  if (!name) fail("cannot create the database");
  const Result made(PQexec(connection.get(), fmt::format("CREATE DATABASE {}", name.get()).c_str()),
                    PQclear);
  if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) fail("cannot create the database");
}

EmbeddedServer::EmbeddedServer(Options options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}
EmbeddedServer::~EmbeddedServer() = default;
EmbeddedServer::EmbeddedServer(EmbeddedServer&&) noexcept = default;
EmbeddedServer& EmbeddedServer::operator=(EmbeddedServer&&) noexcept = default;

const std::string& EmbeddedServer::conninfo() const {
  return impl_->conninfo;
}
const std::string& EmbeddedServer::data_dir() const {
  return impl_->data;
}
const std::string& EmbeddedServer::socket_dir() const {
  return impl_->server.socket_dir;
}
const std::string& EmbeddedServer::log_file() const {
  return impl_->log_file;
}
int EmbeddedServer::port() const {
  return impl_->server.port;
}

std::string EmbeddedServer::find_binaries(const std::string& bin_dir) {
  return choose_binaries(bin_dir, BinarySearch::of_this_machine());
}

}  // namespace pgtide
