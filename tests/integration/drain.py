"""SIGTERM loses nothing: whoever has got a connection gets an answer, and the process ends when the last one is given.

python3 drain.py TOKENWEIR
"""

import asyncio
import json
import os
import socket
import ssl
import sys
import tempfile
import time

import harness
from conservation_clients import request
from harness import LIMIT_SECONDS, Proxy, check, differ, make_certificate, read_log, total, until

CHAT = "/mock/v1/chat/completions"
ROUNDS, FRESH_CLIENTS, KEEPING_CLIENTS, ANSWERS_A_ROUND = 12, 12, 6, 150


class Load:
    """Clients that go on, through every restart, until they are told to stop."""

    def __init__(self, port):
        self.port, self.over = port, False
        self.answered = self.refused = self.raced = 0
        self.lost = []
        self.more = asyncio.Event()

    async def connect(self):
        """Nobody listens between two processes."""
        while not self.over:
            try:
                return await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionRefusedError:
                self.refused += 1
                await asyncio.sleep(0.01)
            except ConnectionResetError:
                self.lost.append("reset in the backlog")
        return None, None

    async def ask(self, reader, writer, close):
        """Returns the answer; b"" if not one byte of it came."""
        writer.write(request(CHAT, ["x-mock-head-ms: 3"], stream=False, close=close))
        answer = b""
        try:
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LIMIT_SECONDS)
            length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            answer += await asyncio.wait_for(reader.readexactly(length), LIMIT_SECONDS)
            self.answered += 1
            self.more.set()
        except asyncio.IncompleteReadError as cut:
            answer += cut.partial
            if answer:
                self.lost.append(f"cut: {answer}")
        except ConnectionError as error:
            if answer:
                self.lost.append(f"{error!r} behind: {answer}")
        return answer

    async def fresh(self):
        """A connection for each request: every one of them must be answered."""
        while not self.over:
            reader, writer = await self.connect()
            if writer is None:
                return
            opened = time.monotonic()
            if not await self.ask(reader, writer, close=True):
                age = (time.monotonic() - opened) * 1000
                self.lost.append(f"no answer on a connection that was opened {age:.1f} ms before")
            writer.close()

    async def keeping(self):
        """One connection as long as it lasts: a request may cross its end, but not the first one."""
        reader = writer = None
        first = True
        while not self.over:
            if writer is None:
                reader, writer = await self.connect()
                first = True
                if writer is None:
                    return
            answer = await self.ask(reader, writer, close=False)
            if not answer and first:
                self.lost.append("no answer to the first request of a connection that is kept")
            self.raced += not answer and not first
            first = False
            if not answer or b"\r\nconnection: close\r\n" in answer.lower():
                writer.close()
                writer = None


async def check_restarts(binary, log):
    proxy = await Proxy().start(binary, log)
    load = Load(proxy.port)
    clients = [load.fresh() for _ in range(FRESH_CLIENTS)] + [load.keeping() for _ in range(KEEPING_CLIENTS)]
    running = asyncio.gather(*clients)
    statuses, slowest = set(), 0
    for _ in range(ROUNDS):
        enough = load.answered + ANSWERS_A_ROUND
        while load.answered < enough:
            load.more.clear()
            await asyncio.wait_for(load.more.wait(), LIMIT_SECONDS)
        began = time.monotonic()
        statuses.add(await proxy.terminate())
        slowest = max(slowest, time.monotonic() - began)
        proxy = await Proxy().start(binary, log, port=load.port)
    load.over = True
    statuses.add(await proxy.terminate())
    await asyncio.wait_for(running, LIMIT_SECONDS)
    check(f"{ROUNDS} restarts under load: none of {load.answered} requests was lost ({load.refused} connections were "
          f"refused, {load.raced} requests crossed the end of a kept connection)", load.lost)
    check("restarts: every process ended with status 0", differ("statuses", statuses, {0}))
    check(f"restarts: it took {slowest * 1000:.0f} ms at most", [] if slowest < 2 else ["too long"])
    outcomes = [r["tokenweir.outcome"] for r in read_log(log)]
    check("restarts: every answer is in the call log, and nothing else",
          differ("lines", len(outcomes), load.answered) + differ("outcomes", set(outcomes), {"ok"}))


