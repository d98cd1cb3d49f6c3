"""Checks docker/prometheus and docker/alertmanager with their own tools, and by reading them: every alert has a test
that it fires and one that it does not, a runbook, and texts that name labels it has.

python3 prometheus_rules.py ROOT
Exit status: 0 all as expected, 1 not, 77 skipped because a tool is not installed."""

import contextlib
import pathlib
import re
import shutil
import subprocess
import sys

try:
    import yaml

    import promql
except ImportError as missing:
    print(f"SKIPPED: {missing}; ./dev setup installs it")
    sys.exit(77)

SEVERITIES = {"critical": "pager", "warning": "tickets", "info": "inbox"}
RUNBOOK_PARTS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


class Rules:
    """All that docker/prometheus/rules holds."""

    def __init__(self, root):
        self.root = root
        self.files = sorted((root / "docker/prometheus/rules").glob("*.yml"))
        groups = [group for file in self.files for group in yaml.safe_load(file.read_text())["groups"]]
        rules = [rule for group in groups for rule in group["rules"]]
        self.alerts = {rule["alert"]: rule for rule in rules if "alert" in rule}
        self.records = [rule for rule in rules if "record" in rule]
        self.known = promql.exported()
        self.broken = list(self._learn_records())
        self.labels = promql.Labels(self.known)
        self.known["ALERTS"] = self._labels_of_alerts() | {"alertname", "alertstate", "severity"}

    def _learn_records(self):
        """Adds the recorded series to what is known; a rule may use those before it. Yields what is wrong."""
        for rule in self.records:
            try:
                labels = promql.Labels(self.known).of(rule["expr"]) | set(rule.get("labels", ()))
                if self.known.setdefault(rule["record"], labels) != labels:
                    yield f"{rule['record']}: other labels than before: {promql.listed(labels)}"
            except promql.Mismatch as mismatch:
                yield f"{rule['record']}: {mismatch}"

    def _labels_of_alerts(self):
        found = frozenset()
        for rule in self.alerts.values():
            with contextlib.suppress(promql.Mismatch):  # reported by labels_exist
                found |= self.labels.of(rule["expr"])
        return found

    def tests(self):
        return sorted((self.root / "tests/observability/rules").glob("*.test.yml"))


def tool(*command):
    """What is wrong according to a tool: nothing, or its output."""
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    return [] if ran.returncode == 0 else (ran.stdout + ran.stderr).splitlines()


def report(checks):
    """Prints {what: problems} and returns the exit status."""
    failed = 0
    for what, found in checks.items():
        problems = list(found)
        failed += bool(problems)
        print(("FAIL " if problems else "ok   ") + what)
        print("".join(f"       {problem}\n" for problem in problems), end="")
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


def labels_exist(rules):
    yield from rules.broken
    for name, rule in rules.alerts.items():
        try:
            have = rules.labels.of(rule["expr"])
        except promql.Mismatch as mismatch:
            yield f"{name}: {mismatch}"
            continue
        for used in re.findall(r"\$labels\.(\w+)", "".join(rule["annotations"].values())):
            if used not in have:
                yield f"{name}: its text names {used}, it has {promql.listed(have)}"


def records_are_used(rules):
    expressions = [rule["expr"] for rule in [*rules.records, *rules.alerts.values()]]
    read = {name for expression in expressions for name, _ in promql.selectors(expression)}
    dashboards = "".join(file.read_text() for file in (rules.root / "docker/grafana").glob("dashboards/*.json"))
    for name in {rule["record"] for rule in rules.records} - read:
        if name not in dashboards:
            yield f"{name} is recorded, and nothing reads it"


def alerts_are_complete(rules):
    for name, rule in rules.alerts.items():
        if set(rule["annotations"]) != {"summary", "description", "runbook_url"}:
            yield f"{name}: has {promql.listed(rule['annotations'])}"
        if rule["labels"].get("severity") not in SEVERITIES:
            yield f"{name}: severity is none of {promql.listed(SEVERITIES)}"


