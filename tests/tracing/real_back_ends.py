"""Jaeger, Zipkin and an OpenTelemetry Collector receive what Tokenweir sends, and show what its call log says.

python3 real_back_ends.py TOKENWEIR BACK_ENDS, a folder with what ./dev test-tracing builds and fetches.
"""

import contextlib
import datetime
import json
import os
import pathlib
import re
import sys
import tempfile
import urllib.error
import urllib.request

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "observability"), str(TESTS / "integration")]

import harness  # noqa: E402
from harness import check, differ  # noqa: E402
from stack import Server, await_value, free_port  # noqa: E402

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"

# The record's, which a span says in its own way; the conventions leave out a choice count of 1.
OF_THE_SPAN = {"time", "trace_id", "span_id", "parent_span_id", "tokenweir.duration", "gen_ai.request.choice.count"}

# What a span has beside: a route, OpenTelemetry's name for a time, and what back ends make of scope, status and resource.
BESIDE = re.compile(r"http\.route|gen_ai\.response\.time_to_first_chunk|otel\.|service\.|host\.|process\.|telemetry\.|error$")

# Which calls are made, and what becomes of them.
CALLS = {
    "/mock/v1/chat/completions": ({"x-mock-tokens": "5", "x-mock-gap-ms": "3", "x-mock-cached-tokens": "3"}, "ok"),
    "/mock/v1/messages": ({"x-mock-status": "529"}, "upstream_error"),
}


class Jaeger(Server):
    def __init__(self, folder, directory):
        self.otlp = f"127.0.0.1:{free_port()}"
        address, admin = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        command = ["env", "OTEL_TRACES_SAMPLER=always_off", folder / "jaeger", f"--query.http-server.host-port={address}",
                   f"--collector.otlp.http.host-port={self.otlp}", f"--admin.http.host-port={admin}"]
        for unused in ("collector.otlp.grpc", "collector.grpc-server", "collector.http-server", "query.grpc-server"):
            command.append(f"--{unused}.host-port=127.0.0.1:{free_port()}")
        super().__init__("jaeger", command, directory, address, "/api/services")

    def spans(self):
        found = json.loads(self.get(f"/api/traces/{TRACE}") or '{"data": null}')["data"] or [{"spans": []}]
        spans = []
        for span in found[0]["spans"]:
            tags = {tag["key"]: tag["value"] for tag in span["tags"]}
            parents = [r["spanID"] for r in span["references"] if r["refType"] == "CHILD_OF"]
            events = {}
            for event in span["logs"]:
                fields = {field["key"]: field["value"] for field in event["fields"]}
                events[fields["event"]] = event["timestamp"] - span["startTime"]
            spans.append({"id": span["spanID"], "parent": parents[0], "name": span["operationName"], "tags": tags,
                          "kind": tags.pop("span.kind"), "events": events, "micros": span["duration"],
                          "failed": tags.pop("error", False),
                          "service": found[0]["processes"][span["processID"]]["serviceName"]})
        return spans


class Zipkin(Server):
    limit = 60  # a JVM on a busy machine

    def __init__(self, folder, directory):
        port = free_port()
        (jar,) = folder.glob("zipkin-server-*.jar")
        # A little of everything: a JVM takes what the machine has.
        command = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", f"-Darmeria.ports[0].port={port}",
                   "-Darmeria.ports[0].ip=127.0.0.1", "-Darmeria.ports[0].protocols[0]=http", "-jar", str(jar)]
        super().__init__("zipkin", command, directory, f"127.0.0.1:{port}", "/health")

    def spans(self):
        spans = []
        for span in json.loads(self.get(f"/api/v2/trace/{TRACE}") or "[]"):
            # An annotation has a text alone: that of a JSON member.
            events = {re.match('"(.*?)":', a["value"])[1]: a["timestamp"] - span["timestamp"]
                      for a in span.get("annotations", [])}
            spans.append({"id": span["id"], "parent": span["parentId"], "name": span["name"], "tags": span["tags"],
                          "kind": span["kind"].lower(), "events": events, "micros": span["duration"],
                          "failed": "error" in span["tags"], "service": span["localEndpoint"]["serviceName"]})
        return spans


