"""A real Prometheus scrapes a real proxy, and its API leads from a bucket to the trace of a call in it.

python3 scrape.py TOKENWEIR
Exit status: 0 all as expected, 1 not, 77 skipped because prometheus is not installed."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "clients"))
from catalogue import metrics, unknown  # noqa: E402
from openmetrics import families  # noqa: E402
from proxy import LIMIT_SECONDS, Proxy, await_value  # noqa: E402
from stack import Prometheus  # noqa: E402

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
# As Prometheus 2.42 sends it.
ACCEPT = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


def get(url, **headers):
    """Status, headers and body as they came."""
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as response:
        return response.headers, response.read()


def chat(url, **headers):
    body = {"model": "m-1", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    request = urllib.request.Request(f"{url}/mock/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as response:
        assert b"[DONE]" in response.read()


def check_formats(metrics_url):
    headers, text = get(metrics_url)
    assert headers["content-type"] == TEXT and headers["content-encoding"] is None, headers
    assert b"# EOF" not in text and b"trace_id" not in text

    headers, plain = get(metrics_url, Accept=ACCEPT)
    assert headers["content-type"] == OPENMETRICS, headers
    assert plain.endswith(b"\n# EOF\n")
    found = families(plain.decode())
    if found is not None:
        exemplars = [s for f in found.values() for s in f.samples if s.exemplar]
        assert {s.exemplar.labels["trace_id"] for s in exemplars} == {TRACE}, exemplars

    headers, packed = get(metrics_url, Accept=ACCEPT, Accept_Encoding="gzip")
    assert headers["content-encoding"] == "gzip" and headers["content-length"] == str(len(packed)), headers
    assert len(packed) * 5 < len(plain)
    assert gzip.decompress(packed).endswith(b"\n# EOF\n")

    check_catalogue(text.decode())
    if promtool := shutil.which("promtool"):
        said = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
        assert said.returncode == 0 and not said.stdout + said.stderr, (said.stdout + said.stderr).decode()


def check_catalogue(text):
    """What is exported is documented, with its type and labels."""
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    known = metrics()
    assert types == {name: known[name].type for name in types}, types
    wrong = {
        problem
        for name, labels in re.findall(r"^(\w+)(?:{(.*)})? \S+$", text, re.MULTILINE)
        for problem in unknown(name, re.findall(r'(\w+)="', labels))
    }
    assert not wrong, sorted(wrong)


def trace_ids(prometheus, series):
    """The traces that the exemplars of a series name."""
    now = time.time()
    found = prometheus.api("query_exemplars", query=series, start=now - 600, end=now + 60)
    return {exemplar["labels"]["trace_id"] for one in found for exemplar in one["exemplars"]}


def check_prometheus(prometheus):
    def value(query):
        data = prometheus.api("query", query=query)
        return data["result"] and float(data["result"][0]["value"][1])

    await_value("the first good scrape", lambda: value("up"))
    assert value('tokenweir_calls_total{route="mock",outcome="ok"}') == 3
    for series in (
        "tokenweir_call_duration_seconds_bucket",
        "tokenweir_time_to_first_token_seconds_bucket",
        "gen_ai_client_operation_duration_seconds_bucket",
        "tokenweir_calls_total",
    ):
        found = await_value(f"exemplars of {series}", lambda: trace_ids(prometheus, series))
        assert found == {TRACE}, (series, found)
    meta = prometheus.api("metadata", metric="tokenweir_call_duration_seconds")
    assert meta["tokenweir_call_duration_seconds"][0]["unit"] == "seconds", meta  # told by OpenMetrics alone


def main(binary):
    if not shutil.which("prometheus"):
        print("SKIPPED: prometheus is not installed; ./dev setup does it")
        return 77
    with tempfile.TemporaryDirectory() as directory, Proxy(binary, directory) as proxy:
        for span in range(3):
            sampled = "01" if span == 0 else "00"
            trace = TRACE if span == 0 else f"{span:032x}"
            chat(proxy.url, traceparent=f"00-{trace}-00f067aa0ba902b7-{sampled}")
        records = proxy.records(3)
        assert [r["trace_id"] for r in records] == [TRACE, f"{1:032x}", f"{2:032x}"], records
        assert {r["parent_span_id"] for r in records} == {"00f067aa0ba902b7"}, records
        check_formats(f"{proxy.admin}/metrics")
        target = proxy.admin.removeprefix("http://")
        config = {
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "tokenweir", "static_configs": [{"targets": [target]}]}],
        }
        with Prometheus(directory, config) as prometheus:
            check_prometheus(prometheus)
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
