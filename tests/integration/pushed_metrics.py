"""The metrics that are sent by OTLP are those of /metrics, read by OpenTelemetry's own definitions.

python3 pushed_metrics.py TOKENWEIR, by a Python that has tests/tracing/requirements.txt; else the test is skipped.
"""

import re
import sys
import time

import harness
from back_end import BackEnd
from export import call, start
from harness import check, differ, settled

try:
    from one_trace import attributes, messages
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
    from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality
except ImportError as missing:
    print(f"SKIPPED: {missing}; ./dev setup installs it")
    sys.exit(77)

CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
CALLS = 3

# They change while nobody calls; a connection may be closed late.
RESTLESS = re.compile(r"process_|tokenweir_quota_|tokenweir_metric_pushes_|tokenweir_client_connections$|tokenweir_feedback_index_age_seconds$")


def labels_of(point):
    """As /metrics writes them, whose labels are sorted."""
    pairs = sorted((name.replace(".", "_"), value) for name, value in attributes(point).items())
    return tuple(pairs)


def series_of(request, problems):
    """{(name, labels): value} under the names that /metrics has; a histogram becomes its buckets, sum and count."""
    found = {}
    (resource,) = request.resource_metrics
    (scope,) = resource.scope_metrics
    for metric in scope.metrics:
        kind = metric.WhichOneof("data")
        data = getattr(metric, kind)
        unit = {"s": "_seconds"}.get(metric.unit, "") if "." in metric.name else ""
        name = metric.name.replace(".", "_") + unit + ("_total" if "." in metric.name and kind == "sum" else "")
        problems += differ(f"temporality of {name}", getattr(data, "aggregation_temporality", CUMULATIVE), CUMULATIVE)
        problems += [] if kind != "sum" or data.is_monotonic else [f"{name} may fall"]
        for point in data.data_points:
            labels = labels_of(point)
            began = kind == "gauge" or 0 < point.start_time_unix_nano <= point.time_unix_nano
            problems += [] if began and abs(point.time_unix_nano / 1e9 - time.time()) < 60 else [f"time of {name}"]
            if kind != "histogram":
                found[name, labels] = point.as_double
                continue
            problems += differ(f"count of {name}", point.count, sum(point.bucket_counts))
            found |= {(name + "_sum", labels): point.sum, (name + "_count", labels): point.count}
            below = 0
            for bound, count in zip([*point.explicit_bounds, float("inf")], point.bucket_counts, strict=True):
                below += count
                found[name + "_bucket", (*labels, ("le", bound))] = below
    return found


def scraped(samples):
    found = {}
    for series, value in samples.items():
        name, _, rest = series.partition("{")
        labels = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        bound = [("le", float(labels.pop("le")))] if "le" in labels else []
        found[name, (*sorted(labels.items()), *bound)] = value
    return found


def quiet(series):
    return {key: value for key, value in series.items() if not RESTLESS.match(key[0])}


def instance(request):
    return attributes(request.resource_metrics[0].resource)["service.instance.id"]


async def compared(binary, protocol):
    back_end = await BackEnd().start()
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{back_end.port}", "OTEL_LOGS_EXPORTER": "none",
                 "OTEL_TRACES_EXPORTER": "none", "OTEL_METRIC_EXPORT_INTERVAL": "50",
                 "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
    proxy = await start(binary, "off", variables)
    await call(proxy, CALLS)
    samples = await settled(proxy)
    pushed = len(back_end.taken)

    async def two_more():
        return len(back_end.taken) > pushed + 1  # the first one may have been on its way

    await harness.until("two pushes", two_more)
    requests = messages(back_end, "/v1/metrics", ExportMetricsServiceRequest)
    problems = []
    sent, shown = quiet(series_of(requests[-1], problems)), quiet(scraped(samples))
    problems += [f"{key}: sent {sent.get(key)}, shown {shown.get(key)}" for key in sorted(sent.keys() | shown.keys())
                 if sent.get(key) != shown.get(key)]
    problems += [] if len(sent) > 200 else [f"only {len(sent)} series"]
    check(f"{protocol}: {len(sent)} series are sent as /metrics shows them", problems)
    starts = {p.start_time_unix_nano for r in requests for m in r.resource_metrics[0].scope_metrics[0].metrics
              if m.WhichOneof("data") == "sum" for p in m.sum.data_points}
    check(f"{protocol}: all of them are counted from one instant, by one instance",
          differ("starts", len(starts), 1) + differ("instances", len({instance(r) for r in requests}), 1))

    back_end.script = [503, (429, {"Retry-After": "1"}, b""), 400]
    await call(proxy, CALLS)
    samples = await settled(proxy)

    async def caught_up():
        sent = series_of(messages(back_end, "/v1/metrics", ExportMetricsServiceRequest)[-1], [])
        key = ("tokenweir_calls_finished_total", (("outcome", "ok"),))
        return sent.get(key) == scraped(samples)[key] == 2 * CALLS

    began = time.monotonic()
    await harness.until("the back end to have caught up", caught_up)
    samples, _ = await proxy.samples()
    pushes = {result: harness.total(samples, "tokenweir_metric_pushes_total", f'result="{result}"')
              for result in ("unavailable", "refused", "partial")}
    check(f"{protocol}: the pushes that failed are counted",
          differ("pushes", pushes, {"unavailable": 2, "refused": 1, "partial": 0}))
    check(f"{protocol}: after failures the next push has everything ({time.monotonic() - began:.1f} s)", [])
    await call(proxy)
    await settled(proxy)
    status = await proxy.terminate()
    last = series_of(messages(back_end, "/v1/metrics", ExportMetricsServiceRequest)[-1], [])
    check(f"{protocol}: the last push is at the end of the process",
          differ("status", status, 0) +
          differ("calls", last["tokenweir_calls_finished_total", (("outcome", "ok"),)], 2 * CALLS + 1))
    await back_end.stop()


async def main(binary):
    for protocol in "http/protobuf", "http/json":
        await compared(binary, protocol)


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))
