#!/usr/bin/env python3
"""Drives one real SDK through the proxy, only its base URL changed, and compares each record with what the SDK saw.

  run.py SDK --proxy build/dev/tokenweir --packages build/clients

Exit status: 0 all as expected, 1 not, 77 skipped because the SDKs are not installed."""

import argparse
import dataclasses
import filecmp
import json
import os
import subprocess
import sys
import tempfile

import upstream
from proxy import LIMIT_SECONDS, Proxy, await_value
from records import anthropic_usage, check, openai_usage, quotas

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclasses.dataclass(frozen=True)
class Wire:
    """A provider's API as its SDKs speak it."""

    api: str
    provider: str
    base: str  # what is appended to the proxy's URL and a route to get the SDK's base URL
    path: str  # of a call, below the base
    usage: callable  # the SDK's usage object -> record keys
    environment: str  # prefix of the SDK's variables
    events: dict  # for the scripted upstream
    facts: dict  # record keys of every call
    errors: dict  # status or kind -> (error.type, provider_type, provider_code)


OPENAI = Wire(
    api="openai.chat_completions",
    provider="openai",
    base="/v1",
    path="/chat/completions",
    usage=openai_usage,
    environment="OPENAI",
    events=upstream.OPENAI,
    facts={},
    errors={
        400: ("400", "invalid_request_error", None),
        429: ("429", "requests", "rate_limit_exceeded"),
        500: ("500", "server_error", None),
        "event": ("server_error", "server_error", None),
    },
)
ANTHROPIC = Wire(
    api="anthropic.messages",
    provider="anthropic",
    base="",
    path="/v1/messages",
    usage=anthropic_usage,
    environment="ANTHROPIC",
    events=upstream.ANTHROPIC,
    facts={"gen_ai.request.max_tokens": 256},
    errors={
        400: ("400", "invalid_request_error", None),
        429: ("429", "rate_limit_error", None),
        500: ("500", "api_error", None),
        "event": ("overloaded_error", "overloaded_error", None),
    },
)


@dataclasses.dataclass(frozen=True)
class Sdk:
    wire: Wire
    script: str
    pins: tuple  # what ./dev setup has installed, and the file that says so
    user_agent: str
    errors: dict  # what its users catch: kind -> class
    timeout: object  # timeout asked for in ms, None for the default -> what the SDK says of it, in seconds


def whole_seconds(milliseconds):
    """Rounded down; none of them says nothing."""
    return milliseconds // 1000 or None


STATUS_ERRORS = {400: "BadRequestError", 429: "RateLimitError", 500: "InternalServerError"}
SDKS = {
    "openai-js": Sdk(
        OPENAI, "openai_client.mjs", ("npm.done", "package-lock.json"), "OpenAI/JS ",
        {**STATUS_ERRORS, "event": "APIError", "cut": "TypeError", "late": "APIConnectionTimeoutError"},
        lambda ms: whole_seconds(ms or 0),
    ),
    "openai-python": Sdk(
        OPENAI, "openai_client.py", ("pip.done", "requirements.txt"), "OpenAI/Python ",
        {**STATUS_ERRORS, "event": "APIError", "cut": "APIConnectionError", "late": "APITimeoutError"},
        lambda ms: (ms or 600_000) / 1000,
    ),
    "anthropic-js": Sdk(
        ANTHROPIC, "anthropic_client.mjs", ("npm.done", "package-lock.json"), "Anthropic/JS ",
        {**STATUS_ERRORS, "event": "APIError", "cut": "TypeError", "late": "APIConnectionTimeoutError"},
        lambda ms: whole_seconds(ms or 600_000),
    ),
    "anthropic-python": Sdk(
        ANTHROPIC, "anthropic_client.py", ("pip.done", "requirements.txt"), "Anthropic/Python ",
        {**STATUS_ERRORS, "event": "APIStatusError", "cut": "RemoteProtocolError", "late": "APITimeoutError"},
        lambda ms: (ms or 600_000) / 1000,
    ),
}


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    call: dict  # what the client script is told
    outcome: str = "ok"  # of the last record
    error: object = None  # what the SDK must raise: a key of Sdk.errors
    status: int | None = 200  # that the client was sent
    usage: str = "reported"
    kind: str | None = "text"  # of the first token
    retries: int = 0  # by the SDK itself; each attempt before the last was rate limited
    retry_after: float | None = None  # what a rate limited response says
    facts: dict = dataclasses.field(default_factory=dict)  # further keys of the record
    only: Wire | None = None


def stream(**more):
    return {"action": "stream", "usage": True, **more}


def chat(**more):
    return {"action": "chat", **more}


def mock(**fields):
    return {"headers": {f"x-mock-{name.replace('_', '-')}": str(value) for name, value in fields.items()}}


def named(**headers):
    return {"headers": {f"x-tokenweir-{name.replace('_', '-')}": value for name, value in headers.items()}}


def script(name):
    return {"headers": {"x-script": name}}


