// What the parts of SociLedger share.
#pragma once

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "adapters/soci_errors.hpp"
#include "adapters/soci_ledger.hpp"
#include "pgtide/query.hpp"

namespace pgtide::adapters {

constexpr std::size_t rows_per_fetch = 4096;

// The rows of a query whose columns are all text, a batch at a time; one round trip.
class TextRows {
 public:
  TextRows(soci::session& session, const std::string& sql, std::size_t columns)
      : statement_(session), columns_(columns, std::vector<std::string>(rows_per_fetch)) {
    statement_.alloc();
    statement_.prepare(sql, soci::details::st_one_time_query);
    for (auto& column : columns_) statement_.exchange(soci::into(column));
    statement_.define_and_bind();
    statement_.execute(false);
  }

  template <typename Function>
  void for_each(Function function) {
    while (statement_.fetch()) {
      for (std::size_t row = 0; row < columns_[0].size(); ++row) {
        function([&](std::size_t column) -> std::string& { return columns_[column][row]; });
      }
      for (auto& column : columns_) column.resize(rows_per_fetch);
    }
  }

 private:
  soci::statement statement_;
  std::vector<std::vector<std::string>> columns_;
};

struct SociLedger::Impl {
  Impl() = default;
  ~Impl() {
    if (session.get_backend() != nullptr) forget_connection(connection());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  soci::session session;
  ConnectOptions options;
  Backend backend;  // of the session, its pid as it was reported
  bool behind_pooler = false;
  LedgerNames names;
  std::chrono::milliseconds lock_timeout{0};
  bool log_exists = false;

  // Statements in one message are one transaction, so the settings end with the query.
  std::string in_time(const std::string& query) const {
    return under_own_settings(
        fmt::format("SET LOCAL lock_timeout = {}; {}", lock_timeout.count(), query));
  }
  std::string table() const { return names.qualified(names.table); }
  std::string log() const { return names.qualified(names.log()); }
  PGconn* connection() {
    return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
  }
  LedgerUse use() { return {names, PQuser(connection())}; }
  bool is_on_disk();
  bool is_primary();
  template <typename Accept>
  std::unique_ptr<SociLedger> connect_again(std::chrono::milliseconds patience,
                                            const ports::Interrupt& interrupt, Accept accept) const;
  std::vector<Problem> read_shape(LedgerSnapshot& snapshot);
  std::int64_t last_event();
  void read_rows(LedgerSnapshot& snapshot, Detail detail);
};

}  // namespace pgtide::adapters
