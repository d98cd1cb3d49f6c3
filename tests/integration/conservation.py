"""Nothing is lost: hundreds of calls with faults on both sides, and every one of them is accounted for exactly once.

python3 conservation.py TOKENWEIR [SEED]
"""

import asyncio
import collections
import json
import os
import random
import re
import signal
import socket
import struct
import sys
import tempfile
import time

CALLS, AT_A_TIME, LIMIT_SECONDS = 600, 40, 10
LEFT = {"cancelled_before_first_token", "cancelled_mid_stream"}
UNSEEN = {None}  # stands for "no record" in a set of what is allowed
FAULTS = {  # name: (header lines, what the call ends as when its client reads to the end)
    "none": ([], {"ok"}),
    "status 400": (["x-mock-status: 400"], {"client_error"}),
    "status 429": (["x-mock-status: 429", "x-mock-retry-after: 1"], {"rate_limited"}),
    "status 500": (["x-mock-status: 500"], {"upstream_error"}),
    "status 529": (["x-mock-status: 529"], {"upstream_error"}),
    "error event": (["x-mock-error-after: 3"], {"stream_error"}),
    "rate limit event": (["x-mock-error-after: 3", "x-mock-error-status: 429"], {"rate_limited"}),
    "cut by fin": (["x-mock-cut-after: 3"], {"truncated"}),
    # A reset takes with it what was not read before: the response head too.
    "cut by rst": (["x-mock-cut-after: 3", "x-mock-cut: rst"], {"truncated", "connect_error"}),
    "no answer": (["x-mock-no-answer: on"], {"connect_error"}),
    "no answer, reset": (["x-mock-no-answer: on", "x-mock-cut: rst"], {"connect_error"}),
    "no message_stop": (["x-mock-no-done: on"], {"truncated"}),
    "no [DONE]": (["x-mock-no-done: on"], {"ok"}),  # finished choices say as much: some vendors send no [DONE]
    "stall": (["x-mock-stall-after: 2", "x-mock-stall-ms: 60"], {"ok"}),
}
STREAMS_ONLY = {"error event", "rate limit event", "no message_stop", "no [DONE]"}
KEEPS_CONNECTION = set(FAULTS) - {"cut by fin", "cut by rst", "no answer", "no answer, reset"}
MALFORMED = [
    "GET /mock/v1/models HTTP/9.9\r\nHost: t\r\n\r\n",
    "GET  /mock/v1/models HTTP/1.1\r\nHost: t\r\n\r\n",
    "POST /mock/v1/messages HTTP/1.1\r\nHost : t\r\n\r\n",
    "POST /mock/v1/messages HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "POST /mock/v1/messages HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET /mock/v1/models HTTP/1.1\r\n\r\n",
]
BEHAVIOURS = {  # name: how often
    "reads all": 16, "reads all of 1.0": 5, "pipelines": 6, "closes before the head": 4, "resets before the head": 4,
    "closes mid-stream": 5, "resets mid-stream": 5, "half-closes before the head": 3, "half-closes mid-stream": 3,
    "leaves at any byte": 8, "malformed": 3, "unknown path": 3, "uploads": 3, "leaves the upload": 3,
}  # fmt: skip

passed = failed = 0


def check(what, problems):
    """`problems`: whatever speaks against it; none is success."""
    global passed, failed
    passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
    print(("FAIL " if problems else "ok   ") + what, flush=True)
    for problem in list(problems)[:8]:
        print(f"       {problem}")


def differ(what, left, right):
    return [] if left == right else [f"{what}: {left} != {right}"]


class Proxy:
    """A tokenweir process on free ports."""

    async def start(self, binary, log, *arguments):
        listen = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--threads", "2", "--call-log", log]
        self.process = await asyncio.create_subprocess_exec(
            binary, "serve", *listen, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        lines = [(await asyncio.wait_for(self.process.stderr.readline(), LIMIT_SECONDS)).decode() for _ in range(2)]
        self.port, self.admin_port = (int(re.search(r"http://127\.0\.0\.1:(\d+)", line)[1]) for line in lines)
        self.drain = asyncio.create_task(self.process.stderr.read())
        return self

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def samples(self):
        """One scrape: {series: value}, and the names of the counters."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.admin_port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        text = (await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)).decode()
        writer.close()
        counters = set(re.findall(r"^# TYPE (\S+) counter", text, re.M))
        return {m[1]: float(m[2]) for m in re.finditer(r"^(\w+(?:\{.*\})?) (\S+)$", text, re.M)}, counters

    async def stop(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.drain


def total(samples, name, label=""):
    return int(sum(v for k, v in samples.items() if k.partition("{")[0] == name and label in k))


def finished_by_outcome(samples):
    found = {k: int(v) for k, v in samples.items() if k.startswith("tokenweir_calls_finished_total{")}
    return {re.search(r'outcome="(\w+)"', k)[1]: v for k, v in found.items() if v}


def read_log(path):
    with open(path, encoding="utf-8") as log:
        return [json.loads(line) for line in log]


async def until(what, probe):
    """Polls: neither a log nor a counter can be waited for."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (value := await probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {LIMIT_SECONDS} s for {what}")
        await asyncio.sleep(0.02)
    return value


