"""Whatever a back end does to the exporters: calls go on, nothing is lost unseen, and recovery needs no restart.

python3 export.py TOKENWEIR
"""

import asyncio
import json
import os
import pathlib
import sys
import tempfile
import time

import harness
from back_end import BackEnd
from conservation_clients import request
from harness import LIMIT_SECONDS, Proxy, check, differ, finished_by_outcome, settled, total

CHAT = "/mock/v1/chat/completions"
CALLS = 6

# What the back end does to the first requests, and what becomes of the calls.
FAULTS = {
    "takes everything": ([], {}),
    "is down": ("down", {}),
    "does not answer": (["silent"], {}),
    "answers half": (["half"], {}),
    "cuts in the middle of a batch": (["cut", "cut"], {}),
    "answers 429 and says when": ([(429, {"Retry-After": "1"}, b"")], {}),
    "answers 503": ([503], {}),
    "answers 400": ([400], {"refused": CALLS}),
    "answers 404": ([404], {"refused": CALLS}),
    "answers 413": ([413], {}),
    "takes a part": ([(200, {}, b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}}')], {"refused": 2}),
}


async def call(proxy, count=1):
    async def one():
        reader, writer = await proxy.connect()
        writer.write(request(CHAT, stream=False, close=True))
        answer = await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)
        writer.close()
        return answer.startswith(b"HTTP/1.1 200 ")

    began = time.monotonic()
    answered = await asyncio.gather(*[one() for _ in range(count)])
    return all(answered), time.monotonic() - began


def account(samples, sink="otlp_traces"):
    def of(part, label=""):
        return total({k: v for k, v in samples.items() if f'sink="{sink}"' in k}, f"tokenweir_sink_records_{part}", label)

    dropped = {r: n for r in ("refused", "too_large", "queue_full", "gave_up", "spool_full", "shutdown")
               if (n := of("dropped_total", f'reason="{r}"'))}
    return of("written_total"), dropped, of("queued"), of("declined_total"), of("restored_total")


def conserved(samples, sink="otlp_traces"):
    written, dropped, queued, declined, restored = account(samples, sink)
    finished = sum(finished_by_outcome(samples).values())
    return differ("written + dropped + declined + queued, finished + restored",
                  written + sum(dropped.values()) + declined + queued, finished + restored)


def spans_of(back_end):
    """Of all requests that were taken, by their ids: {span id: span}; and how many came twice."""
    spans, twice = {}, 0
    for path, _, body in back_end.taken:
        for resource in json.loads(body)["resourceSpans"]:
            for span in resource["scopeSpans"][0]["spans"]:
                twice += span["spanId"] in spans
                spans[span["spanId"]] = span
    return spans, twice


