"""Nothing is lost: hundreds of calls with faults on both sides, and every one of them is accounted for exactly once.

python3 conservation.py TOKENWEIR [SEED]
"""

import asyncio
import collections
import os
import random
import re
import signal
import sys
import tempfile
import time

import harness
from conservation_clients import Client, judge_bytes, judge_client, request, reset
from harness import LIMIT_SECONDS, Proxy, check, differ, finished_by_outcome, read_log, settled, total, until

CALLS, AT_A_TIME = 600, 40


async def run_clients(proxy, clients):
    """AT_A_TIME of them at once; returns what went wrong with the clients themselves."""
    problems, gate = [], asyncio.Semaphore(AT_A_TIME)

    async def one(client):
        async with gate:
            try:
                await asyncio.wait_for(client.run(proxy), LIMIT_SECONDS)
            except (OSError, asyncio.TimeoutError, TimeoutError) as error:
                problems.append(f"client {client.number} ({client.name}): {error!r}; received {client.received[-120:]}")

    await asyncio.gather(*(one(client) for client in clients))
    return problems


async def watch(proxy, running, problems):
    """Scrapes all the while; returns how often."""
    last, scrapes = {}, 0
    while not running.done():
        samples, counters = await proxy.samples()
        accepted = total(samples, "tokenweir_calls_accepted_total")
        in_flight = total(samples, "tokenweir_calls_in_flight")
        finished = sum(finished_by_outcome(samples).values())
        problems += differ("accepted, finished + in flight", accepted, finished + in_flight)
        fell = [k for k, v in last.items() if samples.get(k, 0) < v]
        problems += [f"{k} fell from {last[k]} to {samples.get(k)}" for k in fell]
        last = {k: v for k, v in samples.items() if k.partition("{")[0] in counters}
        scrapes += 1
        await asyncio.wait({running}, timeout=0.05)
    return scrapes


def check_records(samples, records, clients, phase):
    outcomes = finished_by_outcome(samples)
    finished = sum(outcomes.values())
    check(f"{phase}: accepted = finished", differ("calls", total(samples, "tokenweir_calls_accepted_total"), finished))
    for sink in "metrics", "call_log":
        names = [f"tokenweir_sink_records_{part}" for part in ("written_total", "dropped_total", "queued")]
        counts = [total(samples, name, f'sink="{sink}"') for name in names]
        problems = differ("records", sum(counts), finished)
        check(f"{phase}: sink {sink}: written, dropped, queued {counts} = finished", problems)
    check(f"{phase}: {len(records)} lines in the call log", differ("lines, finished", len(records), finished))
    unique = len({r["tokenweir.call.id"] for r in records})
    check(f"{phase}: the call ids are unique", differ("ids", unique, len(records)))
    logged = dict(collections.Counter(r["tokenweir.outcome"] for r in records))
    text = ", ".join(f"{outcome} {count}" for outcome, count in sorted(logged.items()))
    check(f"{phase}: the log and /metrics agree: {text}", differ("outcomes", logged, outcomes))
    by_path, by_id = collections.defaultdict(list), collections.defaultdict(list)
    for record in records:
        by_path[record.get("url.path")].append(record)
        by_id[record["tokenweir.call.id"]].append(record)
    problems = [p for c in clients for p in judge_client(c, by_path, by_id)]
    check(f"{phase}: every client has its records, with outcomes that it allows", problems)
    problems = [p for c in clients for p in judge_bytes(c)]
    check(f"{phase}: what clients read is whole or cut as the upstream's was", problems)


async def check_rotation(proxy, log, clients, more):
    """Renames the call log while calls are running. Returns all records."""
    running = asyncio.create_task(run_clients(proxy, more))
    os.rename(log, log + ".1")
    proxy.process.send_signal(signal.SIGHUP)
    check("rotation: the clients got through", await running)

    async def exists():
        return os.path.exists(log)

    await until("the new call log", exists)
    late = [Client(CALLS + len(more) + n, random.Random(n)) for n in range(20)]
    check("after rotation: the clients got through", await run_clients(proxy, late))
    samples = await settled(proxy)
    old, new = read_log(log + ".1"), read_log(log)
    paths = {r.get("url.path") for r in new}
    lost = [path for c in late for path, allowed in c.expected.items() if path not in paths and None not in allowed]
    check(f"rotation: {len(new)} later records are in the new file", lost)
    check_records(samples, old + new, clients + more + late, "rotation")
    return old + new


