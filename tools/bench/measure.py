"""Runs one command and prints its time and peak memory as JSON.

    python3 -I -S measure.py STDOUT_FILE COMMAND...

A process of its own, because the peak that wait4 tells is never below the peak of the process that forked: it has
to be a small one. Only what this interpreter has loaded anyway is imported.
"""

import os
import sys
import time


def main():
    output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    command = sys.argv[2:]
    began = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    print(
        '{"seconds": %.6f, "cpu_seconds": %.6f, "peak_kib": %d, "exit_code": %d}'
        % (seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, code)
    )


main()