async def settled(proxy):
    """The samples once no call is in flight and no record is waiting."""

    async def probe():
        samples, _ = await proxy.samples()
        waiting = total(samples, "tokenweir_calls_in_flight") + total(samples, "tokenweir_sink_records_queued")
        return samples if waiting == 0 else None

    return await until("the calls to end", probe)


def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def request(path, steer=(), stream=True, version="1.1", close=True, text="Say hello", chunked=False):
    body = json.dumps({"model": "mock", "max_tokens": 10000, "stream": stream, "messages": [{"role": "user", "content": text}]})
    fields = ["Host: tokenweir", "Content-Type: application/json", *steer] + (["Connection: close"] if close else [])
    if chunked:
        fields.append("Transfer-Encoding: chunked")
        body = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"
    else:
        fields.append(f"Content-Length: {len(body)}")
    return ("\r\n".join([f"POST {path} HTTP/{version}", *fields]) + "\r\n\r\n" + body).encode()


class Client:
    """One client with one behaviour: `expected` is {path: allowed outcomes}, `received` all the bytes it was sent."""

    def __init__(self, number, dice):
        self.behaviour = dice.choices(list(BEHAVIOURS), BEHAVIOURS.values())[0]
        self.number, self.dice, self.expected, self.received = number, dice, {}, b""
        self.name, self.streamed = self.behaviour, False

    def path(self, suffix=""):
        api = self.dice.choice(["chat/completions", "messages"])
        return f"/mock/call-{self.number}{suffix}/v1/{api}"  # the mock allows any prefix: a record names its client

    def fault(self, names, stream, path):
        """Steering header lines and outcomes of a random fault."""
        foreign = "no message_stop" if path.endswith("completions") else "no [DONE]"
        name = self.dice.choice(sorted(n for n in names if n != foreign and (stream or n not in STREAMS_ONLY)))
        lines, outcomes = FAULTS[name]
        coding = self.dice.choice(["identity", "identity", "gzip", "br", "zstd"])
        self.name = f"{self.behaviour}, {name}, {coding}, {'streamed' if stream else 'whole'}"
        return [*lines, f"x-mock-encoding: {coding}", f"x-mock-gap-ms: {self.dice.randint(0, 4)}"], outcomes

    def whole(self, names=FAULTS, suffix="", **how):
        """The request of a client that reads to the end."""
        stream = self.dice.random() < 0.7
        path = self.path(suffix)
        steer, outcomes = self.fault(names, stream, path)
        self.expected[path], self.streamed = outcomes, stream
        return request(path, steer, stream, **how)

    async def read_until(self, reader, wanted):
        while wanted not in self.received and (piece := await reader.read(4096)):
            self.received += piece

    async def read_all(self, reader):
        try:
            await self.read_until(reader, b"\0never\0" * 4)
        except ConnectionError:
            pass  # a cut is passed on as one

    async def run(self, proxy):
        reader, writer = await proxy.connect()
        try:
            await self.act(reader, writer)
        finally:
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    async def act(self, reader, writer):
        behaviour, dice = self.behaviour, self.dice
        if behaviour == "malformed":
            writer.write(dice.choice(MALFORMED).encode())
        elif behaviour == "unknown path":
            path, outcome = dice.choice([(f"/nowhere/{self.number}", "rejected"), (f"/mock/call-{self.number}/nothing", "client_error")])
            self.expected[path] = {outcome}
            writer.write(request(path))
        elif behaviour == "pipelines":
            writer.write(self.whole(KEEPS_CONNECTION, "a", close=False) + self.whole(suffix="b"))
        elif behaviour == "reads all":
            writer.write(self.whole(chunked=dice.random() < 0.3))
        elif behaviour == "reads all of 1.0":
            writer.write(self.whole(version="1.0", close=False))
        elif behaviour == "uploads":
            writer.write(self.whole(text="x" * 200_000, chunked=dice.random() < 0.5))
        elif behaviour == "leaves the upload":
            return await self.leave_upload(writer)
        elif behaviour == "leaves at any byte":
            return await self.leave_anywhere(reader, writer)
        else:
            return await self.leave(reader, writer, *behaviour.split(" ", 1))
        await self.read_all(reader)

    async def leave_upload(self, writer):
        path = self.path()
        self.expected[path] = {"cancelled_before_first_token"}
        whole = request(path, text="x" * 200_000, chunked=self.dice.random() < 0.5)
        writer.write(whole[: self.dice.randint(1000, 199_000)])
        await writer.drain()
        writer.close()

    async def leave_anywhere(self, reader, writer):
        """The fault and the client race: either may win."""
        writer.write(self.whole())
        (path,) = self.expected
        enough = self.dice.randint(1, 6000)
        while len(self.received) < enough:
            try:
                piece = await reader.read(enough - len(self.received))
            except ConnectionError:
                break
            if not piece:
                break
            self.received += piece
        self.expected[path] = self.expected[path] | LEFT
        reset(writer) if self.dice.random() < 0.5 else writer.close()

    async def leave(self, reader, writer, how, when):
        """Long before the upstream has said all: the outcome is certain."""
        path = self.path()
        if when == "mid-stream":
            steer = ["x-mock-tokens: 100000", f"x-mock-gap-ms: {self.dice.randint(5, 30)}"]
            if self.dice.random() < 0.3:
                steer += ["x-mock-stall-after: 1", "x-mock-stall-ms: 60000"]
            outcomes = {"cancelled_mid_stream"}
        else:
            steer, outcomes = ["x-mock-head-ms: 60000"], {"cancelled_before_first_token"}
        self.expected[path] = outcomes | (UNSEEN if how == "resets" and when != "mid-stream" else set())
        writer.write(request(path, steer))
        await writer.drain()
        if when == "mid-stream":
            await self.read_until(reader, b"token 1")
        if how == "resets":
            reset(writer)
        elif how == "closes":
            writer.close()
        else:
            writer.write_eof()
            await self.read_all(reader)


