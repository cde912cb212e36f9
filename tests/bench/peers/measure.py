"""Runs one process and says what it took.

Its user keeps little in memory: the kernel counts the memory of a process in the peak of those that it
starts.
"""

import os
import subprocess
import threading
import time
from dataclasses import dataclass

# A process that takes longer is killed, and has failed.
SECONDS_MAX = 1200


class Failed(Exception):
    """A process that did not do its work, with the end of what it wrote."""


@dataclass
class Took:
    """Seconds from the start to the answer, and until the exit the CPU seconds and the peak memory."""

    answer: str
    seconds: float
    cpu: float
    peak_mb: float


class Process:
    """A process whose standard error goes to a file of its own."""

    def __init__(self, command, log, variables=None, folder=None):
        self.log = log
        self.began = time.monotonic()
        with open(log, "wb") as errors:
            variables = {**os.environ, **(variables or {})}
            self.child = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, env=variables, cwd=folder
            )
        self.deadline = threading.Timer(SECONDS_MAX, self.child.kill)
        self.deadline.daemon = True
        self.deadline.start()

    def has_ended(self):
        """Whether it has ended; it stays there for `end` to collect."""
        return os.waitid(os.P_PID, self.child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def failed(self, why):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            end = "".join(file.readlines()[-5:])
        return Failed(f"{' '.join(map(str, self.child.args))[:200]}: {why}\n{end}")

    def end(self, answer, seconds):
        """Waits for the exit."""
        self.child.stdout.close()
        _, status, usage = os.wait4(self.child.pid, 0)
        self.deadline.cancel()
        self.child.returncode = os.waitstatus_to_exitcode(status)
        if self.child.returncode != 0:
            raise self.failed(f"exit code {self.child.returncode}")
        return Took(answer, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run(command, log, variables=None, folder=None, until_exit=False):
    """Runs a process that prints its answer and exits. The time is that of the first line, or of the exit."""
    process = Process(command, log, variables, folder)
    first = process.child.stdout.readline()
    seconds = time.monotonic() - process.began
    answer = (first + process.child.stdout.read()).decode()
    if until_exit:
        seconds = time.monotonic() - process.began
    return process.end(answer, seconds)
