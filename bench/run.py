#!/usr/bin/env python3
"""Measures what a proxied request, token and open stream cost: Tokenweir beside nginx, HAProxy and a bare TCP relay.

See bench/README.md for the method. Writes every run as JSON and a Markdown table with a verdict per target.
"""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import contenders
import processes
import report
from workloads import WORKLOADS

ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--build", type=pathlib.Path, default=ROOT / "build/release", help="folder with the kit's programs"
    )
    parser.add_argument("--tokenweir", type=pathlib.Path, help="the proxy (default: BUILD/tokenweir)")
    parser.add_argument("--output", type=pathlib.Path, help="folder for bench.json and bench.md (default: BUILD)")
    parser.add_argument(
        "--pin",
        choices=["one", "split", "none"],
        default="one",
        help="everything on one core (default), the proxy on its own, or anywhere",
    )
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="measured time of one run")
    parser.add_argument(
        "--only", default="", help="workloads, comma-separated: " + ", ".join(w.name for w in WORKLOADS)
    )
    parser.add_argument("--contenders", default="", help="comma-separated: " + ", ".join(contenders.CONTENDERS))
    parser.add_argument("--quick", action="store_true", help="a smoke run: one short repetition, no verdict to rely on")
    parser.add_argument(
        "--wrk", action="store_true", help="also let wrk ask for as much as it can, to check the load generator"
    )
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.tokenweir = (options.tokenweir or options.build / "tokenweir").resolve()
    options.output = options.output or options.build
    if options.quick:
        options.reps, options.seconds = 1, 0.4
    return options


def chosen(text, known):
    names = [name for name in text.split(",") if name] or list(known)
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return names


