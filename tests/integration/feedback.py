"""Feedback finds its call: by each id, early and late, on both ports, and arrives at a back end inside the call's span.

python3 feedback.py TOKENWEIR
"""

import asyncio
import collections
import json
import os
import re
import sys
import tempfile

import harness
from back_end import BackEnd
from conservation_clients import request
from export import conserved, start
from harness import LIMIT_SECONDS, check, differ, read_log, settled, total

CHAT = "/mock/v1/chat/completions"
APP_SPAN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def chat(proxy, *fields, **how):
    """A whole call: its id, and the id of the response."""
    reader, writer = await proxy.connect()
    writer.write(request(CHAT, fields, stream=False, **how))
    answer = (await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)).decode()
    writer.close()
    return re.search(r"x-tokenweir-call-id: (\S+)", answer)[1], re.search(r'"id": ?"(\S+?)"', answer)[1]


async def begin(proxy, *steer):
    """A stream that has begun and does not end by itself: its ids and its connection."""
    reader, writer = await proxy.connect()
    writer.write(request(CHAT, steer))
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LIMIT_SECONDS)).decode()
    body = (await asyncio.wait_for(reader.readuntil(b"token 1"), LIMIT_SECONDS)).decode()
    return re.search(r"x-tokenweir-call-id: (\S+)", head)[1], re.search(r'"id": ?"(\S+?)"', body)[1], reader, writer


