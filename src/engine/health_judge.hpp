// From what a server tells to what a person on call has to know. Pure.
#pragma once

#include "pgtide/health.hpp"
#include "pgtide/health_facts.hpp"

namespace pgtide::engine {

HealthReport judge(const HealthFacts& facts);

// The sections that are about sessions: lock waits, long statements, idle transactions.
std::vector<HealthSection> judge_sessions(const HealthFacts& facts);
// The sections that are about migrations: the run, versions.
std::vector<HealthSection> judge_migrations(const HealthFacts& facts);

// `pid 123, deploy@10.0.0.7 (psql)`
std::string session_name(const SessionFact& session);
// The same, with what it does: `… idle in transaction for 3 min 02 s: UPDATE …`
std::string session_line(const SessionFact& session);
// What was not seen of a section, as findings.
void add_unseen(HealthSection& section, const HealthFacts& facts);

}  // namespace pgtide::engine
