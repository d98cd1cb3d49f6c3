"""No credential and no prompt gets out: every place where a secret comes in, against everything that is ever written.

python3 canary.py TOKENWEIR
"""

import asyncio
import base64
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import urllib.parse

import harness
from back_end import BackEnd
from harness import LIMIT_SECONDS, Proxy, check, settled, until


def canary():
    return "sk-proj-" + secrets.token_hex(24)


PROMPT, ANSWER = "prompt-" + secrets.token_hex(8), "answer-" + secrets.token_hex(8)
KEY_IN_PROMPT, KEY_IN_ANSWER, KEY_IN_FIELD, KEY_IN_ERROR = canary(), canary(), canary(), canary()
COOKIE_OF_UPSTREAM = canary()

# name: (secret, the header lines that it stands in, the query that it stands in)
PLACES = {name: (secret, [line.format(secret) for line in lines], query.format(secret)) for name, secret, lines, query in [
    ("Authorization", canary(), ["Authorization: Bearer {}"], ""),
    ("Proxy-Authorization", canary(), ["Proxy-Authorization: Basic {}"], ""),
    ("x-api-key", canary(), ["x-api-key: {}"], ""),
    ("api-key", canary(), ["api-key: {}"], ""),
    ("x-goog-api-key", canary(), ["x-goog-api-key: {}"], ""),
    ("Cookie", canary(), ["Cookie: session={}"], ""),
    ("the query's key", canary(), [], "?alt=sse&key={}"),
    ("Sec-WebSocket-Protocol", canary(), ["Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.{}"], ""),
    ("several places", canary(), ["Authorization: {0}", "x-api-key: {0}", "Cookie: a={0}"], "?key={0}"),
]}  # fmt: skip
CREDENTIALS = {
    **{name: secret for name, (secret, _, _) in PLACES.items()},
    "a prompt": KEY_IN_PROMPT, "a body's field": KEY_IN_FIELD,
    "an answer": KEY_IN_ANSWER, "an error": KEY_IN_ERROR, "Set-Cookie": COOKIE_OF_UPSTREAM,
}  # fmt: skip
CONFIGURED = {"admin.token": canary(), "telemetry.otlp_headers": canary(), "observer.hash_secret": canary()}


# ---- an upstream ----------------------------------------------------------------------------------------------------

TEXT = f"{ANSWER} and {KEY_IN_ANSWER}."


def events(*data):
    return "".join(f"data: {d if isinstance(d, str) else json.dumps(d)}\n\n" for d in data).encode()


