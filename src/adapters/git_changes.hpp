// What changed in a folder, as git knows it.
#pragma once

#include <string>
#include <vector>

namespace pgtide::adapters {

// Paths below `directory` that differ between the working tree and the point where it left
// `revision`; untracked files too, ignored ones not. Throws Error(usage) for a revision that git
// does not know and for a link whose changes git does not see, Error(environment) when there is no
// git or no repository.
std::vector<std::string> changed_files(const std::string& directory, const std::string& revision);

}  // namespace pgtide::adapters