def last_answer(what, answer):
    fine = answer.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\nConnection: close\r\n" in answer
    return [] if fine else [f"{what}: {answer[:300]}"]


async def to_end(reader):
    """What still comes, and the seconds until the end."""
    began = time.monotonic()
    return await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS), time.monotonic() - began


async def begin_drain(proxy):
    """SIGTERM, and it has begun."""
    proxy.process.terminate()

    async def draining():
        return " 503 " in await proxy.get_admin("/readyz")

    await until("the drain", draining)


async def check_states(binary, scheme, config, tls):
    """One connection in each state as SIGTERM comes."""
    proxy = await Proxy().start(binary, "off", config=config)
    port = proxy.ports[tls is not None]
    slow, whole = [request(CHAT, steer, stream=False, close=False) for steer in (["x-mock-head-ms: 500"], [])]
    begun, silent, mute, kept, waiting, streamed = [await proxy.connect(port, ssl=tls) for _ in range(6)]
    bare = await proxy.connect(port)  # for https the handshake is still to come
    begun[1].write(whole[:40])
    kept[1].write(request(CHAT, stream=False, close=False))
    streamed[1].write(request(CHAT, ["x-mock-tokens: 40", "x-mock-gap-ms: 25"], close=False))
    waiting[1].write(slow)
    await asyncio.wait_for(kept[0].readuntil(b"}]"), LIMIT_SECONDS)
    await asyncio.wait_for(streamed[0].readuntil(b"token 1"), LIMIT_SECONDS)
    await begin_drain(proxy)
    left, took = await to_end(kept[0])
    check(f"{scheme}: an idle connection that has been used ends {took * 1000:.0f} ms after SIGTERM", [took] * (took > 0.3))
    begun[1].write(whole[40:])
    silent[1].write(whole)
    if tls:
        await asyncio.wait_for(bare[1].start_tls(tls), LIMIT_SECONDS)
    bare[1].write(whole)
    names = {"head under way": begun, "no byte yet": silent, "just accepted": bare, "waiting for its answer": waiting}
    for name, (reader, _) in names.items():
        answer, _ = await to_end(reader)
        check(f"{scheme}: a first request is answered, the last of its connection: {name}", last_answer(name, answer))
    left, took = await to_end(streamed[0])
    check(f"{scheme}: a stream completes", [] if left.endswith(b"[DONE]\n\n\r\n0\r\n\r\n") else [left[-100:]])
    left, _ = await to_end(mute[0])
    check(f"{scheme}: a connection on which nothing comes is closed", [left] if left else [])
    began = time.monotonic()
    status = await asyncio.wait_for(proxy.process.wait(), LIMIT_SECONDS)
    took = time.monotonic() - began
    check(f"{scheme}: the process ends {took * 1000:.0f} ms later, with status 0",
          differ("status", status, 0) + [took] * (took > 1.5))


def silent_listener(queue):
    """A listening socket, and the connections that fill its queue: with a queue of 0 the next one waits for ever."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=queue)
    return listener, [] if queue else [socket.create_connection(listener.getsockname())]


async def check_cut(binary, directory, certificate, second_signal):
    """At the end of timeouts.drain, or at a second SIGTERM, whatever is waited for ends, and is recorded."""
    unanswering, silent = silent_listener(0), silent_listener(100)
    ports = [listener.getsockname()[1] for listener, _ in (unanswering, silent)]
    config, log = os.path.join(directory, "cut.yaml"), os.path.join(directory, "cut.jsonl")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"""
listen: [127.0.0.1:0, {{address: 127.0.0.1:0, tls: {{certificate: {certificate[0]}, key: {certificate[1]}}}}}]
mock: on
timeouts: {{drain: {"off" if second_signal else "300ms"}, connect: off, tls: off, client_header: off}}
routes:
  - {{prefix: /unanswered, upstream: "http://127.0.0.1:{ports[0]}"}}
  - {{prefix: /unsecured, upstream: "https://127.0.0.1:{ports[1]}"}}
  - {{prefix: /silent, upstream: "http://127.0.0.1:{ports[1]}"}}
