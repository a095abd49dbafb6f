// Texts and documents about what surrounds a run. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pgtide/backup_files.hpp"
#include "pgtide/render.hpp"

namespace pgtide::render {

// `12.3 MB`
std::string size_text(std::int64_t bytes);

std::string backup_text(const Backup& backup);
// A live line without a line end.
std::string backup_progress_text(std::int64_t bytes, std::int64_t elapsed_ms, const Style& style);
std::string restore_text(const RestoreAdvice& advice);

// `emptied database shop: 2 schemas dropped`
std::string reset_text(const std::string& database, std::size_t schemas);

// Of `validate`: `notes` are about what is valid and yet worth knowing.
std::string validation_json(const std::vector<Problem>& problems,
                            const std::vector<Problem>& notes);
std::string backup_json(const Backup& backup);
std::string restore_json(const RestoreAdvice& advice);

}  // namespace pgtide::render