MOCK = [
    Scenario("chat", chat()),
    Scenario("chat with parts of the usage", chat(**mock(cached_tokens=32, cache_write_tokens=8, reasoning_tokens=5))),
    Scenario("chat with a tool call", chat(tools=True, **mock(tool_calls=1)), kind=None),
    Scenario("stream", stream(**mock(gap_ms=2))),
    Scenario("stream without usage", stream(usage=False), usage="missing", only=OPENAI),
    Scenario("stream with two tool calls", stream(tools=True, **mock(tool_calls=2)), kind="tool_call"),
    Scenario("compressed stream", stream(**mock(encoding="gzip", gap_ms=1))),
    Scenario("bad request, not retried", chat(**mock(status=400)), "client_error", 400, 400, "missing", None),
    Scenario("a user, a conversation and a tag", chat(**named(user="u-1", conversation="c-1", tag_Cost_Center="7")),
             facts={"enduser.id": "u-1", "gen_ai.conversation.id": "c-1", "tokenweir.tags.cost_center": "7"}),
    Scenario("rate limit, retried in vain", chat(**mock(status=429, retry_after=0)), "rate_limited", 429, 429,
             "missing", None, retries=2, retry_after=0),
    Scenario("server error", chat(retries=0, **mock(status=500)), "upstream_error", 500, 500, "missing", None),
    Scenario("client leaves in mid-stream", stream(leave_after=3, **mock(tokens=2000, gap_ms=5)),
             "cancelled_mid_stream", usage="partial"),
    Scenario("client leaves before the answer", chat(timeout_ms=200, retries=0, **mock(head_ms=60_000)),
             "cancelled_before_first_token", "late", None, "missing", None),
    Scenario("upstream cuts the stream", stream(**mock(cut_after=3)), "truncated", "cut", usage="partial"),
    Scenario("error event in a stream", stream(**mock(error_after=3)), "stream_error", "event", usage="partial"),
]

SCRIPTED = [
    Scenario("terminal event, then close", stream(**script("close")), usage="reported"),
    Scenario("rate limit, retried with success", stream(**script("limited")), retries=2, retry_after=0.001),
    Scenario("client leaves an endless stream", stream(leave_after=3, **script("endless")), "cancelled_mid_stream",
             usage="partial"),
]


