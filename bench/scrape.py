#!/usr/bin/env python3
"""Does a scrape hold up traffic? Latency of a proxy with thousands of series, scraped every second and not at all.

The proxy has one I/O thread and one core for all of its threads; load generator and mock share another one. Runs with
and without scrapes take turns. Exit status 1: scraping adds more than a millisecond to the 99th percentile."""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

import contenders
import processes

ROOT = pathlib.Path(__file__).resolve().parent.parent
ALLOWED_US = 1000
# What Prometheus sends.
ACCEPT = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5", "Accept-Encoding": "gzip"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--series", type=int, default=5000)
    parser.add_argument("--rate", type=int, default=2000, help="requests a second")
    parser.add_argument("--seconds", type=float, default=5.0, help="measured time of one run")
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a smoke run: one short repetition, no verdict")
    options = parser.parse_args()
    if options.quick:
        options.reps, options.seconds, options.series = 1, 1.2, 500
    return options


def scrape(port, headers=None):
    """Seconds that it took, and the body."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics", headers=headers or {})
    body = connection.getresponse().read()
    connection.close()
    return time.monotonic() - started, body


def fill(proxy_port, admin_port, series):
    """Calls models until there are so many series; returns how many there are."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy_port, timeout=10)
    number = 0
    while (found := sum(not line.startswith(b"#") for line in scrape(admin_port)[1].splitlines())) < series:
        for _ in range(5):
            number += 1
            body = json.dumps({"model": f"vendor/model-{number}", "messages": [{"role": "user", "content": "hi"}]})
            connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
    return found


class Scraper:
    """Scrapes every second while the block runs."""

    def __init__(self, port):
        self.port, self.took, self.stop = port, [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.wait(1):
            self.took.append(scrape(self.port, ACCEPT)[0])

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def run(options, port, core):
    command = [options.build / "load", "--port", port, "--connections", 64, "--rate", options.rate, "--warmup-ms", 1000]
    command += ["--measure-ms", int(1000 * options.seconds)]
    load = processes.spawn(command, core, stdout=subprocess.PIPE)
    report = json.loads(load.communicate(timeout=options.seconds + 30)[0].decode().splitlines()[-1])
    if report["errors"] or not report["requests"]:
        sys.exit(f"wrong answers: {report['first_error']}")
    return report


def main():
    options = arguments()
    processes.enter_own_session()
    proxy_core = kit_core = None
    if not options.quick:  # which may run beside other tests: it must not take the machine from them
        processes.raise_priority()
        cores = sorted(os.sched_getaffinity(0))
        proxy_core, kit_core = cores[-1], cores[0]
    port, admin = processes.free_port(), processes.free_port()
    with contextlib.ExitStack() as stack:
        for core in {proxy_core, kit_core} - {None}:
            stack.callback(processes.stop, processes.start_spinner(core))
        mock = stack.enter_context(contenders.start_announced([options.build / "fast_mock"], kit_core))
        command = [options.build / "tokenweir", "--listen", f"127.0.0.1:{port}", "--admin-listen", f"127.0.0.1:{admin}"]
        command += ["--upstream", f"http://127.0.0.1:{mock.port}", "--threads", 1, "--call-log", "off"]
        proxy = stack.enter_context(processes.Proxy(processes.spawn(command, proxy_core, **contenders.QUIET), port))
        proxy.wait_until_ready()
        series = fill(port, admin, options.series)
        packed = len(scrape(admin, ACCEPT)[1])
        quiet, scraped, took = [], [], []
        for _ in range(options.reps):
            quiet.append(run(options, port, kit_core))
            with Scraper(admin) as scraper:
                scraped.append(run(options, port, kit_core))
            took += scraper.took
    print(f"{series} series, {packed} bytes; a scrape took {1000 * statistics.median(took):.1f} ms (median)")
    for name in ("latency_p50_us", "latency_p99_us"):
        without, during = ([report[name] for report in reports] for reports in (quiet, scraped))
        print(f"{name}: without {without}, scraped every second {during}")
        added = min(during) - min(without)
        median = statistics.median(during) - statistics.median(without)
        print(f"{name}: added {added:.0f} us (minima), {median:.0f} us (medians)")
    return 0 if added <= ALLOWED_US or options.quick else 1


if __name__ == "__main__":
    sys.exit(main())
