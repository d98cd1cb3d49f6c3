"""SIGHUP: a new configuration takes over without a failed request, and a broken one changes nothing.

python3 reload.py TOKENWEIR
"""

import asyncio
import os
import re
import signal
import ssl
import sys
import tempfile

import harness
from conservation_clients import request
from harness import LIMIT_SECONDS, Proxy, check, differ, make_certificate, read_log, settled, total, until

RELOADS_UNDER_LOAD, FRESH_CLIENTS, KEEPING_CLIENTS = 40, 8, 8
TOKENS = ["0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"]


class Upstream:
    """Answers every request with its own name; keeps connections, and counts them. /hold waits for `release`."""

    def __init__(self, name):
        self.name, self.opened, self.ended, self.release = name, 0, 0, asyncio.Event()
        self.held = asyncio.Event()

    async def start(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return self

    async def serve(self, reader, writer):
        self.opened += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if b"/hold" in head.split(b"\r\n")[0]:
                    self.held.set()
                    await self.release.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(self.name), self.name.encode()))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        self.ended += 1
        writer.close()


async def ask(reader, writer, path, close=False):
    """(status, body)"""
    end = "Connection: close\r\n" if close else ""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: t\r\n{end}\r\n".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LIMIT_SECONDS)
    length = int(re.search(rb"(?i)\r\ncontent-length: (\d+)", head)[1])
    body = await asyncio.wait_for(reader.readexactly(length), LIMIT_SECONDS)
    return int(head.split()[1]), body.decode()


async def get(proxy, path, **how):
    reader, writer = await proxy.connect(**how)
    answer = await ask(reader, writer, path, close=True)
    writer.close()
    return answer


class Configured:
    """A proxy whose configuration file can be rewritten."""

    async def start(self, binary, directory, text):
        self.path, self.log = os.path.join(directory, "tokenweir.yaml"), os.path.join(directory, "calls.jsonl")
        self.write(text)
        self.proxy = await Proxy().start(binary, self.log, config=self.path)
        return self

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)

    async def results(self):
        samples, _ = await self.proxy.samples()
        counts = [total(samples, "tokenweir_config_reloads_total", f'result="{r}"') for r in ("success", "failure")]
        return (*counts, total(samples, "tokenweir_config_last_reload_successful"))

    async def reload(self, text):
        """Returns the new (successes, failures, last successful)."""
        self.write(text)
        before = await self.results()
        self.proxy.process.send_signal(signal.SIGHUP)

        async def reloaded():
            now = await self.results()
            return now if now[:2] != before[:2] else None

        return await until("the reload", reloaded)


def routes(**upstreams):
    items = [f"  - {{prefix: /{name}, upstream: 'http://127.0.0.1:{up.port}'}}\n" for name, up in upstreams.items()]
    return "listen: 127.0.0.1:0\nroutes:\n" + "".join(items)


async def check_load(binary, directory, a, b):
    """Requests on fresh and on kept connections all the while."""
    own = await Configured().start(binary, directory, routes(r=a))
    problems, answers, over = [], {"a": 0, "b": 0}, False

    async def client(keeps):
        reader = writer = None
        while not over:
            if writer is None:
                reader, writer = await own.proxy.connect()
            try:
                status, body = await ask(reader, writer, "/r/x", close=not keeps)
            except (OSError, asyncio.IncompleteReadError) as error:
                problems.append(repr(error))
                writer = None
                continue
            if status != 200:
                problems.append(f"{status} {body}")
            answers[body] = answers.get(body, 0) + 1
            if not keeps:
                writer.close()
                writer = None

    running = asyncio.gather(*(client(n < KEEPING_CLIENTS) for n in range(KEEPING_CLIENTS + FRESH_CLIENTS)))
    wrong = []
    for n in range(RELOADS_UNDER_LOAD):
        there = b if n % 2 == 0 else a
        await own.reload(routes(r=there))
        wrong += differ("answered by", (await get(own.proxy, "/r/x"))[1], there.name)
    over = True
    await asyncio.wait_for(running, LIMIT_SECONDS)
    sent = sum(answers.values())
    check(f"{RELOADS_UNDER_LOAD} reloads under load: none of {sent} requests failed ({answers})", problems)
    check("load: after each reload requests go where it says", wrong)
    outcomes = [r["tokenweir.outcome"] for r in (await settled(own.proxy)) and read_log(own.log)]
    check("load: each call has its record", differ("outcomes, lines", (set(outcomes), len(outcomes)),
                                                   ({"ok"}, sent + RELOADS_UNDER_LOAD)))
    check("load: status 0 at the end", differ("status", await own.proxy.terminate(), 0))
    os.remove(own.log)