def page_lists_alerts(rules):
    rows = re.findall(r"^\| \[`(\w+)`\]\((\S+)\) \| (\w+) \|", (rules.root / "docs/alerts.md").read_text(), re.M)
    listed = {name: (severity, f"docs/{url}") for name, url, severity in rows}
    for name, rule in rules.alerts.items():
        have = (rule["labels"].get("severity"), rule["annotations"].get("runbook_url"))
        if listed.pop(name, None) != have:
            yield f"{name}: expected a row with {have[0]} and a link to {have[1]}"
    yield from (f"{name} does not exist" for name in listed)


def runbooks_answer(rules):
    paths = rules.root.glob("docs/runbooks/*.md")
    pages = {path.relative_to(rules.root).as_posix(): path.read_text() for path in paths}
    for name, rule in rules.alerts.items():
        url = rule["annotations"].get("runbook_url")
        if url not in pages:
            yield f"{name}: there is no {url}"
        elif f"`{name}`" not in pages[url]:
            yield f"{url} does not name {name}"
    linked = {rule["annotations"].get("runbook_url") for rule in rules.alerts.values()}
    for url, page in pages.items():
        if url not in linked:
            yield f"{url}: no alert leads to it"
        if re.findall(r"^## (.*)$", page, re.M) != RUNBOOK_PARTS:
            yield f"{url}: expected the sections {', '.join(RUNBOOK_PARTS)}"
        for expression in re.findall(r"```promql\n(.*?)```", page, re.S):
            for query in expression.strip().split("\n\n"):
                try:
                    rules.labels.of(query)
                except promql.Mismatch as mismatch:
                    yield f"{url}: {mismatch}"


def alerts_are_tested(rules):
    fires, silent = set(), set()
    for file in rules.tests():
        cases = [case for test in yaml.safe_load(file.read_text())["tests"] for case in test["promql_expr_test"]]
        for case in cases:
            for names in re.findall(r'alertname=~?"([\w|]+)"', case["expr"]):
                (fires if case["exp_samples"] else silent).update(names.split("|"))
    for name in rules.alerts:
        if name not in fires:
            yield f"{name}: no test lets it fire"
        if name not in silent:
            yield f"{name}: no test holds it silent"


def routes(config, alerts):
    """Every severity reaches its receiver, and every alert a severity's."""
    for severity, receiver in SEVERITIES.items():
        yield from tool("amtool", "config", "routes", "test", f"--config.file={config}",
                        f"--verify.receivers={receiver}", f"severity={severity}")  # fmt: skip
    yield from tool("amtool", "config", "routes", "test", f"--config.file={config}", "--verify.receivers=inbox")
    for names in re.findall(r'alertname!?=~?"([\w|]+)"', config.read_text()):
        yield from (f"{name} is inhibited, and does not exist" for name in names.split("|") if name not in alerts)


def main(root):
    for program in ("promtool", "amtool"):
        if not shutil.which(program):
            print(f"SKIPPED: {program} is not installed; ./dev setup does it")
            return 77
    rules, alertmanager = Rules(root), root / "docker/alertmanager/alertmanager.yml"
    config = root / "docker/prometheus/prometheus.yml"
    print(f"{len(rules.alerts)} alerts")
    return report({
        "Prometheus accepts its configuration": tool("promtool", "check", "config", "--syntax-only", config),
        "Prometheus accepts the rules": tool("promtool", "check", "rules", *rules.files),
        "the rules do what their tests say": tool("promtool", "test", "rules", *rules.tests()),
        "Alertmanager accepts its configuration": tool("amtool", "check-config", alertmanager),
        "alerts reach the receiver of their severity": routes(alertmanager, rules.alerts),
        "metrics and labels in rules and texts exist": labels_exist(rules),
        "what is recorded is read": records_are_used(rules),
        "alerts have severity, texts and a runbook": alerts_are_complete(rules),
        "docs/alerts.md lists them": page_lists_alerts(rules),
        "runbooks name their alerts, have their parts, and their queries work": runbooks_answer(rules),
        "every alert is tested firing and silent": alerts_are_tested(rules),
    })  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