class Collector(Server):
    """It prints what it takes; `said()` is that."""

    def __init__(self, folder, directory):
        address = f"127.0.0.1:{free_port()}"
        pipeline = {"receivers": ["otlp"], "exporters": ["debug"]}
        config = {"receivers": {"otlp": {"protocols": {"http": {"endpoint": address}}}},
                  "exporters": {"debug": {"verbosity": "detailed"}},
                  "service": {"telemetry": {"metrics": {"level": "none"}},
                              "pipelines": {signal: pipeline for signal in ("traces", "logs", "metrics")}}}
        path = os.path.join(directory, "collector.yaml")
        pathlib.Path(path).write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        self.log, self.seen = pathlib.Path(directory, "collector.log"), 0
        super().__init__("collector", [folder / "collector", f"--config={path}"], directory, address, "/v1/traces")

    def get(self, path):
        """None until it is ready: whoever asks by GET hears that it takes POSTs alone."""
        return b"" if "Everything is ready" in self.log.read_text(encoding="utf-8") else super().get(path)

    def forget(self):
        """What has been taken so far."""
        self.seen = len(self.log.read_text(encoding="utf-8"))

    def items(self, kind):
        """The items of one kind, each as its lines."""
        said = self.log.read_text(encoding="utf-8")[self.seen :]
        found = re.split(rf"^{kind} #\d+\n", said, flags=re.M)[1:]
        return [re.split(r"^(?:Resource\w+|Scope\w+|Span|LogRecord|Metric) #|^\t\{", item, flags=re.M)[0] for item in found]

    def spans(self):
        spans = []
        for item in self.items("Span"):
            of_span, *events = re.split(r"^SpanEvent #\d+\n", item, flags=re.M)
            start, end = nanos(of_span, "Start time"), nanos(of_span, "End time")
            spans.append({"id": field(of_span, "ID"), "parent": field(of_span, "Parent ID"),
                          "name": field(of_span, "Name"), "kind": field(of_span, "Kind").lower(),
                          "tags": attributes(of_span), "micros": (end - start) / 1000,
                          "events": {field(e, "-> Name"): (nanos(e, "-> Timestamp") - start) / 1000 for e in events},
                          "failed": field(of_span, "Status code") == "Error", "service": "tokenweir"})
        return spans


def field(text, name):
    return re.search(rf"^ *{name} *: ?(.*)$", text, re.M)[1]


def nanos(text, name):
    """Since 1970."""
    second, _, rest = field(text, name).partition(".")
    parsed = datetime.datetime.fromisoformat(second.partition(" +")[0] + "+00:00")
    return int(parsed.timestamp()) * 10**9 + int(rest.partition(" ")[0].ljust(9, "0") if rest else 0)


def attributes(text):
    return dict(re.findall(r"^     -> ([\w.]+): \w+\((.*)\)$", text, re.M))


class Tokenweir(Server):
    def __init__(self, binary, directory, name, environment):
        self.log = os.path.join(directory, f"{name}.jsonl")
        self.port = free_port()
        address = f"127.0.0.1:{free_port()}"
        command = ["env", *(f"{key}={value}" for key, value in environment.items()), binary, "serve", "--listen",
                   f"127.0.0.1:{self.port}", "--admin-listen", address, "--call-log", self.log, "--threads", "1"]
        super().__init__(name, command, directory, address, "/readyz")

    def call(self):
        for path, (headers, _) in CALLS.items():
            body = {"model": "gpt-4o", "stream": True, "max_tokens": 50, "stop": ["a", "b"], "temperature": 0.5,
                    "messages": [{"role": "user", "content": "Hi"}]}
            headers = {"content-type": "application/json", "traceparent": f"00-{TRACE}-{PARENT}-01", **headers}
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), headers)
            with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=10) as answer:
                answer.read()

    def records(self):
        """By their spans, once all are in the log."""
        await_value("the records", lambda: len(harness.read_log(self.log)) == len(CALLS))
        return {record["span_id"]: record for record in harness.read_log(self.log)}