async def check_in_flight(binary, directory, a, b):
    """A call that is waited for, and the connections to upstreams."""
    own = await Configured().start(binary, directory, routes(a=a, b=b))
    opened, ended = (a.opened, b.opened), b.ended
    held = asyncio.create_task(get(own.proxy, "/a/hold"))
    await asyncio.wait_for(a.held.wait(), LIMIT_SECONDS)
    kept = await own.proxy.connect()
    first = [await ask(*kept, "/a/x"), await ask(*kept, "/b/x")]
    await own.reload(routes(other=a, c=a))

    async def closed():
        return b.ended == ended + 1

    await until("the end of the connection to the upstream that is gone", closed)
    then = [(await ask(*kept, path))[0] for path in ("/a/x", "/b/x")]
    later = await ask(*kept, "/other/x")
    check("routes: one connection is served by the old and by the new configuration",
          differ("answers", (first, then, later), ([(200, "a"), (200, "b")], [404, 404], (200, "a"))))
    check("routes: the upstream that stays was not connected to again, the one that is gone was let go",
          differ("opened", (a.opened - opened[0], b.opened - opened[1]), (2, 1)))
    check("routes: a call in flight goes on without its route", [] if not held.done() else ["it ended"])
    a.release.set()
    check("routes: and is answered", differ("answer", await asyncio.wait_for(held, LIMIT_SECONDS), (200, "a")))
    await own.proxy.terminate()


async def check_mistakes(binary, directory, a):
    own = await Configured().start(binary, directory, routes(a=a))
    samples, _ = await own.proxy.samples()
    loaded = samples["tokenweir_config_last_reload_success_timestamp_seconds"]
    broken = routes(a=a) + "timeouts:\n  idle: long\n"
    os.rename(own.log, own.log + ".1")
    check("a mistake: counted", differ("results", await own.reload(broken), (0, 1, 0)))
    check("a mistake: the old routes stay", differ("answer", await get(own.proxy, "/a/x"), (200, "a")))
    samples, _ = await settled(own.proxy), None
    check("a mistake: the time of the last success stays",
          differ("time", samples["tokenweir_config_last_reload_success_timestamp_seconds"], loaded))
    check("a mistake: the call log is reopened all the same", differ("lines", len(read_log(own.log)), 1))
    os.remove(own.path)
    own.proxy.process.send_signal(signal.SIGHUP)

    async def failed_again():
        return (await own.results())[1] == 2

    await until("the second failure", failed_again)
    changed = routes(a=a) + "labels: {max_models: 3}\nmock: on\n"
    check("mended: counted", differ("results", await own.reload(changed), (1, 2, 1)))
    check("mended: the mock endpoint can be turned on", differ("status", (await get(own.proxy, "/mock/v1/models"))[0], 200))
    samples, _ = await own.proxy.samples()
    check("mended: the time of the last success moves on",
          [] if samples["tokenweir_config_last_reload_success_timestamp_seconds"] > loaded else [loaded])
    await own.proxy.terminate()
    said = await own.proxy.stop()
    words = [own.path + ":5:9: timeouts.idle: expected a duration", "stays what it was", own.path + "'",
             "labels.max_models has changed", "has been loaded again"]
    check("stderr says what, where and what became of it", [f"{w} not in {said}" for w in words if w not in said])
    surplus = [w for w in ("listen has", "admin.listen has", "call_log.path has", "threads has") if w in said]
    check("stderr names no key that has not changed", surplus)
    for log in own.log, own.log + ".1":
        os.remove(log)


