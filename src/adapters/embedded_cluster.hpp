// The cluster of an embedded server: its files and its running server.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "adapters/embedded_place.hpp"

namespace pgtide {

// What a running server writes into postmaster.pid.
struct PidFile {
  pid_t pid = 0;  // 0 when the file is cut off
  int port = 0;
  std::string socket_dir;
  long shm_key = 0;
  int shm_id = -1;
  std::string status;  // `starting`, `ready`, `standby`, `stopping`; empty when not written yet
};
std::optional<PidFile> read_pid_file(const std::string& data);

// The major version of the cluster in `data`, 0 when there is none. Throws Error(environment) when
// the folder is something else.
int cluster_major(const std::string& data);

// Makes a cluster, all or nothing: a killed initdb leaves a folder that the next call removes. Call
// under the start lock. Throws Error(environment) with initdb's output.
void create_cluster(const ServerPlace& place, const std::string& bin_dir);

// Whether the server that wrote the file is there: a live process whose working folder is `data`.
// A process that merely got the same number later is not.
bool server_lives(const PidFile& file, const std::string& data);

// Whether some server accepts connections where the file says. Finds one that runs in another
// container, too.
bool server_answers(const PidFile& file);

// Removes what a killed server left behind and PostgreSQL would stumble over. Waits until the last
// of its processes is gone. Throws Error(environment) when one stays.
void clear_stale_pid_file(const PidFile& file, const std::string& data);

// A fast shutdown; returns when the server is gone.
void stop_server(const PidFile& file, const std::string& data);

}  // namespace pgtide