async def post(port, body, path="/v1/feedback"):
    """The status and what the answer says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    writer.write(f"POST {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"
                 f"Content-Length: {len(data)}\r\n\r\n".encode() + data)
    answer = (await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)).decode()
    writer.close()
    text = answer.partition("\r\n\r\n")[2]
    return int(answer.split(" ")[1]), json.loads(text) if text.startswith("{") else text


def plain(attributes):
    return {a["key"]: next(iter(a["value"].values())) for a in attributes}


def records_of(back_end, path, scopes, items):
    return [record for where, _, body in back_end.taken if where == path
            for resource in json.loads(body)[scopes] for scope in resource[scopes.replace("resource", "scope")]
            for record in scope[items]]


def events_of(back_end):
    """The evaluations that have arrived: what they are about, what they say."""
    return [(record.get("traceId"), record.get("spanId"), plain(record["attributes"]))
            for record in records_of(back_end, "/v1/logs", "resourceLogs", "logRecords")
            if record["eventName"] == "gen_ai.evaluation.result"]


def lines_of(log):
    """Of the call log: calls by their id, and evaluations."""
    lines = read_log(log)
    calls = {line["tokenweir.call.id"]: line for line in lines if "tokenweir.outcome" in line}
    return calls, [line for line in lines if line.get("event.name") == "gen_ai.evaluation.result"]


def environment(back_end, **more):
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{back_end.port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_BSP_SCHEDULE_DELAY": "20",
            "TOKENWEIR_FEEDBACK_PATH": "/v1/feedback", **more}


async def arrived(back_end, count):
    async def probe():
        return len(events_of(back_end)) >= count

    await harness.until(f"{count} evaluations", probe)
    return events_of(back_end)


async def check_ids(binary, log):
    """By each of its ids, on each port; then the account of everything."""
    back_end = await BackEnd().start()
    proxy = await start(binary, log, environment(back_end))
    call, response = await chat(proxy, f"traceparent: {APP_SPAN}")
    says = {"name": "helpfulness", "score": 0.5, "label": "meh", "comment": "so \"so\""}
    for way in ({"call_id": call}, {"response_id": response}, {"traceparent": APP_SPAN}):
        for port in (proxy.admin_port, proxy.port):
            status, answer = await post(port, {**way, **says})
            check(f"feedback by {next(iter(way))} on port {'A' if port == proxy.admin_port else 'B'} is recorded",
                  differ("answer", (status, answer.get("status"), answer.get("call_id")), (202, "recorded", call)))
    events = await arrived(back_end, 6)
    samples = await settled(proxy)
    calls, lines = lines_of(log)
    record = calls[call]
    for trace, span, said in events:
        expected = {"tokenweir.call.id": call, "tokenweir.route": "mock", "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": record["gen_ai.provider.name"], "gen_ai.request.model": "mock",
                    "gen_ai.response.id": response, "gen_ai.evaluation.name": "helpfulness",
                    "gen_ai.evaluation.score.value": 0.5, "gen_ai.evaluation.score.label": "meh",
                    "gen_ai.evaluation.explanation": "so \"so\"", "tokenweir.evaluation.source": "feedback"}
        check("the event lies in the call's span and says what was said",
              differ("trace", trace, record["trace_id"]) + differ("span", span, record["span_id"]) +
              differ("attributes", said, expected))
    spans = records_of(back_end, "/v1/traces", "resourceSpans", "spans")
    of_call = [s for s in spans if plain(s["attributes"]).get("gen_ai.response.id") == response]
    check("that span has been exported too", differ("spans", [s["spanId"] for s in of_call], [record["span_id"]]))
    check("the call log has the same six lines",
          differ("lines", [(x["trace_id"], x["span_id"], x["gen_ai.evaluation.score.value"]) for x in lines],
                 [(record["trace_id"], record["span_id"], 0.5)] * 6))
    finished = total(samples, "tokenweir_calls_finished_total")
    said = total(samples, "tokenweir_evaluations_total")
    problems = differ("evaluations", said, 6) + conserved(samples) + conserved(samples, "feedback")
    for sink in ("call_log", "otlp_logs"):
        written = total(samples, "tokenweir_sink_records_written_total", f'sink="{sink}"')
        problems += differ(f"written by {sink}", written, finished + said)
    check("calls and evaluations are all accounted for", problems)
    check("metrics say what was judged",
          differ("count", [v for k, v in samples.items() if k.startswith("tokenweir_evaluations_total{") and
                           'name="helpfulness"' in k and 'label="meh"' in k and 'model="mock"' in k], [6]) +
          differ("sum", total(samples, "tokenweir_evaluation_score_sum"), 3))
    await check_refusals(proxy)
    status = await proxy.terminate()
    check("the process ends as it should", differ("status", status, 0))
    await proxy.stop()
    await back_end.stop()


async def check_refusals(proxy):
    what = {"name": "n", "score": 1}
    rows = [({"call_id": "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f", **what}, 404, "call_id '0192f0c1-2b3c-7d4e"),
            ({"response_id": "nobody's", **what}, 404, "response_id 'nobody's'"),
            ({"traceparent": "00-xyz", **what}, 400, "traceparent: expected"),
            ({"name": "n", "score": 1}, 400, "expected one of call_id, response_id and traceparent"),
            ({"call_id": "c", "name": "n"}, 400, "expected a score"), (b"not JSON", 400, "expected a JSON object"),
            (b'{"call_id":"c","name":"n","score":NaN}', 400, "expected a JSON object"),
            (b"{}" + b" " * 20_000, 413, "at most 16384 bytes"), (b"{}" + b" " * 70_000, 413, "at most 16384 bytes")]
    invalid = 0
    for port in (proxy.admin_port, proxy.port):
        problems = []
        for body, status, words in rows:
            got, answer = await post(port, body)
            problems += differ("status", got, status)
            said = answer["error"]
            problems += [] if words in said else [f"{words} is not in {said}"]
        samples, _ = await proxy.samples()
        invalid += sum(status in (400, 413) for _, status, _ in rows)
        problems += differ("invalid", total(samples, "tokenweir_feedback_requests_total", 'result="invalid"'), invalid)
        check(f"what is wrong is refused with words, and counted, on port {'A' if port == proxy.admin_port else 'B'}", problems)


async def check_many_at_once(binary, log):
    back_end = await BackEnd().start()
    proxy = await start(binary, log, environment(back_end))
    connections = [await proxy.connect() for _ in range(200)]
    body = json.dumps({"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01", "name": "n", "score": 1})
    post_it = f"POST /v1/feedback HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    for _, writer in connections:
        writer.write(post_it)
    answers = collections.Counter()
    for reader, writer in connections:
        answers[(await asyncio.wait_for(reader.readline(), LIMIT_SECONDS)).decode().strip()] += 1
        writer.close()
    check("two hundred clients at once all get their feedback recorded",
          differ("answers", dict(answers), {"HTTP/1.1 202 Accepted": 200}))
    await proxy.stop()
    await back_end.stop()


async def check_early_and_late(binary, log):
    back_end = await BackEnd().start()
    proxy = await start(binary, log, environment(back_end))
    call, response, reader, writer = await begin(proxy, "x-mock-tokens: 3", "x-mock-stall-after: 1", "x-mock-stall-ms: 300")
    status, answer = await post(proxy.admin_port, {"call_id": call, "name": "early", "label": "good"})
    check("feedback on a call that is under way is held",
          differ("answer", (status, answer), (202, {"status": "held", "call_id": call})))
    samples, _ = await proxy.samples()
    check("and counted", differ("held", samples["tokenweir_feedback_held"], 1))
    by_response = asyncio.create_task(post(proxy.admin_port, {"response_id": response, "name": "early", "score": 1}))
    unknown = asyncio.create_task(post(proxy.admin_port, {"response_id": "nobody's", "name": "early", "score": 1}))
    await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)
    writer.close()
    await proxy.samples()
    check("the admin port answers others while a response id is waited for",
          differ("answered already", unknown.done(), False))
    (trace, span, _), *_ = await arrived(back_end, 1)
    status, answer = await by_response
    check("a response id that is known within the second is taken",
          differ("answer", (status, answer.get("status"), answer.get("call_id")), (202, "recorded", call)))
    status, answer = await unknown
    check("and one that is not, is not", differ("status", status, 404))
    await arrived(back_end, 2)
    await settled(proxy)
    record = lines_of(log)[0][call]
    check("it arrives inside the call's span once that has ended",
          differ("ids", (trace, span), (record["trace_id"], record["span_id"])))
    reader, writer = await proxy.connect()
    writer.write(b"GET /nothing HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
    head = (await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)).decode()
    writer.close()
    await settled(proxy)
    other = re.search(r"x-tokenweir-call-id: (\S+)", head)[1]
    status, answer = await post(proxy.admin_port, {"call_id": other, "name": "late", "score": -1})
    check("feedback on a call that was no generation is not held: it has ended",
          differ("answer", (head.split(" ")[1], status, answer),
                 ("404", 202, {"status": "recorded", "call_id": other})))
    late = f"00-{'ab' * 16}-{'cd' * 8}-01"
    status, answer = await post(proxy.admin_port, {"traceparent": late, "name": "late", "score": -1})
    events = await arrived(back_end, 4)
    check("feedback days later needs no more than a traceparent",
          differ("answer", (status, answer),
                 (202, {"status": "recorded", "trace_id": "ab" * 16, "span_id": "cd" * 8})) +
          differ("event", events[-1],
                 ("ab" * 16, "cd" * 8, {"gen_ai.evaluation.name": "late", "gen_ai.evaluation.score.value": -1,
                                        "tokenweir.evaluation.source": "feedback"})))
    await proxy.stop()
    await back_end.stop()


async def check_implicit(binary, log):
    back_end = await BackEnd().start()
    proxy = await start(binary, log, environment(back_end, TOKENWEIR_FEEDBACK_IMPLICIT="regenerate,abort"))
    first, _ = await chat(proxy, text="a secret question")
    await chat(proxy, text="another question")
    await settled(proxy)
    await chat(proxy, text="a secret question")
    left, _, _, writer = await begin(proxy, "x-mock-tokens: 1000", "x-mock-stall-after: 2", "x-mock-stall-ms: 60000")
    writer.transport.abort()
    events = await arrived(back_end, 2)
    await settled(proxy)
    calls, lines = lines_of(log)
    said = {e[2]["gen_ai.evaluation.name"]: (e[0], e[1], e[2]["tokenweir.call.id"], e[2]["tokenweir.evaluation.source"])
            for e in events}

    def place(call):
        return calls[call]["trace_id"], calls[call]["span_id"], call, "implicit"

    check("asking again and leaving in the middle say something of an answer",
          differ("events", said, {"regenerate": place(first), "abort": place(left)}) + differ("lines", len(lines), 2))
    with open(log, encoding="utf-8") as text:
        check("no prompt is in the log", ["it is"] if "secret question" in text.read() else [])
    await proxy.stop()
    await back_end.stop()


async def main(binary):
    with tempfile.TemporaryDirectory() as directory:
        for number, part in enumerate((check_ids, check_many_at_once, check_early_and_late, check_implicit)):
            await part(binary, os.path.join(directory, f"{number}.jsonl"))


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))