class Bench:
    def __init__(self, options, folder):
        self.options = options
        cores = os.sched_getaffinity(0)
        last = max(cores)
        self.proxy_core = None if options.pin == "none" else last
        self.kit_core = {"one": last, "split": min(cores), "none": None}[options.pin]
        if options.pin != "none" and len(cores) > 1:
            os.sched_setaffinity(0, cores - {last})  # this script, and strace
        self.mock = contenders.start_announced([options.build / "fast_mock"], self.kit_core)
        self.spinner = processes.start_spinner(last) if options.pin == "one" else None
        self.notes = []
        self.stage = contenders.Stage(options.build, options.tokenweir, folder, self.proxy_core, self.mock.port)

    def close(self):
        self.mock.stop()
        if self.spinner:
            processes.stop(self.spinner)

    # -- one run ---------------------------------------------------------------------------------------------------------

    def load(self, port, settings):
        words = [word for name, value in settings.items() for word in (f"--{name}", int(value))]
        command = [self.options.build / "load", "--port", port, "--hold", *words]
        return processes.spawn(command, self.kit_core, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, port, settings, at_begin=lambda: None, at_end=lambda: None):
        """Runs the load generator; returns its report and what was seen at either end of the measured time."""
        patience = 20 + (settings.get("warmup-ms", 0) + settings["measure-ms"]) / 1000
        load = self.load(port, settings)
        try:
            line = processes.read_line(load, patience)
            before = at_begin()
            answer = json.loads(processes.read_line(load, patience) if line == "begin" else line)
            return answer, before, at_end()
        finally:
            load.stdin.close()
            processes.stop(load)

    def settings(self, workload):
        seconds = max(self.options.seconds, 1.0) if workload.metric == "syscalls" else self.options.seconds
        settings = {"warmup-ms": 500, "measure-ms": 1000 * seconds, **workload.load}
        if self.options.quick:
            settings["warmup-ms"] = min(settings["warmup-ms"], 300 if workload.metric == "cpu_us" else 700)
            settings["ramp-ms"] = min(settings.get("ramp-ms", 100), settings["warmup-ms"] - 100)
        return settings

    def measure(self, workload, proxy):
        how = {"cpu_us": self.cpu, "resident_kb": self.resident, "syscalls": self.syscalls}[workload.metric]
        value, answer = how(workload, proxy)
        done = answer[workload.unit + "s"] if workload.unit != "stream" else answer["all_tokens"]
        problem = answer["first_error"]
        if not problem and not proxy.is_alive():
            problem = "the proxy ended"
        if not problem and done < self.least(workload):
            problem = f"only {done} {workload.unit}s were answered"
        errors = answer["errors"] or int(bool(problem))
        return {
            **answer,
            "value": value,
            "per_second": done / (answer["seconds"] or 1),
            "errors": errors,
            "problem": problem,
        }

    def least(self, workload):
        """What must have been answered for a run to count: an answer that never comes is no cheaper."""
        if workload.unit == "stream":
            return workload.load["connections"]
        if "rate" in workload.load:
            return 0.9 * workload.load["rate"] * self.options.seconds
        return 1

    def cpu(self, workload, proxy):
        answer, before, after = self.ask(proxy.port, self.settings(workload), proxy.cpu_ns, proxy.cpu_ns)
        done = answer[workload.unit + "s"]
        return (after - before) / 1000 / done if proxy.process and done else None, answer

    def resident(self, workload, proxy):
        """Growth over a process that has served a few requests and so has what it needs once."""
        if proxy.process is None:
            return None, self.ask(proxy.port, self.settings(workload))[0]
        self.ask(proxy.port, {"connections": 4, "tokens": 10, "warmup-ms": 100, "measure-ms": 100})
        time.sleep(0.2)
        before = proxy.resident_bytes()
        answer, _, after = self.ask(proxy.port, self.settings(workload), at_end=proxy.resident_bytes)
        return (after - before) / 1024 / workload.load["connections"], answer

    def syscalls(self, workload, proxy):
        strace = processes.SyscallCount(proxy)
        try:
            answer, _, calls = self.ask(proxy.port, {**self.settings(workload), "warmup-ms": 0}, at_end=strace.stop)
        finally:
            processes.stop(strace.process)
        done = answer[f"all_{workload.unit}s"]
        answer["calls"] = calls
        return sum(calls.values()) / done if done else None, answer

    def wrk(self, name):
        """Requests per second that wrk gets: the same kind of request, closed loop, 32 connections."""
        script = self.stage.folder / "post.lua"
        body = json.dumps({"messages": [{"role": "user", "content": "A" * 900}], "model": "gpt-4o-mini"})
        script.write_text(
            f"wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['Content-Type'] = 'application/json'\n"
        )
        command = ["wrk", "-t1", "-c32", f"-d{max(1, round(self.options.seconds))}s", "-s", script]
        with contenders.start(name, self.stage) as proxy:
            url = f"http://127.0.0.1:{proxy.port}/v1/chat/completions"
            output = processes.spawn([*command, url], self.kit_core, stdout=subprocess.PIPE).communicate()[0].decode()
        rate = float(output.split("Requests/sec:")[1].split()[0])
        print(f"  wrk {name:16} {rate:10.0f} requests/s", file=sys.stderr)
        return rate

    # -- all runs --------------------------------------------------------------------------------------------------------

    def repetition(self, number, workloads, names):
        """Every contender afresh, every workload, and another one goes first each time."""
        order = names[number % len(names) :] + names[: number % len(names)]
        yield from self.side_by_side(number, [w for w in workloads if w.metric == "cpu_us"], order)
        for workload in workloads:
            # Counting system calls needs no repetition: it does not depend on the clock.
            if workload.metric == "cpu_us" or (workload.metric == "syscalls" and number > 0):
                continue
            for name in order:
                if name != "direct":
                    with contenders.start(name, self.stage) as proxy:
                        yield self.run(workload, name, proxy, number)

    def side_by_side(self, number, workloads, order):
        if not workloads:
            return
        calls = 0
        with contextlib.ExitStack() as stack:
            proxies = {name: stack.enter_context(contenders.start(name, self.stage)) for name in order}
            for workload in workloads:
                for name in order:
                    result = self.run(workload, name, proxies[name], number)
                    calls += result.get("all_requests", 0) if name == contenders.OURS else 0
                    yield result
            if contenders.OURS in proxies:
                self.check_call_log(proxies[contenders.OURS], calls)

    def check_call_log(self, proxy, calls):
        """A record that was dropped cost nothing: say so. (Calls cut off at the end of a run have records too.)"""
        proxy.stop()
        records = proxy.call_log.read_bytes().count(b"\n") if proxy.call_log.exists() else 0
        if records < calls:
            self.notes.append(f"NOTE the call log holds {records} records of {calls} finished calls")

    def run(self, workload, name, proxy, number):
        try:
            result = self.measure(workload, proxy)
        except RuntimeError as error:
            result = {"value": None, "per_second": 0, "errors": 1, "problem": str(error)}
        shown = [(result["value"], workload.column), (result["per_second"], f"{workload.unit}s/s")][
            result["value"] is None
        ]
        print(
            f"{number + 1} {workload.name:17} {name:16} {report.number(shown[0]):>10} {shown[1]}  {result['problem']}",
            file=sys.stderr,
        )
        return {"repetition": number + 1, "workload": workload.name, "contender": name, **result}


def take_part(names, stage):
    for name in names:
        reason = contenders.missing(name, stage)
        if reason:
            print(f"{name} does not take part: {reason}", file=sys.stderr)
        else:
            yield name


def main():
    options = arguments()
    workloads = [w for w in WORKLOADS if w.name in chosen(options.only, [w.name for w in WORKLOADS])]
    processes.enter_own_session()
    facts = report.machine()
    facts["larger_share_of_the_cpu"] = processes.raise_priority()
    if facts["load_average"] > 0.5:
        print(f"The machine is busy (load {facts['load_average']:.2f}): compare minima only.", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.chmod(folder, 0o755)  # nginx's worker is another user
        bench = Bench(options, pathlib.Path(folder))
        try:
            names = list(take_part(chosen(options.contenders, contenders.CONTENDERS), bench.stage))
            runs = [run for number in range(options.reps) for run in bench.repetition(number, workloads, names)]
            wrk = {name: bench.wrk(name) for name in names if options.wrk}
        finally:
            bench.close()
    facts["load_average_after"] = round(os.getloadavg()[0], 2)
    method = {"pin": options.pin, "repetitions": options.reps, "seconds": options.seconds}
    page = report.markdown(facts, method, runs, bench.notes)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "bench.json").write_text(
        json.dumps({"machine": facts, "method": method, "runs": runs, "notes": bench.notes, "wrk": wrk}, indent=1)
    )
    (options.output / "bench.md").write_text(page)
    print(page)
    return 1 if any(run["errors"] for run in runs) or "\n- FAIL" in page and not options.quick else 0


if __name__ == "__main__":
    sys.exit(main())