async def check_secrets(binary, directory, a):
    """Certificates and the admin token, which are files that change in place."""
    def certificate_of(name):
        return make_certificate(directory, name)

    first, second = certificate_of("first"), certificate_of("second")
    served = [os.path.join(directory, part) for part in ("served.crt", "served.key")]
    token = os.path.join(directory, "token")

    def put(source, target):
        with open(source, "rb") as read, open(target, "wb") as write:
            write.write(read.read())
        os.chmod(target, 0o600)

    def put_token(text):
        with open(token, "w", encoding="utf-8") as file:
            file.write(text)

    for source, target in zip(first, served):
        put(source, target)
    put_token(TOKENS[0])
    text = routes(a=a).replace("listen: 127.0.0.1:0\n", f"""listen: [{{address: 127.0.0.1:0, tls: {{certificate: {served[0]},
  key: {served[1]}}}}}]\nadmin: {{token: "${{file:{token}}}"}}\n""")
    own = Configured()
    Proxy.token = TOKENS[0]
    await own.start(binary, directory, text)
    trusting = [ssl.create_default_context(cafile=pair[0]) for pair in (first, second)]
    kept = await own.proxy.connect(ssl=trusting[0])
    check("certificate: the first one", differ("answer", await ask(*kept, "/a/x"), (200, "a")))
    put(second[0], served[0])  # and still the first key
    check("certificate: one without its key is refused", differ("results", await own.reload(text), (0, 1, 0)))
    check("certificate: the first one stays",
          differ("answer", await get(own.proxy, "/a/x", ssl=trusting[0]), (200, "a")))
    put(second[1], served[1])
    put_token(TOKENS[1])
    own.proxy.process.send_signal(signal.SIGHUP)

    async def new_token():
        Proxy.token = TOKENS[1]
        return " 200 " in await own.proxy.get_admin("/metrics")

    await until("the new token", new_token)
    check("certificate: the second one", differ("answer", await get(own.proxy, "/a/x", ssl=trusting[1]), (200, "a")))
    check("certificate: connections made with the first one go on", differ("answer", await ask(*kept, "/a/x"), (200, "a")))
    Proxy.token = TOKENS[0]
    check("admin.token: the old one is refused", [] if " 401 " in await own.proxy.get_admin("/metrics") else ["let in"])
    Proxy.token = None
    await own.proxy.terminate()


async def check_prices(binary, directory):
    """The price catalogue comes by the same way."""
    prices = os.path.join(directory, "prices.yaml")

    def put(text):
        with open(prices, "w", encoding="utf-8") as file:
            file.write(text)

    own = await Configured().start(binary, directory, "listen: 127.0.0.1:0\nmock: on\n")
    text = f"listen: 127.0.0.1:0\nmock: on\ncost: {{catalogue: {prices}}}\n"
    for line in "ours: {input: 1000, output: 0}", "ours: {input: 2000, output: 0}", "ours: free":
        put(f"as_of: 2026-11-24\nproviders:\n  openai:\n    models:\n      {line}\n")
        await own.reload(text)
        reader, writer = await own.proxy.connect()
        writer.write(request("/mock/v1/chat/completions", stream=False).replace(b'"mock"', b'"ours"'))
        await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)
        writer.close()
    await settled(own.proxy)
    paid = [r.get("gen_ai.usage.cost", 0) / r["gen_ai.usage.input_tokens"] for r in read_log(own.log)]
    check("prices: each call has those in force, and a mistake keeps the ones before",
          differ("dollars for a token", [round(dollars, 9) for dollars in paid], [0.001, 0.002, 0.002]))
    await own.proxy.terminate()
    said = await own.proxy.stop()
    check("prices: stderr says where the mistake is", [] if f"{prices}:5:" in said else [said])


async def check_feedback(binary, directory, a):
    """The path by which clients can send feedback comes, moves and goes."""
    said = b'{"traceparent": "00-%s-%s-01", "name": "n", "score": 1}' % (b"ab" * 16, b"cd" * 8)

    async def post(path):
        reader, writer = await own.proxy.connect()
        writer.write(b"POST %s HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" %
                     (path.encode(), len(said), said))
        answer = await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)
        writer.close()
        return int(answer.split()[1])

    def at(path):
        return routes(r=a) + f"feedback: {{path: {path}}}\n"

    own = await Configured().start(binary, directory, routes(r=a))
    answers = [await post("/said")]
    for text in at("/said"), at("/told"), at("/told").replace("path: /told", "enabled: off"):
        await own.reload(text)
        answers.append((await post("/said"), await post("/told")))
    check("feedback.path: is where each reload says, and nowhere without it",
          differ("answers", answers, [404, (202, 404), (404, 202), (404, 404)]))
    await own.reload(at("/said"))
    await own.reload(routes(said=a))
    check("feedback.path: a route can take the path that it has given up",
          differ("answer", await get(own.proxy, "/said/x"), (200, "a")))
    await own.proxy.terminate()
    lines = [line for line in (await own.proxy.stop()).split("\n") if "feedback" in line]
    check("feedback.path: takes effect at once, feedback.enabled does not", differ("lines", lines, [
        "tokenweir: feedback.enabled has changed: that takes effect at the next start"]))
    os.remove(own.log)


async def main(binary):
    a, b = await Upstream("a").start(), await Upstream("b").start()
    with tempfile.TemporaryDirectory() as directory:
        await check_load(binary, directory, a, b)
        await check_in_flight(binary, directory, a, b)
        await check_mistakes(binary, directory, a)
        await check_prices(binary, directory)
        await check_feedback(binary, directory, a)
        await check_secrets(binary, directory, a)


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))
