// Whether somebody asked the run to stop.
#pragma once

namespace pgtide::ports {

class Interrupt {
 public:
  virtual ~Interrupt() = default;
  virtual int signal() const = 0;   // number of the signal, 0 while there is none
  virtual int wait_fd() const = 0;  // readable once there is one; -1 when it never will be
};

}  // namespace pgtide::ports
