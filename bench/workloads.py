"""What is asked of a proxy, and what it has to reach."""

import dataclasses

from contenders import OURS, OURS_OFF


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    title: str
    unit: str  # what the measured cost is divided by: request, token or stream
    load: dict  # arguments of bench/load.cpp
    metric: str = "cpu_us"

    @property
    def column(self):
        what = {"cpu_us": "CPU µs", "resident_kb": "KB", "syscalls": "syscalls"}[self.metric]
        return f"{what}/{self.unit}"


WORKLOADS = [
    Workload(
        "ns1k-open",
        "1 KB requests, open loop, 2,000 a second, 64 connections",
        "request",
        {"connections": 64, "rate": 2000},
    ),
    Workload("ns1k", "1 KB requests, closed loop, 32 connections", "request", {"connections": 32}),
    Workload(
        "sse-paced",
        "200 streams of 100 tokens, 50 tokens a second ± 50 %, one write a token",
        "token",
        {"connections": 200, "tokens": 100, "gap-us": 20000, "jitter": 50, "ramp-ms": 2000, "warmup-ms": 2200},
    ),
    Workload(
        "sse-burst",
        "32 streams of 400 tokens, unpaced, 16 tokens a write",
        "token",
        {"connections": 32, "tokens": 400, "burst": 16},
    ),
    Workload(
        "ns100k", "100 KB requests, closed loop, 8 connections", "request", {"connections": 8, "body": 100 * 1024}
    ),
    Workload(
        "ns5m", "5 MB requests, closed loop, 4 connections", "request", {"connections": 4, "body": 5 * 1024 * 1024}
    ),
    Workload(
        "idle-2000",
        "2,000 streams open and idle after their first token",
        "stream",
        {
            "connections": 2000,
            "tokens": 2,
            "gap-us": 600_000_000,
            "ramp-ms": 1000,
            "warmup-ms": 1500,
            "measure-ms": 500,
        },
        "resident_kb",
    ),
    # One connection, so that nothing is batched: the counts are exact and the worst case.
    Workload(
        "syscalls-request", "1 KB requests, one after another, under strace", "request", {"connections": 1}, "syscalls"
    ),
    Workload(
        "syscalls-token",
        "one stream after another of 100 tokens 10 ms apart, under strace",
        "token",
        {"connections": 1, "tokens": 100, "gap-us": 10000},
        "syscalls",
    ),
]


@dataclasses.dataclass(frozen=True)
class Target:
    workload: str
    limit: float
    versus: str = ""  # a contender whose minimum the limit multiplies; none: the limit stands alone
    binding: bool = True  # false: shown, because it is worth knowing


TARGETS = [
    Target("ns1k-open", 0.85, "nginx"),
    Target("ns1k-open", 1.00, "haproxy"),
    Target("sse-paced", 1.00, "nginx"),
    Target("sse-burst", 1.00, "nginx"),
    Target("ns100k", 0.90, "haproxy"),
    Target("ns5m", 1.15, "nginx"),
    Target("idle-2000", 12.0),
    Target("syscalls-request", 8.0),
    Target("syscalls-token", 4.0),
    Target("ns1k-open", 1.10, OURS_OFF),
    Target("sse-paced", 1.10, OURS_OFF),
    # A closed loop leaves nothing but the proxy's own work, so that observation weighs most.
    *(Target(name, 1.10, OURS_OFF, binding=False) for name in ("ns1k", "sse-burst", "ns100k", "ns5m")),
]


def judge(target, minima):
    """One line: PASS, FAIL, NOTE (not binding) or SKIP. `minima` is {(workload, contender): minimum}."""
    ours = minima.get((target.workload, OURS))
    other = minima.get((target.workload, target.versus)) if target.versus else 1.0
    wanted = f"{target.workload}: <= {target.limit:.2f}" + (f" x {target.versus}" if target.versus else "")
    if ours is None or not other:
        return f"SKIP {wanted} (not measured)"
    verdict = "NOTE" if not target.binding else "PASS" if ours <= target.limit * other else "FAIL"
    return f"{verdict} {wanted}: {ours / other:.2f}"
