"""Clients of every kind that a proxy meets, each knowing what its call may be recorded as."""

import json
import re
import socket
import struct

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


def reset(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def request(path, steer=(), stream=True, version="1.1", close=True, text="Say hello", chunked=False,
            max_tokens=10000):
    messages = [{"role": "user", "content": text}]
    body = json.dumps({"model": "mock", "max_tokens": max_tokens, "stream": stream, "messages": messages})
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
            prefix, outcome = dice.choice([("/nowhere", "rejected"), ("/mock/nothing", "client_error")])
            path = f"{prefix}/{self.number}"
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
            found = [r["tokenweir.call.id"] for r in records]
            problems.append(f"{where}: {outcomes}, allowed {sorted(map(str, allowed))}; ids {found}")
    for call_id in ids(client):
        records = by_id.get(call_id, [])
        if len(records) != 1:
            problems.append(f"{where}: {len(records)} records of {call_id}")
        elif client.expected and records[0]["url.path"] not in client.expected:
            problems.append(f"{where}: {call_id} is of {records[0]['url.path']}")
    outcomes = [r["tokenweir.outcome"] for i in ids(client) for r in by_id.get(i, [])]
    if client.behaviour == "malformed" and outcomes != ["rejected"]:
        problems.append(f"{where}: no single rejection; received {client.received[:200]}")
    return problems


def judge_bytes(client):
    """A client that reads everything can tell by itself whether the response was whole."""
    if client.behaviour not in ("reads all", "uploads") or not client.streamed or b" 200 OK\r\n" not in client.received:
        return []  # only streams are chunked
    ended = client.received.endswith(b"\r\n0\r\n\r\n")
    fits = ended != (", cut by" in client.name)
    return [] if fits else [f"client {client.number} ({client.name}): {client.received[-80:]}"]