class Client:
    """The script that holds the SDK; one call after the other."""

    def __init__(self, sdk, packages, base_url):
        python = os.path.join(packages, "python", "bin", "python")
        script = os.path.join(HERE, sdk.script)
        self._process = subprocess.Popen(
            ["node", script, os.path.abspath(packages)] if script.endswith(".mjs") else [python, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                f"{sdk.wire.environment}_BASE_URL": base_url,
                f"{sdk.wire.environment}_API_KEY": "sk-not-a-key",
            },
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def call(self, call):
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the client script ended"
        return json.loads(answer)


def expected_record(sdk, scenario, seen, route, attempt):
    """(keys with values, keys with measurements) of the record of that attempt; the last one is what the SDK saw."""
    wire, last = sdk.wire, attempt == scenario.retries
    wants_stream = scenario.call["action"] == "stream"
    status, outcome = (scenario.status, scenario.outcome) if last else (429, "rate_limited")
    failure = scenario.error if last else 429
    error_type, provider_type, provider_code = wire.errors.get(failure, (None, None, None))
    streamed = wants_stream and status == 200
    usage = scenario.usage if last else "missing"
    if usage == "partial" and "usage" not in seen:
        usage = "missing"  # OpenAI's only comes at the end
    if usage == "missing" and status != 200:
        usage = None  # nothing was generated, so nothing is missing
    expected = {
        "tokenweir.route": route,
        "server.address": "127.0.0.1",
        "client.address": "127.0.0.1",
        "http.request.method": "POST",
        "url.path": (f"/{route}" if route == "mock" else "") + wire.base + wire.path,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": wire.provider,
        "tokenweir.api": wire.api,
        "gen_ai.request.model": "mock-model",
        "gen_ai.request.stream": wants_stream or None,
        "tokenweir.request.messages": 1,
        "tokenweir.request.tools": 1 if scenario.call.get("tools") else None,
        **wire.facts,
        **scenario.facts,
        "tokenweir.client.retry_count": attempt,
        "tokenweir.client.timeout": sdk.timeout(scenario.call.get("timeout_ms")),
        "tokenweir.retry_after": scenario.retry_after if status == 429 else None,
        "http.response.status_code": status,
        "tokenweir.response.streamed": streamed if status else None,
        "tokenweir.usage.source": usage,
        "tokenweir.cost.source": "unpriced" if usage in ("reported", "partial") else None,
        "tokenweir.outcome": outcome,
        "error.type": "truncated" if outcome == "truncated" else error_type,
        "tokenweir.error.provider_type": provider_type,
        "tokenweir.error.provider_code": provider_code,
    }
    measured = {"time", "tokenweir.call.id", "user_agent.original", "server.port"}
    measured |= {"http.request.body.size", "tokenweir.overhead", "tokenweir.duration", "tokenweir.api_key.hash"}
    if status is not None:
        measured |= {"http.response.body.size", "tokenweir.time_to_first_byte"}
    headers = seen.get("headers", {})
    for key, value in quotas(headers).items():
        expected[key] = value
        measured.add(key.rsplit(".", 1)[0] + ".reset")
    if last:
        expected["tokenweir.call.id"] = headers.get("x-tokenweir-call-id")
        expected["gen_ai.response.model"] = seen.get("model")
        expected["gen_ai.response.id"] = seen.get("id")
        expected["gen_ai.response.finish_reasons"] = seen.get("finish_reasons") or None
        expected["tokenweir.tool_calls"] = seen.get("tool_calls") or None
        expected["tokenweir.service_tier"] = seen.get("service_tier")
        if "usage" in seen:
            expected.update(wire.usage(seen["usage"]))
    if streamed:
        expected["tokenweir.first_token.kind"] = scenario.kind
        expected["tokenweir.stalls"] = 0
        if "leave_after" in scenario.call:  # more may have been under way
            measured.add("tokenweir.output_events")
        else:
            expected["tokenweir.output_events"] = seen["output_events"]
        measured |= {"tokenweir.time_to_first_token", "tokenweir.time_to_first_answer"}
        measured |= {f"tokenweir.inter_token.{name}" for name in ("p50", "p99", "max")}
    return expected, measured


def differences(sdk, scenario, seen, records, route):
    """Everything that is not as it should be."""
    wrong = []
    if seen.get("error") != (sdk.errors[scenario.error] if scenario.error else None):
        wrong.append(f"the SDK raised {seen.get('error')}: {seen.get('message')}")
    for attempt, record in enumerate(records):
        expected, measured = expected_record(sdk, scenario, seen, route, attempt)
        wrong += check(record, expected, measured)
        if not record.get("user_agent.original", "").startswith(sdk.user_agent):
            wrong.append(f"user_agent.original: {record.get('user_agent.original')!r}")
    return wrong


def run(sdk, scenarios, client, proxy, route):
    """Runs the scenarios that concern the SDK; returns how many failed."""
    failed, outcomes = 0, {}
    for scenario in scenarios:
        if scenario.only not in (None, sdk.wire):
            continue
        seen = client.call(scenario.call)
        records = proxy.records(1 + scenario.retries)
        for record in records:
            outcomes[record["tokenweir.outcome"]] = outcomes.get(record["tokenweir.outcome"], 0) + 1
        wrong = differences(sdk, scenario, seen, records, route)
        print("FAILED" if wrong else "passed", scenario.name, flush=True)
        for line in wrong:
            print("      ", line)
        failed += bool(wrong)
    return failed + conservation(proxy, outcomes)


def conservation(proxy, outcomes):
    """0 when accepted = finished + in flight at every look, and in the end each outcome was counted as often as logged."""
    logged = {f'outcome="{name}"': count for name, count in outcomes.items()}

    def settled():
        nonlocal seen
        text = proxy.metrics()
        accepted, in_flight = (sum(text[f"tokenweir_calls_{name}"].values()) for name in ("accepted_total", "in_flight"))
        finished = {labels: value for labels, value in text["tokenweir_calls_finished_total"].items() if value}
        seen = f"{accepted} accepted, {finished} finished, {in_flight} in flight; logged: {logged}"
        assert accepted == sum(finished.values()) + in_flight
        return in_flight == 0 and finished == logged

    seen = ""
    try:
        await_value("the metrics to agree with the log", settled)
    except AssertionError as error:
        print("FAILED conservation:", error, seen)
        return 1
    print("passed conservation")
    return 0


def installed(sdk, packages):
    done, pins = sdk.pins
    try:
        return filecmp.cmp(os.path.join(packages, done), os.path.join(HERE, pins), shallow=False)
    except FileNotFoundError:
        return False


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("sdk", choices=SDKS)
    arguments.add_argument("--proxy", required=True, help="the tokenweir binary")
    arguments.add_argument("--packages", required=True, help="where ./dev setup has installed the SDKs")
    options = arguments.parse_args()
    sdk = SDKS[options.sdk]
    if not installed(sdk, options.packages):
        print(f"SKIPPED: {options.packages} has not what {sdk.pins[1]} names; ./dev setup test installs it")
        return 77
    base = sdk.wire.base
    with tempfile.TemporaryDirectory() as directory:
        with (
            Proxy(options.proxy, directory) as proxy,
            Client(sdk, options.packages, f"{proxy.url}/mock{base}") as client,
        ):
            failed = run(sdk, MOCK, client, proxy, "mock")
        with (
            upstream.Upstream(sdk.wire.events) as endpoint,
            Proxy(options.proxy, directory, "--upstream", endpoint.url) as proxy,
            Client(sdk, options.packages, f"{proxy.url}{base}") as client,
        ):
            failed += run(sdk, SCRIPTED, client, proxy, "upstream")
            if not endpoint.peer_left.wait(LIMIT_SECONDS):
                failed += 1
                print("FAILED the upstream never saw its peer leave")
    print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