def chat_answer(stream):
    if not stream:
        message = {"role": "assistant", "content": TEXT}
        return json.dumps({"id": "c1", "model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    pieces = [{"content": TEXT[:30]}, {"content": TEXT[30:]}]  # the key is cut in two
    chunks = [{"id": "c1", "model": "m", "choices": [{"index": 0, "delta": d}]} for d in pieces]
    return events(*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, "[DONE]")


def messages_answer(stream):
    if not stream:
        content = [{"type": "text", "text": TEXT}]
        return json.dumps({"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": content,
                           "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 2}})  # fmt: skip
    deltas = [{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": t}}
              for t in (TEXT[:30], TEXT[30:])]  # fmt: skip
    return events({"type": "message_start", "message": {"id": "m1", "role": "assistant", "model": "m", "usage": {"input_tokens": 1}}},
                  {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}, *deltas,
                  {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
                  {"type": "message_stop"})  # fmt: skip


async def answer(reader, writer):
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = {n.lower(): v for n, _, v in (line.partition(": ") for line in head.split("\r\n")[1:] if line)}
        body = json.loads(await reader.readexactly(int(fields["content-length"])))
        status, stream = int(fields.get("x-want", "200")), body["stream"]
        if status == 1:
            payload = f"{KEY_IN_ERROR} is no status line\r\n\r\n".encode()
        else:
            if status != 200:
                error = {"message": f"Incorrect API key provided: {KEY_IN_ERROR}", "type": "authentication_error"}
                text, stream = json.dumps({"type": "error", "error": {**error, "code": "invalid_api_key"}}), False
            else:
                text = messages_answer(stream) if "/messages" in head.split("\r\n")[0] else chat_answer(stream)
            text = text if isinstance(text, bytes) else text.encode()
            kind = "text/event-stream" if stream else "application/json"
            payload = (f"HTTP/1.1 {status} S\r\nContent-Type: {kind}\r\nSet-Cookie: a={COOKIE_OF_UPSTREAM}\r\n"
                       f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n").encode() + text  # fmt: skip
        writer.write(payload)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


# ---- its clients ----------------------------------------------------------------------------------------------------


def body(path, stream):
    text = f"{PROMPT}: my key is {KEY_IN_PROMPT}, can you see it?"
    request = {"model": "m", "stream": stream, "max_tokens": 9, "metadata": {"api_key": KEY_IN_FIELD, "note": PROMPT},
               "messages": [{"role": "user", "content": text}]}  # fmt: skip
    return json.dumps(request | ({"system": PROMPT} if "messages" in path else {}))


async def call(proxy, path, lines=(), stream=False, first="POST {} HTTP/1.1"):
    reader, writer = await proxy.connect()
    fields, text = ["Host: t", *lines], ""
    if not first.startswith("GET"):
        text = body(path, stream)
        fields += ["Content-Type: application/json", f"Content-Length: {len(text)}", "Connection: close"]
    writer.write(("\r\n".join([first.format(path), *fields]) + "\r\n\r\n" + text).encode())
    got = await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)
    writer.close()
    return got


UPGRADE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AA=="]


async def traffic(proxy):
    """Calls with every secret in its place, served and not. Returns what the proxy itself answered."""
    own = []
    for _, lines, query in PLACES.values():
        for path in ("/up/v1/chat/completions", "/up/v1/messages"):
            for stream in (False, True):
                got = await call(proxy, path + query, lines, stream)
                assert got.startswith(b"HTTP/1.1 200"), got
            await call(proxy, path + query, [*lines, "x-want: 401"])
            own.append(await call(proxy, path + query, [*lines, "x-want: 1"]))
        own.append(await call(proxy, "/dead/v1/chat/completions" + query, lines))
        own.append(await call(proxy, "/nowhere/v1/chat/completions" + query, lines))
        own.append(await call(proxy, "/up/v1/chat/completions" + query, [*lines, "Bad Name: x"]))
        own.append(await call(proxy, "/up/v1/chat/completions" + query, lines, first="POST  {} HTTP/1.1"))
        own.append(await call(proxy, "/up/v1/realtime" + query, [*lines, *UPGRADE], first="GET {} HTTP/1.1"))
    return b"\n".join(own)


# ---- everything that is written -------------------------------------------------------------------------------------


def forms(secret):
    """What would give it away: as it is, coded, and as a hash that anybody can make."""
    raw = secret.encode()
    coded = [base64.b64encode(raw).rstrip(b"="), raw.hex().encode(), urllib.parse.quote(secret, safe="").encode()]
    return {raw, raw[:-4], *coded, hashlib.sha256(raw).hexdigest().encode()[:32]}


def found(sinks, wanted):
    return [f"{name} is in {sink}" for name, secret in wanted.items() for sink, written in sinks.items()
            if any(form in written for form in forms(secret))]  # fmt: skip


def files_below(directory):
    for place, _, names in os.walk(directory):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                yield file.read()


def configuration(directory, upstream, dead, back_end, content):
    return f"""
listen: 127.0.0.1:0
admin: {{token: {CONFIGURED["admin.token"]}}}
observer: {{hash_secret: {CONFIGURED["observer.hash_secret"]}}}
telemetry:
  otlp_endpoint: http://127.0.0.1:{back_end}
  otlp_headers: authorization=Bearer%20{CONFIGURED["telemetry.otlp_headers"]}
  zipkin_endpoint: http://127.0.0.1:{back_end}/api/v2/spans
  trace_profiles: [openinference, langfuse]
  otlp_timeout: 500ms
  interval: 50ms
  spool: {directory}/spool
{content}
routes:
  - {{name: up, prefix: /up, upstream: "http://127.0.0.1:{upstream}"}}
  - {{name: dead, prefix: /dead, upstream: "http://127.0.0.1:{dead}"}}
"""


class Run:
    """A proxy with every sink on, some traffic, and all that came of it: `sinks` is {name: bytes}."""

    def __init__(self, binary, directory, content=""):
        self.binary, self.directory, self.content, self.sinks = binary, directory, content, {}

    async def run(self, upstream):
        dead = await BackEnd().start()  # a port that nobody listens on
        await dead.stop()
        back_end = await BackEnd().start()
        log, config = (os.path.join(self.directory, name) for name in ("calls.jsonl", "tokenweir.yaml"))
        with open(config, "w", encoding="utf-8") as file:
            file.write(configuration(self.directory, upstream, dead.port, back_end.port, self.content))
        done = subprocess.run([self.binary, "check", "--config", config], capture_output=True, timeout=LIMIT_SECONDS)
        self.sinks["the effective configuration"] = done.stdout + done.stderr
        proxy = Proxy()
        proxy.token = CONFIGURED["admin.token"]
        await proxy.start(self.binary, log, config=config)
        self.sinks["the proxy's own answers"] = await traffic(proxy)
        await settled(proxy)
        for path, _, taken in back_end.taken:
            name = "Zipkin" if "/api/v2" in path else "OTLP " + path.rpartition("/")[2]
            self.sinks[name] = self.sinks.get(name, b"") + taken
        for path in ("/metrics", "/healthz", "/readyz", "/", "/nothing?key=" + CREDENTIALS["Authorization"]):
            self.sinks["admin " + path.partition("?")[0]] = (await proxy.get_admin(path)).encode()

        back_end.script = [503] * 1000  # what comes now goes to the disk
        for name in ("Authorization", "the query's key"):
            _, lines, query = PLACES[name]
            await call(proxy, "/up/v1/messages" + query, lines, True)

        async def spooled():
            return all(len(os.listdir(place)) > 1 for place, below, _ in os.walk(self.directory + "/spool") if not below)

        await until("the calls to be on disk", spooled)
        self.sinks["the spool"] = b"\n".join(files_below(self.directory + "/spool"))
        with open(config, "a", encoding="utf-8") as file:
            file.write(f"admin_token: {CONFIGURED['admin.token']}\n")  # no such key: the reload is refused
        proxy.process.send_signal(signal.SIGHUP)

        async def refused():
            return (await proxy.samples())[0]["tokenweir_config_last_reload_successful"] == 0

        await until("the reload to be refused", refused)
        await proxy.terminate()
        await back_end.stop()
        self.sinks["standard error"] = (await proxy.stop()).encode()
        with open(log, "rb") as file:
            self.sinks["the call log"] = file.read()
        return self


def check_sinks(run):
    """That each of them was looked into at all."""
    marks = {"the effective configuration": b"routes:", "the proxy's own answers": b"no_route", "Zipkin": b"tokenweir.call.id",
             "OTLP traces": b"tokenweir.call.id", "OTLP logs": b"tokenweir.call.id", "the spool": b"tokenweir.call.id",
             "admin /metrics": b"tokenweir_calls_finished_total", "standard error": b"unknown key",
             "the call log": b"tokenweir.api_key.hash"}  # fmt: skip
    return [f"{mark} is not in {name}: {run.sinks.get(name, b'nothing')[:200]}"
            for name, mark in marks.items() if mark not in run.sinks.get(name, b"")]  # fmt: skip


def mistakes(binary, directory):
    """What is said about configurations that are wrong around a secret."""
    secret = canary()
    said = b""
    for text in (f"upstream: https://user:{secret}@host.example/", f"upstream: https://host.example/?key={secret}",
                 f"admin: {{token: '{secret} '}}", f"observer: {{hash_secret: '{secret[:20]} '}}",
                 f"telemetry: {{otlp_headers: 'authorization={secret}%'}}",
                 f"telemetry: {{otlp_endpoint: 'http://u:{secret}@h:1/'}}"):  # fmt: skip
        path = os.path.join(directory, "wrong.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        done = subprocess.run([binary, "check", "--config", path], capture_output=True, timeout=LIMIT_SECONDS)
        said += (b"" if done.returncode == 2 else b"not refused: " + text.encode()) + done.stdout + done.stderr
    return found({"a message about a mistake": said}, {"a configured secret": secret, "half of it": secret[:20]})


def check_content(run, capture):
    """What is recorded of texts, and that it is redacted."""
    wanted = ["the call log", "OTLP traces", "OTLP logs", "Zipkin", "the spool"]
    marks = {"full": [PROMPT, ANSWER, "[REDACTED:key]"], "metadata": ["assistant", "hash"]}[capture]
    return [f"{mark} is not in {sink}" for sink in wanted for mark in marks if mark.encode() not in run.sinks[sink]]


async def main(binary):
    upstream = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = upstream.sockets[0].getsockname()[1]
    words = {"the prompt": PROMPT, "the answer": ANSWER}
    with tempfile.TemporaryDirectory() as directory:
        run = await Run(binary, directory).run(port)
        check(f"all {len(run.sinks)} sinks say something", check_sinks(run))
        check(f"{len(CREDENTIALS)} credentials are in none of them", found(run.sinks, CREDENTIALS))
        check("nor are those of the configuration", found(run.sinks, CONFIGURED))
        check("prompt and answer are in none of them", found(run.sinks, words))
        records = [json.loads(line) for line in run.sinks["the call log"].splitlines()]
        hashes = {r.get("tokenweir.api_key.hash") for r in records if r.get("url.path") == "/up/v1/messages"}
        check("each credential has a hash of its own, and no cookie has one",
              harness.differ("hashes, none among them", len(hashes), len(PLACES) - 1))  # fmt: skip
        check("mistakes around a secret are told without it", mistakes(binary, directory))
    for capture in ("metadata", "full"):
        with tempfile.TemporaryDirectory() as directory:
            run = await Run(binary, directory, f"content: {{capture: {capture}}}").run(port)
        check(f"content: {capture} is in the sinks that it is meant for", check_sinks(run) + check_content(run, capture))
        check(f"content: {capture}: no credential is in any of them", found(run.sinks, CREDENTIALS | CONFIGURED))
        is_meant = ("the call log", "the spool", "OTLP", "Zipkin") if capture == "full" else ("none",)
        others = {name: written for name, written in run.sinks.items() if not name.startswith(is_meant)}
        check(f"content: {capture}: prompt and answer are in no other", found(others, words))
    upstream.close()


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))