""")
    proxy = await Proxy().start(binary, log, config=config)
    body = json.dumps({"model": "mock", "stream": True, "messages": [{"role": "user", "content": "x" * 100_000}]})
    half = f"POST /silent/upload HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\n\r\n{body[:50_000]}".encode()
    endless = ["x-mock-tokens: 100000", "x-mock-gap-ms: 20"]
    requests = {
        "handshake": (None, proxy.ports[1]),
        "head": (b"POST /mock/v1/chat/completions HT", None),
        "connect": (request("/unanswered/v1/chat/completions"), None),
        "upstream handshake": (request("/unsecured/v1/chat/completions"), None),
        "upload": (half, None),
        "first byte": (request("/silent/v1/chat/completions"), None),
        "stream": (request("/mock/stream/v1/chat/completions", endless), None),
    }
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect(("127.0.0.1", proxy.port))
    stuck.sendall(request("/mock/stuck/v1/chat/completions", ["x-mock-tokens: 1000000"], max_tokens=1_000_000))
    connections = {}
    for name, (text, port) in requests.items():
        connections[name] = await proxy.connect(port)
        if text:
            connections[name][1].write(text)
    await asyncio.wait_for(connections["stream"][0].readuntil(b"token 1"), LIMIT_SECONDS)

    async def in_flight():
        samples, _ = await proxy.samples()
        full = total(samples, "tokenweir_backpressure_pauses_total") > 0
        return full and total(samples, "tokenweir_calls_in_flight") == 6

    await until("the calls to be in flight", in_flight)
    how = "a second SIGTERM" if second_signal else "timeouts.drain"
    began = time.monotonic()
    await begin_drain(proxy)
    if second_signal:
        began = time.monotonic()
        proxy.process.terminate()
    status = await asyncio.wait_for(proxy.process.wait(), LIMIT_SECONDS)
    took = time.monotonic() - began
    check(f"{how}: whatever is waited for ends, after {took * 1000:.0f} ms, with status 0",
          differ("status", status, 0) + [took] * (took > 1.5 or took < 0.2 * (not second_signal)))
    records = {r["url.path"]: (r["tokenweir.outcome"], r.get("http.response.status_code")) for r in read_log(log)}
    cut, refused = ("timeout", 200), ("rejected", 503)
    expected = {"/unanswered/v1/chat/completions": refused, "/unsecured/v1/chat/completions": refused,
                "/silent/upload": refused, "/silent/v1/chat/completions": refused,
                "/mock/stream/v1/chat/completions": cut, "/mock/stuck/v1/chat/completions": cut}
    check(f"{how}: each call that was cut has its record", differ("records", records, expected))
    for name in "connect", "upstream handshake", "upload", "first byte":
        answer, _ = await to_end(connections[name][0])
        check(f"{how}: a client without an answer is told why: {name}", [] if b" 503 " in answer else [answer])
    answer, _ = await to_end(connections["stream"][0])
    check(f"{how}: a stream is cut, not ended", [answer] if answer.endswith(b"0\r\n\r\n") else [])
    stuck.close()


async def main(binary):
    with tempfile.TemporaryDirectory() as directory:
        await check_restarts(binary, os.path.join(directory, "calls.jsonl"))
        certificate = make_certificate(directory)
        both = os.path.join(directory, "both.yaml")
        with open(both, "w", encoding="utf-8") as file:
            file.write("mock: on\nroutes: [{prefix: /nowhere, upstream: 'http://127.0.0.1:9'}]\nlisten: [127.0.0.1:0, "
                       f"{{address: 127.0.0.1:0, tls: {{certificate: {certificate[0]}, key: {certificate[1]}}}}}]\n")
        await check_states(binary, "http", both, None)
        trusting = ssl.create_default_context(cafile=certificate[0])
        await check_states(binary, "https", both, trusting)
        for second_signal in False, True:
            await check_cut(binary, directory, certificate, second_signal)


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))