async def check_shutdown(proxy, log, before):
    """SIGTERM while a stream is in flight."""
    reader, writer = await proxy.connect()
    writer.write(request("/mock/last/v1/chat/completions", ["x-mock-tokens: 60", "x-mock-gap-ms: 25"]))
    received = await asyncio.wait_for(reader.readuntil(b"token 1"), LIMIT_SECONDS)
    proxy.process.terminate()
    rest = asyncio.create_task(reader.read(-1))

    async def refused():
        try:
            _, other = await proxy.connect()
        except ConnectionRefusedError:
            return True
        other.close()
        return False

    await until("a refusal", refused)
    problems = ["the stream had ended"] if rest.done() else []
    check("SIGTERM: new connections are refused while the stream goes on", problems)
    received += await asyncio.wait_for(rest, LIMIT_SECONDS)
    whole = received.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    check("SIGTERM: the stream completes", [] if whole else [received[-200:]])
    writer.close()
    check("SIGTERM: exit status 0", differ("status", await asyncio.wait_for(proxy.process.wait(), LIMIT_SECONDS), 0))
    records = read_log(log + ".1") + read_log(log)
    last = [r["tokenweir.outcome"] for r in records if r.get("url.path") == "/mock/last/v1/chat/completions"]
    problems = differ("outcomes", last, ["ok"]) + differ("lines", len(records), len(before) + 1)
    check("SIGTERM: the last record is written, none is lost", problems)


async def check_silence(binary):
    """A client that leaves while the upstream is silent ends the upstream's work at once."""
    closed = asyncio.Queue()

    async def upstream(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
        if b"/before-head" not in head:
            event = b'data: {"choices":[{"index":0,"delta":{"content":"token 1"}}]}\n\n'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
        arrived.set()
        try:
            await reader.read(1)  # only the end can come
        except ConnectionError:
            pass
        closed.put_nowait(time.monotonic())
        writer.close()

    arrived = asyncio.Event()
    server = await asyncio.start_server(upstream, "127.0.0.1", 0)
    proxy = await Proxy().start(binary, "off", "--upstream", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        for how in "closes", "resets", "half-closes":
            for when in "before-head", "mid-stream":
                arrived.clear()
                reader, writer = await proxy.connect()
                writer.write(request(f"/{when}/v1/chat/completions"))
                silent = arrived.wait() if when == "before-head" else reader.readuntil(b"token 1")
                await asyncio.wait_for(silent, LIMIT_SECONDS)
                left = time.monotonic()
                {"closes": writer.close, "resets": lambda: reset(writer), "half-closes": writer.write_eof}[how]()
                took = (await asyncio.wait_for(closed.get(), LIMIT_SECONDS) - left) * 1000
                writer.close()
                slow = [] if 0 <= took <= 300 else [f"{took:.1f} ms"]
                check(f"silence: a client that {how}, {when}: the upstream's connection ends after {took:.1f} ms", slow)
        samples = await settled(proxy)
        expected = {"cancelled_before_first_token": 3, "cancelled_mid_stream": 3}
        check("silence: all are recorded as cancelled", differ("outcomes", finished_by_outcome(samples), expected))
    finally:
        server.close()
        await proxy.stop()


async def main(binary, seed):
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as directory:
        log = os.path.join(directory, "calls.jsonl")
        proxy = await Proxy().start(binary, log)
        try:
            clients = [Client(n, random.Random(dice.random())) for n in range(CALLS)]
            more = [Client(CALLS + n, random.Random(dice.random())) for n in range(100)]
            running = asyncio.create_task(run_clients(proxy, clients))
            problems = []
            scrapes = await watch(proxy, running, problems)
            check(f"load: {CALLS} clients got through", await running)
            check(f"load: in {scrapes} scrapes accepted = finished + in flight and no counter fell", problems)
            check_records(await settled(proxy), read_log(log), clients, "load")
            await check_shutdown(proxy, log, await check_rotation(proxy, log, clients, more))
        finally:
            await proxy.stop()
    await check_silence(binary)


if __name__ == "__main__":
    harness.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1))
