// The connection of SociLedger, and what becomes of it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <thread>
#include <utility>

#include "adapters/pg_session.hpp"
#include "adapters/soci_adoption.hpp"
#include "adapters/soci_ledger_impl.hpp"
#include "pgtide/conninfo.hpp"

namespace pgtide::adapters {

// Waits until what was committed before is on disk; without a ledger there was nothing.
bool SociLedger::Impl::is_on_disk() {
  constexpr const char* undefined_table = "42P01";
  // Several statements in one message are one transaction.
  const std::string sql =
      under_own_settings(fmt::format("{}", fmt::join(names.flush_statements(), "; ")));
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection(), sql.c_str()),
                                                             PQclear);
  return PQresultStatus(result.get()) == PGRES_TUPLES_OK ||
         server_message(result.get()).sqlstate == undefined_table;
}

// Of several hosts the next to answer may be a standby, which does not have everything yet, and
// which becomes the primary when that one stays away.
bool SociLedger::Impl::is_primary() {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(connection(), "SELECT pg_catalog.pg_is_in_recovery()"), PQclear);
  return PQntuples(result.get()) == 1 && PQgetvalue(result.get(), 0, 0) == std::string("f");
}

// `accept` gets the new one and the time that is left, and says whether it will do.
template <typename Accept>
std::unique_ptr<SociLedger> SociLedger::Impl::connect_again(std::chrono::milliseconds patience,
                                                            const ports::Interrupt& interrupt,
                                                            Accept accept) const {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + patience;
  constexpr std::chrono::milliseconds between_tries{200};
  ConnectOptions again = options;
  again.connect_timeout = std::chrono::seconds(2);
  again.interrupt = &interrupt;
  again.on_notice = {};
  while (Clock::now() < deadline && interrupt.signal() == 0) {
    try {
      auto fresh = std::make_unique<SociLedger>(again, names, lock_timeout);
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (accept(*fresh, left)) return fresh;
    } catch (const Error&) {  // a server that starts again refuses for a while
    }
    std::this_thread::sleep_for(between_tries);
  }
  return nullptr;
}

SociLedger::SociLedger(const ConnectOptions& options, LedgerNames names,
                       std::chrono::milliseconds lock_timeout)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  impl_->names = std::move(names);
  impl_->lock_timeout = lock_timeout;
  open_on(impl_->session, connect(options));
  impl_->backend.pid = PQbackendPID(connection());
}

SociLedger::~SociLedger() = default;

PGconn* SociLedger::connection() const {
  return impl_->connection();
}

std::unique_ptr<ports::LedgerReader> SociLedger::reconnect(std::chrono::milliseconds patience,
                                                           const ports::Interrupt& interrupt,
                                                           const std::optional<Backend>& lost) {
  auto fresh = impl_->connect_again(patience, interrupt, [&](const SociLedger& now, auto left) {
    if (!now.impl_->is_primary()) return false;
    if (!lost && impl_->behind_pooler) return true;  // it was never seen to begin anything
    return end_session(now.connection(), lost.value_or(impl_->backend), left);
  });
  return fresh && fresh->impl_->is_on_disk() ? std::move(fresh) : nullptr;
}

bool SociLedger::connect_again(std::chrono::milliseconds patience,
                               const ports::Interrupt& interrupt) {
  const auto fresh = impl_->connect_again(patience, interrupt, [](auto&, auto) { return true; });
  if (fresh) impl_ = std::move(fresh->impl_);
  return fresh != nullptr;
}

}  // namespace pgtide::adapters
