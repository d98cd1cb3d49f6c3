"""Runs in, one Markdown page out."""

import os
import pathlib
import platform
import re
import statistics
import subprocess

from contenders import CONTENDERS, find
from workloads import TARGETS, WORKLOADS, judge


def first_line(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout.splitlines()[0]
    except (OSError, IndexError):
        return "absent"


def machine():
    """The facts without which a number means nothing."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", cpu)
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1))
    versions = {name: first_line(find(name) or name, "-v") for name in ("nginx", "haproxy")}
    return {
        "cpu": model.group(1) if model else platform.machine(),
        "cpus": os.cpu_count(),
        "virtual": "hypervisor" in cpu,
        "memory_gib": round(memory / 2**20),
        "kernel": platform.release(),
        "load_average": round(os.getloadavg()[0], 2),
        **versions,
    }


def minima(runs):
    """{(workload, contender): minimum} over the runs without errors."""
    found = {}
    for run in runs:
        value, key = run["value"], (run["workload"], run["contender"])
        if value is not None and not run["errors"]:
            found[key] = min(value, found.get(key, value))
    return found


def table(workload, runs):
    best = {contender: value for (name, contender), value in minima(runs).items() if name == workload.name}
    timing = {
        "request": ["latency_p50_us", "latency_p99_us"],
        "token": ["first_token_p50_us", "transit_p50_us", "transit_p99_us"],
    }
    shown = ["per_second", *timing[workload.unit]] if workload.metric == "cpu_us" else []
    titles = [key.replace("_us", " µs").replace("_", " ") for key in shown]
    rows = [["", workload.column + " min", "median", "× nginx", "× haproxy", *titles, "errors"]]
    rows.append(["---"] + ["---:"] * (len(rows[0]) - 1))
    for contender in CONTENDERS:
        own = [run for run in runs if run["workload"] == workload.name and run["contender"] == contender]
        if own:
            ratios = [
                best[contender] / best[peer] if contender in best and best.get(peer) else None
                for peer in ("nginx", "haproxy")
            ]
            cells = [best.get(contender), median(own, "value"), *ratios, *(median(own, key) for key in shown)]
            rows.append([contender, *map(number, cells), str(sum(run["errors"] for run in own))])
    return ["| " + " | ".join(row) + " |" for row in rows]


def median(runs, key):
    values = [run[key] for run in runs if run.get(key)]  # a run too short to finish a request has none
    return statistics.median(values) if values else None


def number(value):
    if value is None:
        return ""
    digits = 0 if value >= 1000 else 1 if value >= 100 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def markdown(facts, method, runs, notes):
    lines = [
        "# Benchmark",
        "",
        *(f"- {key.replace('_', ' ')}: {value}" for key, value in {**facts, **method}.items()),
        "",
    ]
    for workload in WORKLOADS:
        if any(run["workload"] == workload.name for run in runs):
            lines += [f"## {workload.name}: {workload.title}", "", *table(workload, runs), ""]
    measured = {run["workload"] for run in runs}
    verdicts = [judge(target, minima(runs)) for target in TARGETS if target.workload in measured]
    errors = [f"ERROR {run['workload']} {run['contender']}: {run['problem']}" for run in runs if run["errors"]]
    return "\n".join(lines + ["## Targets", "", *(f"- {line}" for line in verdicts + errors + notes), ""])
