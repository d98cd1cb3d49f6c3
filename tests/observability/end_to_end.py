"""The real proxy under traffic and faults, watched by a real Prometheus with the rules of docker/: every panel of every
dashboard has something to show, and a fault's alert travels through Alertmanager to the right webhook and ends with it.

The rules and routes are those of docker/, with a second for every minute that they wait or look back.

python3 end_to_end.py TOKENWEIR ROOT
Exit status: 0 all as expected, 1 not, 77 skipped because something is not installed."""

import contextlib
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import dashboards

try:
    import yaml

    from prometheus_rules import SEVERITIES, report
except ImportError as missing:
    print(f"SKIPPED: {missing}; ./dev setup installs it")
    sys.exit(77)

from stack import Alertmanager, Prometheus, Server, Webhook, await_value, free_port, shortened
from traffic import FAULTS, HEALTHY, ScriptedUpstream, Traffic

FAULT_SECONDS = 100  # until everything that the faults should set off has been heard of, and as long until it is over
TOKEN = "a-token-for-the-admin-port-of-tests-0123456789"

PAGES, TICKETS, NEWS = (SEVERITIES[severity] for severity in ("critical", "warning", "info"))
# What the faults set off, and what ends soon after them; the rest looks back for an hour or longer.
EXPECTED_TO_END = {
    (PAGES, "TokenweirErrorBudgetBurnFast", slo)
    for slo in ("availability", "first_token", "inter_token", "stream_completion")
} | {
    (TICKETS, name, "")
    for name in (
        "TokenweirErrorJump", "TokenweirRateLimitStorm", "TokenweirCancellationSpike", "TokenweirStreamsStall",
        "TokenweirUsageMissing", "TokenweirRetryStorm", "TokenweirQuotaRunningOut", "TokenweirObserverBypassed",
    )
}  # fmt: skip
EXPECTED = EXPECTED_TO_END | {
    (TICKETS, "TokenweirLabelOverflow", ""),
    (NEWS, "TokenweirModelSubstituted", ""),
    (NEWS, "TokenweirModelUnpriced", ""),
}


class Proxy:
    """A tokenweir with a configuration file, which can be stopped, started again and told to read its file anew."""

    def __init__(self, binary, directory, routes):
        self.port, self.admin_port = free_port(), free_port()
        self.log = os.path.join(directory, "calls.jsonl")
        self._config = os.path.join(directory, "tokenweir.yaml")
        self._binary, self._directory = binary, directory
        self._settings = {
            "listen": f"127.0.0.1:{self.port}",
            "admin": {"listen": f"127.0.0.1:{self.admin_port}", "token": TOKEN},
            "threads": 2,
            "call_log": {"path": self.log},
            "routes": [{"name": name, "prefix": f"/{name}", "upstream": url} for name, url in routes.items()],
            "timeouts": {"first_byte": "3s", "drain": "2s"},
            "observer": {"stall_threshold": "250ms"},
            "labels": {"max_models": 15},
            "feedback": {"path": "/v1/feedback", "implicit": "regenerate, abort"},
        }
        self.configure({})

    def configure(self, more):
        with open(self._config, "w", encoding="utf-8") as file:
            json.dump(self._settings | more, file)  # JSON is YAML

    def running(self):
        command = [self._binary, "serve", "--config", self._config]
        return Server("tokenweir", command, self._directory, f"127.0.0.1:{self.admin_port}", "/readyz")


