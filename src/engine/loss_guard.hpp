// Judges by the catalog and the rows whether a transaction is about to lose what was there before
// it. Pure.
#pragma once

#include "pgtide/query.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_scan.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::engine {

// Whether the script says that all of it, or that this statement, may lose data.
bool all_losses_are_meant(const sql::ScriptScan& scan);
bool loss_is_meant(const sql::ScriptScan& scan, const sql::Statement& statement);
// Whether what there is must be noted anew after it: it may lose data, or it resets the settings
// that the notes are kept in.
bool ends_loss_watch(const sql::ScriptScan& scan, const sql::Statement& statement);

// Whether a run may lose data that it does not say so about.
enum class Losses { allowed, refused };

// How long what is noted holds.
enum class LossWatch { transaction, session };
// Notes which tables there are. Temporary tables never count.
Query begin_loss_watch(LossWatch watch);
// Fails when, since begin_loss_watch(), a table or a column that was there
// is gone, or a table that had rows has none left. Names each.
Query refuse_losses();

// Why refuse_losses() failed, and what to do.
Failure explain_loss(Failure failure);

}  // namespace pgtide::engine