def environment(back_end, **more):
    return {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{back_end.port}/v1/traces",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": str(CALLS),
            "OTEL_EXPORTER_OTLP_TIMEOUT": "500", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", **more}


async def start(binary, log, variables):
    os.environ.update(variables)
    try:
        return await Proxy().start(binary, log)
    finally:
        for name in variables:
            del os.environ[name]


async def check_fault(binary, name, fault, expected):
    back_end = await BackEnd().start()
    proxy = await start(binary, "off", environment(back_end))
    if fault == "down":
        await back_end.stop()
    else:
        back_end.script = list(fault)
    answered, took = await call(proxy, CALLS)
    if fault == "down":
        for _ in range(3):  # the exporter has had time for an attempt
            await proxy.samples()
        await back_end.start()
    samples = await settled(proxy)
    written, dropped, _, _, _ = account(samples)
    spans, _ = spans_of(back_end)
    rejected = sum(expected.values()) if back_end.taken else 0
    problems = differ("dropped", dropped, expected) + conserved(samples)
    problems += differ("spans, two for each call", len(spans), 2 * (written + rejected))
    problems += [] if answered and took < 3 else [f"the calls took {took:.1f} s"]
    check(f"a back end that {name}: {written} calls delivered, {dropped or 'none'} lost", problems)
    await call(proxy, CALLS)
    samples = await settled(proxy)
    check(f"a back end that {name}: the next calls arrive",
          differ("delivered", account(samples)[0], written + CALLS) + conserved(samples))
    await proxy.stop()
    await back_end.stop()


async def check_stuck(binary):
    """A queue that is full, and a shutdown that may not take long."""
    back_end = await BackEnd().start()
    back_end.script = ["silent"] * 100
    variables = environment(back_end, OTEL_BSP_MAX_QUEUE_SIZE="4", OTEL_EXPORTER_OTLP_TIMEOUT="60000",
                            OTEL_BSP_MAX_EXPORT_BATCH_SIZE="1")
    proxy = await start(binary, "off", variables)
    await call(proxy)
    await asyncio.wait_for(back_end.wait_for(1), LIMIT_SECONDS)
    answered, took = await call(proxy, 9)
    samples, _ = await proxy.samples()
    written, dropped, queued, _, _ = account(samples)
    check("a stuck back end: what does not fit is dropped and counted, and no call waits",
          differ("figures", (written, dropped, queued), (0, {"queue_full": 6}, 4)) + conserved(samples) +
          ([] if answered and took < 3 else [took]))
    began = time.monotonic()
    status = await proxy.terminate()
    took = time.monotonic() - began
    check(f"a stuck back end: the process ends after {took:.1f} s",
          differ("status", status, 0) + ([] if took < 8 else [took]))
    await back_end.stop()


async def check_spool(binary, directory):
    back_end = await BackEnd().start()
    variables = environment(back_end, TOKENWEIR_TELEMETRY_SPOOL=os.path.join(directory, "spool"))
    await back_end.stop()
    proxy = await start(binary, "off", variables)
    await call(proxy, CALLS)

    async def spooled():
        names = os.listdir(os.path.join(directory, "spool", "otlp_traces"))
        return sum(int(n.split("-")[1].split(".")[0]) for n in names if "-" in n) == CALLS

    await harness.until("the calls to be on disk", spooled)
    samples, _ = await proxy.samples()
    check("spool: what a back end does not take is on disk",
          differ("figures", account(samples), (0, {}, CALLS, 0, 0)) + conserved(samples))
    check("spool: the process ends at once", differ("status", await proxy.terminate(), 0))
    await back_end.start()
    proxy = await start(binary, "off", variables)
    await call(proxy, CALLS)
    samples = await settled(proxy)
    spans, _ = spans_of(back_end)
    check("spool: it is delivered after a restart, and what came since then too",
          differ("figures", account(samples), (2 * CALLS, {}, 0, 0, CALLS)) + conserved(samples) +
          differ("spans", len(spans), 4 * CALLS))
    check("spool: nothing stays on disk",
          differ("files", os.listdir(os.path.join(directory, "spool", "otlp_traces")), ["lock"]))
    await proxy.stop()
    await back_end.stop()


def thread_names(proxy):
    tasks = f"/proc/{proxy.process.pid}/task"
    return {pathlib.Path(tasks, task, "comm").read_text().strip() for task in os.listdir(tasks)}


def main_thread(binary):
    """Its name is the program's, as much of it as Linux keeps."""
    return os.path.basename(binary)[:15]


async def check_signals(binary):
    """One variable for all signals; a back end that knows one of them."""
    back_end = await BackEnd().start()
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{back_end.port}/base",
                 "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20t",
                 "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"http://127.0.0.1:{back_end.port}/api/v2/spans",
                 "OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}
    proxy = await start(binary, "/dev/null", variables)
    await call(proxy)
    samples = await settled(proxy)
    names = {"tw-io-0", "tw-io-1", "tw-log", "tw-metrics", "tw-feedback", "tw-mock", "tw-zipkin", "tw-otlp_traces",
             "tw-otlp_logs", "tw-otlp_metrics"}
    check("every thread says in top what it does", differ("names", thread_names(proxy), names | {main_thread(binary)}))
    await proxy.terminate()  # metrics are sent at the end
    problems = [p for sink in ("otlp_traces", "otlp_logs", "zipkin") for p in conserved(samples, sink)]
    credentials = {path: fields.get("authorization") for path, fields, _ in back_end.taken}
    check("every signal goes to its path, credentials to those that they are for",
          problems + differ("paths", credentials,
                            {"/base/v1/traces": "Bearer t", "/base/v1/logs": "Bearer t", "/base/v1/metrics": "Bearer t",
                             "/api/v2/spans": None}))
    await back_end.stop()


async def main(binary):
    for name, (fault, expected) in FAULTS.items():
        await check_fault(binary, name, fault, expected)
    await check_stuck(binary)
    with tempfile.TemporaryDirectory() as directory:
        await check_spool(binary, directory)
    await check_signals(binary)


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))
