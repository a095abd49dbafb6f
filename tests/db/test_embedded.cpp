#include <doctest/doctest.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "adapters/embedded_cluster.hpp"
#include "pgtide/embedded_server.hpp"
#include "pgtide/error.hpp"
#include "support/db_server.hpp"

namespace fs = std::filesystem;
using pgtide::EmbeddedServer;
using pgtide::Error;
using pgtide::ErrorKind;
using pgtide::testing::becomes_true;

namespace {

// A folder that the server's user can pass through even when the tests run as root.
class TempDir {
 public:
  explicit TempDir(const std::string& below = "/tmp") {
    path_ = below + "/pgtide-test-XXXXXX";
    REQUIRE(mkdtemp(path_.data()) != nullptr);
    chmod(path_.c_str(), 0755);
  }
  ~TempDir() {
    std::error_code ec;
    const std::string linked = fs::read_symlink(path_ + "/pg/cluster", ec).string();
    if (!ec) fs::remove_all(linked, ec);
    fs::remove_all(path_, ec);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string pg() const { return path_ + "/pg"; }

 private:
  std::string path_;
};

// With the binaries of the version that is tested.
EmbeddedServer::Options in(const std::string& dir) {
  return {.dir = dir, .bin_dir = pgtide::testing::server_options(dir).bin_dir};
}

std::string query(const EmbeddedServer& server, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
      PQconnectdb(server.conninfo().c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return PQerrorMessage(connection.get());
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                             PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK) return "ok";
  if (status != PGRES_TUPLES_OK) return PQresultErrorMessage(result.get());
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

pid_t server_pid(const std::string& data) {
  const auto file = pgtide::read_pid_file(data);
  return file ? file->pid : 0;
}

bool alive(pid_t pid) {
  std::error_code ec;
  return pid > 0 && kill(pid, 0) == 0 &&
         !fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", ec).empty();
}

std::string field_of_status(pid_t pid, const std::string& field) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    std::string value;
    words >> name >> value;
    if (name == field + ":") return value;
  }
  return {};
}

// A process that holds a server until it is told to end; returns when the server is ready.
class Holder {
 public:
  explicit Holder(const std::string& dir) {
    int ready[2];
    int leave[2];
    REQUIRE((pipe2(ready, O_CLOEXEC) == 0 && pipe2(leave, O_CLOEXEC) == 0));
    pid_ = fork();
    if (pid_ == 0) {
      close(leave[1]);
      run(dir, ready[1], leave[0]);
    }
    close(ready[1]);
    close(leave[0]);
    leave_ = leave[1];
    char byte = 0;
    const ssize_t n = read(ready[0], &byte, 1);
    close(ready[0]);
    REQUIRE(n == 1);
  }
  ~Holder() { end(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  void end() {
    if (leave_ >= 0) close(std::exchange(leave_, -1));
    collect();
  }
  void kill_hard() {
    kill(pid_, SIGKILL);
    collect();
  }

 private:
  [[noreturn]] static void run(const std::string& dir, int ready, int leave) {
    try {
      const EmbeddedServer server(in(dir));
      [[maybe_unused]] ssize_t n = write(ready, "r", 1);
      char byte = 0;
      n = read(leave, &byte, 1);
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  void collect() {
    if (pid_ > 0) waitpid(std::exchange(pid_, 0), nullptr, 0);
  }

  pid_t pid_ = 0;
  int leave_ = -1;
};

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error was thrown");
  std::abort();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a cluster is made on first use and keeps its data") {
  const TempDir temp;
  std::vector<std::string> log;
  const auto remember = [&](const std::string& line) { log.push_back(line); };
  EmbeddedServer::Options options = in(temp.pg());
  options.database = "it's \"mine\"";
  options.log = remember;
  pid_t first = 0;
  {
    const EmbeddedServer server(options);
    first = server_pid(server.data_dir());
    CHECK(query(server, "SELECT current_database()") == "it's \"mine\"");
    CHECK(query(server, "SHOW server_encoding") == "UTF8");
    CHECK(query(server, "SHOW listen_addresses") == "");
    CHECK(query(server, "CREATE TABLE kept AS SELECT 42 AS answer") == "ok");
    CHECK(alive(first));
  }
  CHECK(!alive(first));
  REQUIRE(log.size() == 1);
  CHECK(contains(log[0], "creating a PostgreSQL"));
  CHECK(contains(log[0], temp.pg()));
  const EmbeddedServer server(options);
  CHECK(query(server, "SELECT answer FROM kept") == "42");
  CHECK(log.size() == 1);
}

TEST_CASE("the server is private to its user and out of the terminal's reach") {
  const TempDir temp;
  const EmbeddedServer server(in(temp.pg()));
  struct stat info {};
  REQUIRE(stat(server.socket_dir().c_str(), &info) == 0);
  CHECK((info.st_mode & 077) == 0);
  REQUIRE(stat(server.data_dir().c_str(), &info) == 0);
  CHECK((info.st_mode & 077) == 0);
  const pid_t pid = server_pid(server.data_dir());
  CHECK(getsid(pid) != getsid(0));
  CHECK(field_of_status(pid, "Uid") != "0");
  CHECK(field_of_status(pid, "Uid") == std::to_string(info.st_uid));
  if (geteuid() != 0) CHECK(info.st_uid == geteuid());
}

TEST_CASE("no variable of the environment leads to another server or into the server") {
  const TempDir temp;
  setenv("PGHOSTADDR", "127.0.0.1", 1);
  setenv("PGDATA", "/nowhere", 1);
  setenv("DATABASE_URL", "postgres://me:secret@db/prod", 1);
  const EmbeddedServer server(in(temp.pg()));
  CHECK(query(server, "SELECT 'here'") == "here");
  CHECK(!contains(query(server,
                        "SELECT encode(pg_read_binary_file('/proc/self/environ', 0, 100000, true), "
                        "'escape')"),
                  "secret"));
  unsetenv("PGHOSTADDR");
  unsetenv("PGDATA");
  unsetenv("DATABASE_URL");
}

TEST_CASE("the last of several holders stops the server") {
  const TempDir temp;
  Holder other(temp.pg());
  pid_t pid = 0;
  {
    const EmbeddedServer server(in(temp.pg()));
    const EmbeddedServer again(in(temp.pg()));
    pid = server_pid(server.data_dir());
    CHECK(query(server, "SELECT 1") == "1");
    CHECK(server.conninfo() == again.conninfo());
  }
  CHECK(alive(pid));
  other.end();
  CHECK(!alive(pid));
}

TEST_CASE("holders that start and leave at the same time do not disturb each other") {
  const TempDir temp;
  { const EmbeddedServer made(in(temp.pg())); }
  std::vector<std::thread> threads;
  std::vector<std::string> answers(6);
  for (std::string& answer : answers) {
    threads.emplace_back([&answer, &temp] {
      for (int i = 0; i < 5; ++i) {
        const EmbeddedServer server(in(temp.pg()));
        answer += query(server, "SELECT 1");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& answer : answers) CHECK(answer == "11111");
  CHECK(!fs::exists(temp.pg() + "/data/postmaster.pid"));
}

TEST_CASE("a server whose holders were all killed stops by itself") {
  const TempDir temp;
  Holder one(temp.pg());
  Holder two(temp.pg());
  const pid_t pid = server_pid(temp.pg() + "/data");
  one.kill_hard();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(alive(pid));
  two.kill_hard();
  CHECK(becomes_true([&] { return !alive(pid); }));
}

TEST_CASE("a call right after the only holder was killed works") {
  const TempDir temp;
  for (int i = 0; i < 3; ++i) {
    Holder holder(temp.pg());
    holder.kill_hard();
    const EmbeddedServer server(in(temp.pg()));
    CHECK(query(server, "SELECT 1") == "1");
  }
}

TEST_CASE("a server that nobody keeps any more is taken over") {
  const TempDir temp;
  Holder holder(temp.pg());
  const pid_t pid = server_pid(temp.pg() + "/data");
  kill(std::stoi(field_of_status(pid, "PPid")), SIGKILL);
  holder.kill_hard();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  REQUIRE(alive(pid));
  {
    const EmbeddedServer server(in(temp.pg()));
    CHECK(server_pid(server.data_dir()) == pid);
  }
  CHECK(!alive(pid));
}

TEST_CASE("a killed server is started again and has what was committed") {
  const TempDir temp;
  Holder holder(temp.pg());
  pid_t second = 0;
  {
    const EmbeddedServer server(in(temp.pg()));
    CHECK(query(server, "CREATE TABLE kept AS SELECT 42 AS answer") == "ok");
    kill(server_pid(server.data_dir()), SIGKILL);
    const EmbeddedServer after(in(temp.pg()));
    CHECK(query(after, "SELECT answer FROM kept") == "42");
    second = server_pid(after.data_dir());
  }
  CHECK(alive(second));
  holder.end();
  CHECK(!alive(second));
}

TEST_CASE("a stale postmaster.pid is no obstacle") {
  const TempDir temp;
  { const EmbeddedServer made(in(temp.pg())); }
  const std::string data = temp.pg() + "/data";
  SUBCASE("whose process number belongs to another process of the same user") {
    struct stat info {};
    REQUIRE(stat(data.c_str(), &info) == 0);
    const pid_t sleeper = fork();
    if (sleeper == 0) {
      if (geteuid() == 0 && setuid(info.st_uid) != 0) _exit(1);
      pause();
      _exit(0);
    }
    std::ofstream(data + "/postmaster.pid") << sleeper << "\n" << data << "\n1\n5432\n/nowhere\n";
    CHECK(query(EmbeddedServer(in(temp.pg())), "SELECT 1") == "1");
    CHECK(kill(sleeper, SIGKILL) == 0);
    waitpid(sleeper, nullptr, 0);
  }
  SUBCASE("that is cut off") {
    std::ofstream(data + "/postmaster.pid") << "\n";
    CHECK(query(EmbeddedServer(in(temp.pg())), "SELECT 1") == "1");
  }
  SUBCASE("beside a left-over socket and its lock file") {
    fs::create_directory(temp.pg() + "/socket");
    std::ofstream(temp.pg() + "/socket/.s.PGSQL.5432.lock") << "999999\n";
    std::ofstream(temp.pg() + "/socket/.s.PGSQL.5432") << "";
    struct stat info {};
    REQUIRE(stat(data.c_str(), &info) == 0);
    for (const char* file : {"", "/.s.PGSQL.5432.lock", "/.s.PGSQL.5432"}) {
      CHECK(chown((temp.pg() + "/socket" + file).c_str(), info.st_uid, info.st_gid) == 0);
    }
    chmod((temp.pg() + "/socket").c_str(), 0700);
    std::ofstream(data + "/postmaster.pid") << "999999\n" << data << "\n1\n5432\n/nowhere\n";
    CHECK(query(EmbeddedServer(in(temp.pg())), "SELECT 1") == "1");
  }
}

TEST_CASE("what a killed initdb left behind is removed") {
  const TempDir temp;
  fs::create_directories(temp.pg() + "/data.new-abc/base");
  const EmbeddedServer server(in(temp.pg()));
  CHECK(query(server, "SELECT 1") == "1");
  CHECK(!fs::exists(temp.pg() + "/data.new-abc"));
}

TEST_CASE("a folder too deep or too odd for a socket works") {
  const TempDir temp;
  std::string dir = temp.path();
  SUBCASE("deep") {
    dir += "/" + std::string(120, 'd');
  }
  SUBCASE("odd") {
    dir += "/a, b \"c\" 'd' \\e";
  }
  std::string socket_dir;
  {
    const EmbeddedServer server(in(dir));
    socket_dir = server.socket_dir();
    CHECK(query(server, "SELECT 1") == "1");
    CHECK(server.data_dir() == dir + "/data");
    CHECK(socket_dir.starts_with("/tmp/pgtide-"));
  }
  CHECK(!fs::exists(socket_dir));
}

TEST_CASE("a folder that only its owner can enter works, root's too") {
  const bool root = geteuid() == 0;
  const TempDir temp(root ? "/root" : "/tmp");
  chmod(temp.path().c_str(), 0700);
  std::string log;
  EmbeddedServer::Options options = in(temp.pg());
  options.log = [&](const std::string& line) { log += line + "\n"; };
  std::string data;
  {
    const EmbeddedServer server(options);
    data = server.data_dir();
    CHECK(query(server, "CREATE TABLE kept AS SELECT 42 AS answer") == "ok");
    CHECK(data.starts_with(root ? "/var/lib/pgtide/" : temp.pg()));
    if (root) CHECK(contains(log, "kept in " + data.substr(0, data.size() - 5)));
  }
  const EmbeddedServer server(options);
  CHECK(server.data_dir() == data);
  CHECK(query(server, "SELECT answer FROM kept") == "42");
}

TEST_CASE("a cluster of another major version is refused with both versions") {
  const TempDir temp;
  { const EmbeddedServer made(in(temp.pg())); }
  std::ofstream(temp.pg() + "/data/PG_VERSION") << "9\n";
  const Error error = error_of([&] { EmbeddedServer(in(temp.pg())); });
  CHECK(error.kind() == ErrorKind::environment);
  CHECK(contains(error.what(), "made by PostgreSQL 9,"));
  CHECK(contains(error.hint(), "postgresql-9"));
}

TEST_CASE("a server that does not start shows its log") {
  const TempDir temp;
  { const EmbeddedServer made(in(temp.pg())); }
  std::ofstream(temp.pg() + "/data/postgresql.conf", std::ios::app) << "no_such_setting = 1\n";
  const Error error = error_of([&] { EmbeddedServer(in(temp.pg())); });
  CHECK(contains(error.what(), "did not start"));
  CHECK(contains(error.what(), "no_such_setting"));
}

TEST_CASE("an initdb that fails shows its output and leaves nothing") {
  const TempDir temp;
  const std::string bin = temp.path() + "/bin";
  fs::create_directory(bin);
  std::ofstream(bin + "/initdb")
      << "#!/bin/sh\necho 'initdb: no space left on device' >&2\nexit 1\n";
  std::ofstream(bin + "/postgres") << "#!/bin/sh\necho 'postgres (PostgreSQL) 15.1'\n";
  for (const char* name : {"/initdb", "/postgres"}) chmod((bin + name).c_str(), 0755);
  const Error error = error_of([&] { EmbeddedServer({.dir = temp.pg(), .bin_dir = bin}); });
  CHECK(error.kind() == ErrorKind::environment);
  CHECK(contains(error.what(), "initdb: no space left on device"));
  for (const auto& entry : fs::directory_iterator(temp.pg())) {
    CHECK(!entry.path().filename().string().starts_with("data"));
  }
}
