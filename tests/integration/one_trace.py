"""An instrumented app, Tokenweir and an instrumented upstream are one trace, over every kind of trace context; and what
Tokenweir sends is what its call log says, read by OpenTelemetry's own definitions.

python3 one_trace.py TOKENWEIR, by a Python that has tests/tracing/requirements.txt; else the test is skipped.
"""

import asyncio
import collections
import json
import os
import sys
import tempfile
import threading
import wsgiref.simple_server

import harness
from back_end import BackEnd
from export import start
from harness import check, differ, read_log, settled

try:
    import httpx
    import requests
    from google.protobuf import json_format
    from opentelemetry import propagate
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
    from opentelemetry.propagators.b3 import B3MultiFormat, B3SingleFormat
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as missing:
    print(f"SKIPPED: {missing}; ./dev setup installs it")
    sys.exit(77)

PROPAGATORS = {"traceparent": TraceContextTextMapPropagator(), "b3": B3SingleFormat(), "X-B3-*": B3MultiFormat()}
ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024-08-06",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15,
              "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 1}},
}
QUESTION = {"model": "gpt-4o", "temperature": 0.5, "stop": ["a", "b"], "max_tokens": 7, "n": 1,
            "messages": [{"role": "user", "content": "Hi"}]}


def provider():
    exporter, made = InMemorySpanExporter(), TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made, exporter


class Upstream:
    """An instrumented model endpoint."""

    def __init__(self):
        self.provider, self.spans = provider()
        self.status = "200 OK"
        self.heads = []

        def answer(environ, start_response):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            self.heads.append({k: v for k, v in environ.items() if k.startswith("HTTP_")})
            body = json.dumps(ANSWER).encode()
            start_response(self.status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]

        class Quiet(wsgiref.simple_server.WSGIRequestHandler):
            def log_message(self, *_):
                pass

        application = OpenTelemetryMiddleware(answer, tracer_provider=self.provider)
        self.server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=Quiet)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def app_call(client, url, made):
    """By the instrumented client, within a span of the app's own."""
    with made.get_tracer("app").start_as_current_span("work"):
        if client == "requests":
            return requests.post(url, json=QUESTION, headers={"baggage": "user=1"}, timeout=10).status_code
        with httpx.Client() as http:
            return http.post(url, json=QUESTION, headers={"baggage": "user=1"}, timeout=10).status_code


def messages(back_end, path, kind):
    found = []
    for got, fields, body in back_end.taken:
        if got == path:
            message = kind()
            if fields["content-type"] == "application/json":
                parse_json(body, message)
            else:
                message.ParseFromString(body)
            found.append(message)
    return found


