"""Calls of every kind, healthy and not, and an upstream that says what no mock endpoint should."""

import asyncio
import dataclasses
import datetime
import itertools
import json
import threading
import time

from stack import Listener

CALL_SECONDS = 12  # no call takes longer

OPENAI, ANTHROPIC = "/v1/chat/completions", "/v1/messages"
QUESTION = [{"role": "user", "content": "How deep is the river, and since when has it been that deep?"}]


@dataclasses.dataclass
class Kind:
    """Calls of one kind: `every` so many seconds another one; `leave`: the client goes after so many seconds."""

    route: str
    model: str
    every: float
    headers: dict = dataclasses.field(default_factory=dict)
    body: dict = dataclasses.field(default_factory=dict)
    path: str = OPENAI
    leave: float = CALL_SECONDS

    def request(self, number):
        model = self.model.replace("NUMBER", str(number))
        body = json.dumps({"model": model, "stream": True, "messages": QUESTION, "max_tokens": 400} | self.body)
        lines = [f"POST /{self.route}{self.path} HTTP/1.1", "Host: t", "Connection: close"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Feedback(Kind):
    """An app that says what it thinks; `body`: of which call, and what."""

    def request(self, number):
        body = json.dumps(self.body)
        return (f"POST {self.path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def usage(**more):
    return {"stream_options": {"include_usage": True}} | more


GAPS = {"x-mock-ttft-ms": "30", "x-mock-gap-ms": "10"}
MODELS = ("gpt-4o-mini", "fails", "limited", "left", "late")  # of the route mock; each has a healthy past

HEALTHY = [
    *(Kind("mock", model, 0.5, GAPS, usage(user="ada")) for model in MODELS),
    Kind("mock", "silent", 0.5, GAPS, usage()),
    Kind("mock", "claude-sonnet-4-5", 0.4, GAPS | {
        "x-mock-cached-tokens": "500", "x-mock-cache-write-tokens": "100", "x-mock-reasoning-tokens": "5",
        "x-claude-code-session-id": "s-1"}, path=ANTHROPIC),
    Kind("mock", "gpt-4o-mini", 0.5, {"traceparent": f"00-{1:032x}-{2:016x}-01", "x-mock-tool-calls": "2"}, {
        "stream": False, "tools": [{"type": "function", "function": {"name": "depth"}}]}),
    Kind("cut", "gpt-4o-mini", 0.4, GAPS, usage()),
    Kind("slow", "gpt-4o-mini", 2.0, GAPS, usage()),
    Kind("stalls", "stalls", 2.0, GAPS, usage()),
    Kind("scripted", "claude-asked", 0.4, body={"stream": False}, path=ANTHROPIC),
    Feedback("feedback", "", 0.5, path="/v1/feedback", body={
        "traceparent": f"00-{1:032x}-{2:016x}-01", "name": "thumbs", "label": "up", "score": 1}),
]  # fmt: skip

FAULTS = [
    Kind("mock", "fails", 0.2, {"x-mock-status": "500"}),
    Kind("mock", "limited", 0.2, {"x-mock-status": "429"}),
    Kind("mock", "claude-sonnet-4-5", 0.2, GAPS | {"x-stainless-retry-count": "1"}, path=ANTHROPIC),
    Kind("mock", "left", 0.2, {"x-mock-ttft-ms": "20", "x-mock-gap-ms": "100"}, leave=0.5),
    Kind("mock", "late", 0.25, {"x-mock-head-ms": "5000", "x-stainless-timeout": "1"}, leave=1.0),
    Kind("mock", "late", 0.5, {"x-mock-head-ms": "9000"}),
    Kind("mock", "silent", 0.2, GAPS),
    Kind("mock", "wrong", 0.5, {"x-mock-status": "400"}),
    Kind("mock", "gpt-4o-mini", 0.5, {"x-mock-error-after": "0"}),
    Kind("mock", "invented-NUMBER", 0.2, {"x-mock-tokens": "1"}),
    Kind("cut", "gpt-4o-mini", 0.2, GAPS | {"x-mock-cut-after": "5"}),
    Kind("slow", "gpt-4o-mini", 0.25, {"x-mock-ttft-ms": "5200", "x-mock-tokens": "2"}),
    Kind("stalls", "stalls", 0.2, GAPS | {"x-mock-tokens": "4", "x-mock-stall-after": "2", "x-mock-stall-ms": "800"}),
    Kind("scripted", "claude-unread", 0.2, body={"stream": False}, path=ANTHROPIC + "?coding=unheard-of"),
    Kind("nobody", "gpt-4o-mini", 0.5),
    Kind("nowhere", "gpt-4o-mini", 0.5),
]


class Traffic:
    """Calls of `kinds` to a port, in a thread of their own, until the block ends."""

    def __init__(self, port, kinds):
        self._port, self._kinds = port, kinds
        self._numbers = itertools.count()
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._drive()), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    async def _drive(self):
        await asyncio.gather(*(self._repeat(kind) for kind in self._kinds))

    async def _repeat(self, kind):
        under_way = set()
        while not self._over.is_set():
            call = asyncio.create_task(self._call(kind))
            under_way.add(call)
            call.add_done_callback(under_way.discard)
            await asyncio.sleep(kind.every)
        await asyncio.gather(*under_way)

    async def _call(self, kind):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:  # the proxy is down: that is a part of the test
            return
        try:
            writer.write(kind.request(next(self._numbers)))
            await asyncio.wait_for(reader.read(), kind.leave)
        except (asyncio.TimeoutError, OSError):
            pass
        finally:
            writer.close()


class ScriptedUpstream(Listener):
    """Answers in Anthropic's form. `strange`: as another model, with a tool that the provider ran, beyond the context
    window, and with a quota that runs out."""

    def __init__(self):
        self.strange = False
        self._left, self._since = 100_000, time.monotonic()
        super().__init__()

    def hear(self, request):
        request.rfile.read(int(request.headers["content-length"]))
        body = self.answer()
        request.send_response(200)
        for name, value in self.quota():
            request.send_header(f"anthropic-ratelimit-requests-{name}", value)
        if "coding=" in request.path:
            request.send_header("content-encoding", request.path.partition("coding=")[2])
        request.send_header("content-type", "application/json")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def answer(self):
        tool = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
        return json.dumps({
            "id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-given" if self.strange else "claude-asked",
            "content": [*([tool] if self.strange else []), {"type": "text", "text": "Deep."}],
            "stop_reason": "model_context_window_exceeded" if self.strange else "end_turn",
            "usage": {"input_tokens": 7, "output_tokens": 3},
        }).encode()  # fmt: skip

    def quota(self):
        """A limit of 100,000 that resets in an hour; used up within some 300 seconds when strange, else whole."""
        now = time.monotonic()
        self._left = max(0, self._left - int((now - self._since) * 300)) if self.strange else 100_000
        self._since = now
        reset = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        yield from (("limit", "100000"), ("remaining", str(self._left)), ("reset", reset.isoformat(timespec="seconds")))