def ids(client):
    return [i.decode() for i in re.findall(rb"\r\nx-tokenweir-call-id: (\S+)\r\n", client.received)]


def judge_client(client, by_path, by_id):
    """What the records say of this client against what it did and saw."""
    problems = []
    where = f"client {client.number} ({client.name})"
    for path, allowed in client.expected.items():
        records = by_path.get(path, [])
        outcomes = [r["tokenweir.outcome"] for r in records] or [None]
        if len(outcomes) > 1 or outcomes[0] not in allowed:
            problems.append(f"{where}: {outcomes}, allowed {sorted(map(str, allowed))}; ids {[r['tokenweir.call.id'] for r in records]}")
    for call_id in ids(client):
        records = by_id.get(call_id, [])
        if len(records) != 1:
            problems.append(f"{where}: {len(records)} records of {call_id}")
        elif client.expected and records[0]["url.path"] not in client.expected:
            problems.append(f"{where}: {call_id} is of {records[0]['url.path']}")
    if client.behaviour == "malformed" and [r["tokenweir.outcome"] for i in ids(client) for r in by_id.get(i, [])] != ["rejected"]:
        problems.append(f"{where}: no single rejection; received {client.received[:200]}")
    return problems


def judge_bytes(client):
    """A client that reads everything can tell by itself whether the response was whole."""
    if client.behaviour not in ("reads all", "uploads") or not client.streamed or b" 200 OK\r\n" not in client.received:
        return []  # only streams are chunked
    ended = client.received.endswith(b"\r\n0\r\n\r\n")
    return [] if ended != (", cut by" in client.name) else [f"client {client.number} ({client.name}): {client.received[-80:]}"]


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
        accepted, in_flight = total(samples, "tokenweir_calls_accepted_total"), total(samples, "tokenweir_calls_in_flight")
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
        check(f"{phase}: sink {sink}: written, dropped, queued {counts} = finished", differ("records", sum(counts), finished))
    check(f"{phase}: {len(records)} lines in the call log", differ("lines, finished", len(records), finished))
    check(f"{phase}: the call ids are unique", differ("ids", len({r["tokenweir.call.id"] for r in records}), len(records)))
    logged = dict(collections.Counter(r["tokenweir.outcome"] for r in records))
    check(f"{phase}: outcomes in the log and in /metrics: {dict(sorted(logged.items()))}", differ("outcomes", logged, outcomes))
    by_path, by_id = collections.defaultdict(list), collections.defaultdict(list)
    for record in records:
        by_path[record.get("url.path")].append(record)
        by_id[record["tokenweir.call.id"]].append(record)
    check(f"{phase}: every client has its records, with outcomes that it allows", [p for c in clients for p in judge_client(c, by_path, by_id)])
    check(f"{phase}: what clients read is whole or cut as the upstream's was", [p for c in clients for p in judge_bytes(c)])


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
    check(f"rotation: {len(new)} later records are in the new file", [p for c in late for p in c.expected if p not in paths and None not in c.expected[p]])
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
        except ConnectionResetError:
            return False  # it stood in the backlog as the listener closed
        other.close()
        return False

    await until("a refusal", refused)
    check("SIGTERM: new connections are refused while the stream goes on", ["the stream had ended"] if rest.done() else [])
    received += await asyncio.wait_for(rest, LIMIT_SECONDS)
    check("SIGTERM: the stream completes", [] if received.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n") else [received[-200:]])
    writer.close()
    check("SIGTERM: exit status 0", differ("status", await asyncio.wait_for(proxy.process.wait(), LIMIT_SECONDS), 0))
    records = read_log(log + ".1") + read_log(log)
    last = [r["tokenweir.outcome"] for r in records if r.get("url.path") == "/mock/last/v1/chat/completions"]
    check("SIGTERM: the last record is written, none is lost", differ("outcomes", last, ["ok"]) + differ("lines", len(records), len(before) + 1))


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
                await asyncio.wait_for(arrived.wait() if when == "before-head" else reader.readuntil(b"token 1"), LIMIT_SECONDS)
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
    try:
        asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1))
    except (TimeoutError, asyncio.TimeoutError, asyncio.IncompleteReadError, OSError) as error:
        check("the run came to its end", [repr(error)])
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