def parse_json(body, message):
    """OTLP's JSON is protobuf's but for the ids, which are in hexadecimal."""
    import base64

    def ids(value):
        if isinstance(value, list):
            return [ids(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {k: base64.b64encode(bytes.fromhex(v)).decode() if k in ("traceId", "spanId", "parentSpanId") else ids(v)
                for k, v in value.items()}

    json_format.ParseDict(ids(json.loads(body)), message)  # an unknown key is an error


def spans_of(back_end):
    return [s for m in messages(back_end, "/v1/traces", ExportTraceServiceRequest) for r in m.resource_spans
            for scope in r.scope_spans for s in scope.spans]


def plain(value):
    """An AnyValue as Python's."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(v) for v in value.array_value.values]
    return getattr(value, kind)


def attributes(item):
    counts = collections.Counter(a.key for a in item.attributes)
    assert max(counts.values(), default=1) == 1, counts
    return {a.key: plain(a.value) for a in item.attributes}


def micros(nanos):
    return nanos // 1000


async def one_trace(binary, kind, client, upstream):
    propagate.set_global_textmap(PROPAGATORS[kind])
    upstream.spans.clear()
    made, app_spans = provider()
    instrumentor = {"requests": RequestsInstrumentor, "httpx": HTTPXClientInstrumentor}[client]()
    instrumentor.instrument(tracer_provider=made)
    back_end = await BackEnd().start()
    variables = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{back_end.port}/v1/traces",
                 "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "TOKENWEIR_UPSTREAM": f"http://127.0.0.1:{upstream.port}"}
    proxy = await start(binary, "off", variables)
    url = f"http://127.0.0.1:{proxy.port}/v1/chat/completions"
    status = await asyncio.to_thread(app_call, client, url, made)
    await settled(proxy)
    instrumentor.uninstrument()
    ours = {s.kind: s for s in spans_of(back_end)}
    work, request = (next(s for s in app_spans.get_finished_spans() if (s.name == "work") == is_work)
                     for is_work in (True, False))
    served, = upstream.spans.get_finished_spans()
    server, genai = ours[2], ours[3]  # SERVER, CLIENT
    traces = {work.context.trace_id, request.context.trace_id, served.context.trace_id,
              *(int.from_bytes(s.trace_id, "big") for s in (server, genai))}
    problems = differ("status", status, 200) + differ("traces", len(traces), 1)
    chain = [("the app's request", request.parent.span_id, work.context.span_id),
             ("SERVER", int.from_bytes(server.parent_span_id, "big"), request.context.span_id),
             ("CLIENT", genai.parent_span_id, server.span_id),
             ("the upstream's", served.parent.span_id, int.from_bytes(genai.span_id, "big"))]
    for name, parent, expected in chain:
        problems += differ(f"parent of {name}", parent, expected)
    problems += differ("flags", (server.flags & 0x301, genai.flags & 0x301), (0x301, 0x101))
    problems += ["baggage went to the upstream"] * ("HTTP_BAGGAGE" in upstream.heads[-1])
    check(f"{client}, {kind}: app, proxy and upstream are one trace, each under the one before", problems)
    await proxy.stop()
    await back_end.stop()


# OpenTelemetry wants the number of choices only where it is not 1.
UNSAID = {"gen_ai.request.choice.count": 1}

# Not on the spans, because they say it themselves; and what stands on both.
OF_THE_SPAN = {"time", "trace_id", "span_id", "parent_span_id", "tokenweir.duration"}
ON_BOTH = {"tokenweir.call.id", "tokenweir.route", "tokenweir.outcome"}
ONLY_ON_SPANS = {"http.route"}


def differences(record, found):
    record = {k: v for k, v in record.items() if UNSAID.get(k) != v}
    problems = [f"{key}: the log says {record[key]!r}, the payload {found.get(key)!r}"
                for key in record if found.get(key) != record[key]]
    return problems + [f"{key}: only in the payload: {found[key]!r}" for key in found if key not in record]


async def payloads(binary, protocol, upstream, directory):
    propagate.set_global_textmap(PROPAGATORS["traceparent"])
    back_end = await BackEnd().start()
    log = os.path.join(directory, protocol.replace("/", "_"))
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{back_end.port}", "OTEL_METRICS_EXPORTER": "none",
                 "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
                 "OTEL_SERVICE_NAME": "edge", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=t,x=%2C",
                 "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "1", "TOKENWEIR_UPSTREAM": f"http://127.0.0.1:{upstream.port}"}
    proxy = await start(binary, log, variables)
    made, _ = provider()
    for upstream.status in "200 OK", "529 Overloaded":
        await asyncio.to_thread(app_call, "requests", f"http://127.0.0.1:{proxy.port}/v1/chat/completions", made)
    upstream.status = "200 OK"
    await settled(proxy)
    records = {r["span_id"]: r for r in read_log(log)}
    check_spans(protocol, records, spans_of(back_end))
    requests_ = messages(back_end, "/v1/logs", ExportLogsServiceRequest)
    logs = [e for m in requests_ for r in m.resource_logs for scope in r.scope_logs for e in scope.log_records]
    problems = differ("log records", {e.span_id.hex() for e in logs}, set(records))
    for event in logs:
        record = records[event.span_id.hex()]
        problems += differences({k: v for k, v in record.items() if k not in OF_THE_SPAN - {"tokenweir.duration"}},
                                attributes(event))
        problems += differ("event", event.event_name, "gen_ai.client.inference.operation.details")
        problems += differ("trace", event.trace_id.hex(), record["trace_id"])
    check(f"{protocol}: each log record is the whole record", problems)
    resources = [m.resource_logs[0].resource for m in requests_] + [
        m.resource_spans[0].resource for m in messages(back_end, "/v1/traces", ExportTraceServiceRequest)]
    problems = []
    for resource in map(attributes, resources):
        problems += differ("resource", [resource.get(k) for k in ("service.name", "deployment.environment.name", "x")],
                           ["edge", "t", ","])
    check(f"{protocol}: the resource says who sends", problems)
    await proxy.stop()
    await back_end.stop()


def check_spans(protocol, records, spans):
    problems = differ("spans", len(spans), 2 * len(records))
    servers = {s.span_id: s for s in spans if s.kind == 2}
    for genai in (s for s in spans if s.kind == 3):
        record, server = records[genai.span_id.hex()], servers[genai.parent_span_id]
        of_genai, of_server = attributes(genai), attributes(server)
        both = {**of_server, **of_genai}
        problems += differences({k: v for k, v in record.items() if k not in OF_THE_SPAN},
                                {k: v for k, v in both.items() if k not in ONLY_ON_SPANS})
        twice = set(of_genai) & set(of_server) - ON_BOTH
        problems += differ("on both", twice, {"error.type"} if record["http.response.status_code"] >= 500 else set())
        problems += [f"{k} is on the SERVER span" for k in of_server if k.startswith("gen_ai.")]
        problems += differ("names", (server.name, genai.name), ("POST /v1/chat/completions", "chat gpt-4o"))
        length = round(record["tokenweir.duration"] * 1e9)
        problems += differ("length", server.end_time_unix_nano - server.start_time_unix_nano, length)
        failed = record["http.response.status_code"] >= 400
        problems += differ("status", [s.status.code for s in (server, genai)], [2 * failed] * 2)
        names = [e.name for e in genai.events]
        problems += differ("events", names[:1], ["tokenweir.first_byte"])
        at = genai.events[0].time_unix_nano - genai.start_time_unix_nano
        problems += differ("first byte", at, round(record["tokenweir.time_to_first_byte"] * 1e9))
    check(f"{protocol}: the spans of a call are its record, each key once", problems)


async def main(binary):
    upstream = Upstream()
    for kind in PROPAGATORS:
        for client in "requests", "httpx":
            await one_trace(binary, kind, client, upstream)
    with tempfile.TemporaryDirectory() as directory:
        for protocol in "http/protobuf", "http/json":
            await payloads(binary, protocol, upstream, directory)


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))