def prometheus_config(root, directory, target, alertmanager):
    """That of docker/, with the shortened rules, and every second in the place of every 15."""
    rules = []
    for file in (root / "docker/prometheus/rules").glob("*.yml"):
        rules.append(os.path.join(directory, file.name))
        pathlib.Path(rules[-1]).write_text(shortened(file.read_text()))
    token = os.path.join(directory, "admin_token")
    pathlib.Path(token).write_text(TOKEN + "\n")

    config = yaml.safe_load((root / "docker/prometheus/prometheus.yml").read_text())
    config["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = rules
    config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
    (scrape,) = (one for one in config["scrape_configs"] if one["job_name"] == "tokenweir")
    scrape["authorization"]["credentials_file"] = token
    scrape["static_configs"] = [{"targets": [target]}]
    config["scrape_configs"] = [scrape]
    return config


def heard(webhook, status, expected):
    """Waits for what is expected; yields what was not heard in time."""
    with contextlib.suppress(AssertionError):
        await_value(f"alerts to be {status}", lambda: expected <= webhook.alerts(status), FAULT_SECONDS)
    for receiver, name, slo in sorted(expected - webhook.alerts(status)):
        yield f"{receiver} did not hear of {name} {slo}"


def panels_with_nothing(root, prometheus):
    """Targets without one finite value in the last seconds. There is no yesterday here: today is asked for."""
    end = time.time()
    for board in dashboards.read(root / "docker/grafana/dashboards").values():
        for target in dashboards.targets(board):
            expression = re.sub(r" offset \w+", "", target.filled(interval="15s", whole="1m"))
            found = prometheus.api("query_range", query=expression, start=end - 20, end=end, step=5)["result"]
            if not any(math.isfinite(float(value)) for series in found for _, value in series["values"]):
                yield f"{target.board}: {target.where}: {expression}"


def texts_that_are_broken(webhook, root):
    texts = {}
    for receiver, alert in webhook.heard:
        labels, annotations = alert["labels"], alert["annotations"]
        texts[labels["alertname"]] = annotations["summary"]
        if re.search(r"<no value>|<error|%!|NaN", " ".join(annotations.values())):
            yield f"{labels['alertname']}: {annotations}"
        if receiver != SEVERITIES[labels["severity"]] or not (root / annotations["runbook_url"]).exists():
            yield f"{labels['alertname']}: {receiver}, {annotations['runbook_url']}"
    print("".join(f"       {name}: {text}\n" for name, text in sorted(texts.items())), end="")


def not_inhibited(alertmanager):
    """Where a budget burns fast, nobody needs to hear that it burns slowly."""
    silenced = {(labels["alertname"], labels.get("slo")) for labels in alertmanager.inhibited()}
    if ("TokenweirErrorBudgetBurnSlow", "availability") not in silenced:
        yield f"silenced are {sorted(silenced, key=str)}"


def runbook_commands_that_fail(root, log):
    """Those that read the call log are run over one."""
    if not shutil.which("jq"):
        return
    for page in sorted((root / "docs/runbooks").glob("*.md")):
        for command in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S):
            if "calls.jsonl" in command:
                command = (
                    command.replace("calls.jsonl", log).replace("ROUTE", "mock").replace("OUTCOME", "upstream_error")
                )
                ran = subprocess.run(
                    ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
                )
                if ran.returncode or not ran.stdout.strip():
                    yield f"{page.name}: {ran.returncode} {ran.stderr.strip()} for {command}"


def disturbed(webhook):
    yield from (f"{name} {slo} was heard by {who}" for who, name, slo in webhook.alerts("firing") if who != NEWS)


def watch(root, proxy, prometheus, alertmanager, webhook, upstream):
    """The course of events. Returns {what: problems}."""
    checks = {}

    def check(what, problems):
        checks[what] = list(problems)
        print(f"{time.monotonic() - began:5.0f} s  {what}", flush=True)

    began = time.monotonic()
    with Traffic(proxy.port, HEALTHY), proxy.running() as running:
        known = 'count(slo_route:tokenweir_burn:ratio5m{slo="inter_token"}) >= 3'
        await_value("the rules to see traffic", lambda: prometheus.api("query", query=known)["result"])
        time.sleep(12)  # what a fault is compared with
        check("while all is well nobody is disturbed", disturbed(webhook))

        upstream.strange = True
        with Traffic(proxy.port, FAULTS):
            check("faults are heard of by the right people", heard(webhook, "firing", EXPECTED))
            check("the faster burn of a budget silences the slower", not_inhibited(alertmanager))
            check("every panel of every dashboard shows something", panels_with_nothing(root, prometheus))
        upstream.strange = False
        check("their end is heard of as well", heard(webhook, "resolved", EXPECTED_TO_END))

        proxy.configure({"threads": "many"})
        running.signal(signal.SIGHUP)
        refused = {(TICKETS, "TokenweirConfigReloadFailed", "")}
        check("a configuration that was refused is heard of", heard(webhook, "firing", refused))
        proxy.configure({})
        running.signal(signal.SIGHUP)
        check("and one that was taken", heard(webhook, "resolved", refused))
    down = {(PAGES, "TokenweirDown", "")}
    check("a proxy that is down is heard of", heard(webhook, "firing", down))
    with proxy.running():
        check("and one that is up again", heard(webhook, "resolved", down))
    check("texts and receivers are right", texts_that_are_broken(webhook, root))
    check("the commands of the runbooks find something in the call log", runbook_commands_that_fail(root, proxy.log))
    return checks


def main(binary, root):
    for program in ("prometheus", "prometheus-alertmanager"):
        if not shutil.which(program):
            print(f"SKIPPED: {program} is not installed; ./dev setup does it")
            return 77
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        webhook, upstream = stack.enter_context(Webhook()), stack.enter_context(ScriptedUpstream())
        mock = f"127.0.0.1:{free_port()}"
        stack.enter_context(Server("mock", [binary, "mock", "--listen", mock], directory, mock, "/"))
        routes = {name: f"http://{mock}" for name in ("mock", "cut", "slow", "stalls")}
        routes |= {"scripted": upstream.url, "nobody": f"http://127.0.0.1:{free_port()}"}
        proxy = Proxy(binary, directory, routes)
        text = shortened((root / "docker/alertmanager/alertmanager.yml").read_text())
        text = text.replace("http://receiver.invalid", webhook.url)
        alertmanager = stack.enter_context(Alertmanager(directory, text))
        target = f"127.0.0.1:{proxy.admin_port}"
        config = prometheus_config(root, directory, target, alertmanager.address)
        prometheus = stack.enter_context(Prometheus(directory, config))
        return report(watch(root, proxy, prometheus, alertmanager, webhook, upstream))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
