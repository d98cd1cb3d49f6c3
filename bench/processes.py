"""Processes under measurement: where they run, what CPU and memory they used, which system calls they made."""

import os
import pathlib
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

STARTUP_SECONDS = 10


def enter_own_session():
    """Autogroup scheduling shares the CPU among sessions: with one of its own the kit can be given a larger share."""
    if os.getpid() == os.getpgrp():  # a group leader may not leave its session: let a child do it
        child = os.fork()
        if child:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM))
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def raise_priority():
    """Gives the session a larger share of the CPU than others; returns whether that was allowed."""
    try:
        pathlib.Path("/proc/self/autogroup").write_text("-10")
        return True
    except OSError:
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def spawn(command, core=None, **options):
    """A child on one core, or on any."""
    pin = None if core is None else lambda: os.sched_setaffinity(0, {core})
    return subprocess.Popen([str(word) for word in command], preexec_fn=pin, **options)


def stop(process, how=signal.SIGTERM):
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def read_line(process, seconds):
    """The next line of a child's stdout. It writes whole lines only, so that waiting for the first byte suffices."""
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    line = process.stdout.readline().decode() if ready else ""
    if not line:
        raise RuntimeError(f"{process.args[0]} said nothing for {seconds} s, exit status {process.poll()}")
    return line.strip()


def start_spinner(core):
    """Keeps a core from halting, at the lowest priority there is: a sleeping virtual CPU is slow to wake."""
    program = (
        "import os; parent = os.getppid(); os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\n"
        "while os.getppid() == parent:\n for _ in range(1000000): pass"
    )
    return spawn([sys.executable, "-c", program], core)


class Proxy:
    """A running contender. `process`: None for the direct connection. `call_log`: the file that it writes, if any."""

    def __init__(self, process, port, call_log=None):
        self.process = process
        self.port = port
        self.call_log = call_log

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self.call_log:
            self.call_log.unlink(missing_ok=True)  # tens of thousands of records a second add up

    def wait_until_ready(self):
        deadline = time.monotonic() + STARTUP_SECONDS
        while self.is_alive():
            try:
                return socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
        raise RuntimeError(f"{self.process.args[0]} does not accept connections, exit status {self.process.poll()}")

    def is_alive(self):
        return self.process is None or self.process.poll() is None

    def pids(self):
        found = [] if self.process is None else [self.process.pid]
        for pid in found:  # grows while it is walked
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        return found

    def cpu_ns(self):
        """CPU time of all threads so far: the scheduler's own account, in ns."""
        files = (file for pid in self.pids() for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))
        return sum(int(file.read_text().split()[0]) for file in files)

    def resident_bytes(self):
        status = "".join(pathlib.Path(f"/proc/{pid}/status").read_text() for pid in self.pids())
        return 1024 * sum(map(int, re.findall(r"VmRSS:\s+(\d+)", status)))

    def stop(self):
        if self.process is not None:
            stop(self.process)


class SyscallCount:
    """strace attached to a proxy; `stop` returns {name: calls}."""

    def __init__(self, proxy):
        self.summary = tempfile.NamedTemporaryFile("r")
        attach = [word for pid in proxy.pids() for word in ("-p", pid)]
        self.process = spawn(
            ["strace", "-c", "-f", "-U", "calls,name", "-o", self.summary.name, *attach], stderr=subprocess.PIPE
        )
        for _ in proxy.pids():
            line = self.process.stderr.readline().decode()
            if "attached" not in line:
                raise RuntimeError(line)

    def stop(self):
        stop(self.process, signal.SIGINT)
        lines = (line.split() for line in self.summary.read().splitlines())
        return {line[1]: int(line[0]) for line in lines if len(line) == 2 and line[0].isdigit() and line[1] != "total"}
