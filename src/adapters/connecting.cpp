#include "adapters/connecting.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "adapters/pg_session.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds slice{100};

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ResultDeleter>;

void stop_if_interrupted(const ports::Interrupt* interrupt) {
  if (interrupt == nullptr || interrupt->signal() == 0) return;
  throw Error(ErrorKind::interrupted, "stopped while connecting; nothing was run")
      .with_signal(interrupt->signal());
}

void hand_on(void* handler, const PGresult* notice) {
  const auto& on_notice = *static_cast<const NoticeHandler*>(handler);
  if (on_notice) on_notice(server_message(notice));
}

void ignore(void*, const PGresult*) {}

std::string place_of(PGconn* connection) {
  const char* host = PQhost(connection);
  const char* port = PQport(connection);
  if (host != nullptr && *host == '/') return fmt::format("socket \"{}/.s.PGSQL.{}\"", host, port);
  return fmt::format("at \"{}\", port {}", host == nullptr ? "" : host, port);
}

Refusal too_late(PGconn* connection, const char* what) {
  const std::string place = place_of(connection);
  return {fmt::format("connection to server {}{} failed: {}",
                      place.starts_with("socket") ? "on " : "", place, what)};
}

std::optional<Refusal> log_in(PGconn* connection, const Patience& patience) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) return refusal_of(PQerrorMessage(connection));
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!patience.wait(PQsocket(connection), events)) {
      return too_late(connection, "timeout expired");
    }
    state = PQconnectPoll(connection);
  }
  return std::nullopt;
}

std::optional<Refusal> have_one_query_answered(PGconn* connection, const Patience& patience) {
  bool is_there = PQsendQuery(connection, "") == 1;
  while (is_there && PQisBusy(connection) != 0) {
    if (!patience.wait(PQsocket(connection), POLLIN)) {
      return too_late(connection, "login worked, but no query was answered");
    }
    is_there = PQconsumeInput(connection) == 1;
  }
  ExecStatusType last = PGRES_FATAL_ERROR;
  while (is_there) {
    const Result result(PQgetResult(connection));
    if (result == nullptr) break;
    last = PQresultStatus(result.get());
  }
  if (last == PGRES_EMPTY_QUERY) return std::nullopt;
  return refusal_of(PQerrorMessage(connection));
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    parts.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// Of a list with one entry for all, or one for each.
std::string entry(const std::vector<std::string>& list, std::size_t index) {
  return list.size() == 1 ? list[0] : index < list.size() ? list[index] : std::string();
}

}  // namespace

bool Patience::wait(int socket, short events) const {
  while (true) {
    stop_if_interrupted(interrupt);
    milliseconds longest = slice;
    if (deadline) {
      const auto left = std::chrono::ceil<milliseconds>(*deadline - Clock::now());
      if (left.count() <= 0) return false;
      longest = std::min(longest, left);
    }
    pollfd fd{socket, events, 0};
    if (poll(&fd, 1, static_cast<int>(longest.count())) > 0) return true;
  }
}

void Patience::pause(milliseconds length) const {
  const auto end = Clock::now() + length;
  while (Clock::now() < end) {
    stop_if_interrupted(interrupt);
    std::this_thread::sleep_for(std::min(slice, length));
  }
}

std::variant<Connection, Refusal> connect_once(const std::string& conninfo,
                                               const Patience& patience,
                                               const NoticeHandler& on_notice) {
  Connection connection(PQconnectStart(conninfo.c_str()));
  PGconn* const server = connection.get();
  if (PQstatus(server) == CONNECTION_BAD) return refusal_of(PQerrorMessage(server));
  PQsetErrorVerbosity(server, PQERRORS_VERBOSE);  // with the SQLSTATE
  // libpq would print notices to standard error.
  PQsetNoticeReceiver(server, hand_on, const_cast<NoticeHandler*>(&on_notice));
  if (auto refused = log_in(server, patience)) return std::move(*refused);
  if (auto refused = have_one_query_answered(server, patience)) return std::move(*refused);
  PQsetNoticeReceiver(server, ignore, nullptr);
  PQsetErrorVerbosity(server, PQERRORS_DEFAULT);
  list_connection(server);
  return connection;
}

std::vector<std::string> each_host(const std::string& conninfo) {
  std::map<std::string, std::string> values;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(conninfo.c_str(), nullptr), &PQconninfoFree);
  for (const auto* option = parsed.get(); option != nullptr && option->keyword; ++option) {
    if (option->val != nullptr) values[option->keyword] = option->val;
  }
  const auto hosts = split(values["host"]);
  const auto addresses = split(values["hostaddr"]);
  const auto ports = split(values["port"]);
  const std::size_t count = std::max(hosts.size(), addresses.size());
  if (count < 2) return {conninfo};
  // libpq takes any server where no standby is found.
  const bool any_at_last = values["target_session_attrs"] == "prefer-standby";
  std::vector<std::string> all;
  for (const char* wanted : {any_at_last ? "standby" : "", any_at_last ? "any" : ""}) {
    for (std::size_t i = 0; i < count; ++i) {
      std::string one = conninfo;
      const auto set = [&](const char* key, const std::string& value) {
        one += fmt::format(" {}={}", key, quoted_value(value));
      };
      if (!values["host"].empty()) set("host", entry(hosts, i));
      if (!values["hostaddr"].empty()) set("hostaddr", entry(addresses, i));
      if (!values["port"].empty()) set("port", entry(ports, i));
      if (any_at_last) set("target_session_attrs", wanted);
      all.push_back(std::move(one));
    }
    if (!any_at_last) break;
  }
  return all;
}

}  // namespace pgtide::adapters