def plain(value):
    """Back ends show numbers, truths and lists as text, or as they are."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return value


def differences(where, record, shown):
    """`shown`: attributes. A double of the Collector has nine digits behind the point."""
    for key, value in record.items():
        found, expected = plain(shown.get(key)), plain(value)
        close = isinstance(found, (int, float)) and isinstance(expected, (int, float)) and abs(found - expected) < 1e-8
        if found != expected and not close:
            yield f"{where}: {key}: the log says {value!r}, the back end {shown.get(key)!r}"
    for key in shown.keys() - record.keys():
        if not BESIDE.match(key):
            yield f"{where}: {key}: {shown[key]!r} is not in the log"


def wrong_spans(spans, records):
    """What speaks against these being the spans of these records."""
    problems = differ("spans", len(spans), 2 * len(records))
    servers = {span["id"]: span for span in spans if span["kind"] == "server"}
    for client in (span for span in spans if span["kind"] == "client"):
        record, server = records[client["id"]], servers[client["parent"]]
        where = record["url.path"]
        problems += differ(f"{where}: parent", server["parent"], PARENT)
        problems += differences(where, {k: v for k, v in record.items() if k not in OF_THE_SPAN},
                                server["tags"] | client["tags"])
        names = [server["name"].lower(), client["name"].lower()]  # Zipkin's are
        problems += differ(f"{where}: names", names, [f"post {where}", f"chat {record['gen_ai.request.model']}"])
        problems += differ(f"{where}: failed", [server["failed"], client["failed"]], ["error.type" in record] * 2)
        problems += differ(f"{where}: service", {server["service"], client["service"]}, {"tokenweir"})
        events = {"tokenweir.first_byte": "tokenweir.time_to_first_byte"}
        if record["tokenweir.outcome"] == "ok":
            events |= {"tokenweir.first_token": "tokenweir.time_to_first_token",
                       "tokenweir.first_answer": "tokenweir.time_to_first_answer"}
        problems += differ(f"{where}: events", client["events"].keys(), events.keys())
        times = {"length": (client["micros"], record["tokenweir.duration"])}
        times |= {event: (client["events"].get(event, -1), record[key]) for event, key in events.items()}
        problems += [f"{where}: {what}: {micros} us, the log says {seconds} s"
                     for what, (micros, seconds) in times.items() if abs(micros - seconds * 1e6) > 1]
    return problems


def check_spans(name, back_end, records):
    await_value(f"the spans in {name}", lambda: len(back_end.spans()) == 2 * len(records))
    check(f"{name}: the spans of {len(records)} calls are what the call log says, each under its parent",
          wrong_spans(back_end.spans(), records))


def check_logs(collector, records):
    await_value("the log records", lambda: len(collector.items("LogRecord")) == len(records))
    problems = []
    for item in collector.items("LogRecord"):
        record = records[field(item, "Span ID")]
        of_record = {k: v for k, v in record.items() if k not in OF_THE_SPAN - {"tokenweir.duration"}}
        problems += differences(record["url.path"], of_record, attributes(item))
        problems += differ("trace", field(item, "Trace ID"), TRACE)
        problems += differ("event", field(item, "EventName"), "gen_ai.client.inference.operation.details")
    check("Collector: the log records are what the call log says", problems)


def check_metrics(collector, records):
    name = "gen_ai.client.operation.duration"

    def latest():
        found = [item for item in collector.items("Metric") if field(item, "-> Name") == name]
        return re.split(r"^HistogramDataPoints #\d+\n", found[-1], flags=re.M) if found else None

    await_value("the metrics", latest)
    of_metric, *points = latest()
    problems = differ("metric", [field(of_metric, f"-> {key}") for key in ("Unit", "DataType", "AggregationTemporality")],
                      ["s", "Histogram", "Cumulative"])
    durations = {r["gen_ai.provider.name"]: r["tokenweir.duration"] for r in records.values()}
    spans = {r["gen_ai.provider.name"]: r["span_id"] for r in records.values()}
    for point in points:
        provider = attributes(point)["gen_ai.provider.name"]
        problems += differ(f"{provider}: count", field(point, "Count"), "1")
        problems += differ(f"{provider}: exemplar", field(point, "-> Span ID"), spans[provider])
        if abs(float(field(point, "Sum")) - durations[provider]) > 1e-6:
            problems.append(f"{provider}: {field(point, 'Sum')} s, the log says {durations[provider]}")
    check("Collector: the histogram of durations has each call, and its exemplar",
          problems + differ("points", len(points), len(records)))


def main(binary, folder):
    soon = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_METRIC_EXPORT_INTERVAL": "500"}
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        jaeger, zipkin, collector = (stack.enter_context(kind(folder, directory)) for kind in (Jaeger, Zipkin, Collector))
        two = soon | {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://{jaeger.otlp}/v1/traces",
                      "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"http://{zipkin.address}/api/v2/spans"}
        proxy = stack.enter_context(Tokenweir(binary, directory, "to_jaeger_and_zipkin", two))
        proxy.call()
        records = proxy.records()
        check("the calls ended as they should", differ("outcomes", {
            r["url.path"]: r["tokenweir.outcome"] for r in records.values()
        }, {path: outcome for path, (_, outcome) in CALLS.items()}))
        check_spans("Jaeger", jaeger, records)
        check_spans("Zipkin", zipkin, records)
        for protocol in "http/protobuf", "http/json":
            environment = soon | {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.address}",
                                  "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
            collector.forget()
            name = protocol.replace("/", "_")
            with Tokenweir(binary, directory, name, environment) as proxy:
                proxy.call()
                records = proxy.records()
                check_spans(f"Collector by {protocol}", collector, records)
                check_logs(collector, records)
                check_metrics(collector, records)
    print(f"{harness.passed} passed, {harness.failed} failed")
    return 1 if harness.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
