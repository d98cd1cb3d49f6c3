"""Checks the dashboards: they are what their source makes, keep the rules of Grafana's dashboard-linter, ask for
metrics and labels that exist, and are on docs/dashboards.md.

python3 dashboard_rules.py ROOT PACKAGES
Exit status: 0 all as expected, 1 not, 77 skipped because something is not installed."""

import pathlib
import re
import sys
import tempfile

import dashboards

try:
    import promql_parser as parser
    import yaml

    import catalogue
    import promql
    from prometheus_rules import Rules, report
except ImportError as missing:
    print(f"SKIPPED: {missing}; ./dev setup installs it")
    sys.exit(77)

UNITS = {"none", "short", "percentunit", "currencyUSD", "s", "bytes", "Bps", "reqps", "ops", "wps"}
UNITS |= {"dateTimeFromNow", "bool_yes_no"}
WITHOUT_INSTANCE = {"ALERTS"}  # an alert about a route or a model has none
MAY_BE_UNUSED = {  # the conventions' names for what the dashboards show by ours
    name for name in catalogue.metrics() if name.startswith("gen_ai_")
}


def same_as_source(root, packages, boards):
    with tempfile.TemporaryDirectory() as folder:
        dashboards.generate(root, packages, pathlib.Path(folder))
        made = dashboards.read(folder)
    for name in sorted({*made, *boards}):
        if made.get(name) != boards.get(name):
            yield f"{name} is not what docker/grafana/src makes; ./dev dashboards does"


def identities(boards):
    for name, board in boards.items():
        if name != f"{board['uid']}.json" or len(board["uid"]) > 40:
            yield f"{name}: the uid is {board['uid']}"
        if board["schemaVersion"] != 39:
            yield f"{name}: schema {board['schemaVersion']}"
        ids = [panel["id"] for panel in board["panels"]]
        titles = [panel["title"] for panel in dashboards.panels(board)]
        for what in (ids, titles):
            yield from (f"{name}: {one} is there twice" for one in sorted({x for x in what if what.count(x) > 1}))


# ---- the rules of dashboard-linter, by their names there -----------------------------------------------------------


def template_datasource_rule(board):
    found = [v for v in board["templating"]["list"] if v["type"] == "datasource"]
    if [(v["name"], v["label"], v["query"]) for v in found] != [("datasource", "Data source", "prometheus")]:
        yield "no variable datasource labelled 'Data source' for prometheus"


def template_job_and_instance_rules(board):
    variables = {v["name"]: v for v in board["templating"]["list"]}
    for name in ("job", "instance"):
        have = variables.get(name, {})
        expected = {"type": "query", "label": name.title(), "multi": True, "includeAll": True, "allValue": ".+"}
        if not expected.items() <= have.items():
            yield f"variable {name}: expected {expected}"


def template_label_promql_and_reload_rules(board, labels):
    for variable in board["templating"]["list"]:
        if variable["type"] != "query":
            continue
        if variable["refresh"] != 2:
            yield f"variable {variable['name']} is not refreshed when the range of time changes"
        if variable["datasource"]["uid"] != "$datasource":
            yield f"variable {variable['name']} has a datasource of its own"
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]).groups()
        yield from ill_typed(f"variable {variable['name']}", filled(board, selector), labels, {label})


def panel_rules(board):
    for panel in dashboards.panels(board):
        where = f"'{panel['title']}'"
        if panel["datasource"]["uid"] != "$datasource":  # panel-datasource-rule
            yield f"{where} does not use $datasource"
        if not panel["title"] or not panel.get("description"):  # panel-title-description-rule
            yield f"{where} has no title or description"
        units = [panel["fieldConfig"]["defaults"].get("unit")]
        for override in panel["fieldConfig"]["overrides"]:
            units += [one["value"] for one in override["properties"] if one["id"] == "unit"]
        if not set(units) <= UNITS:  # panel-units-rule
            yield f"{where} has the units {units}"
        if not panel.get("targets"):  # panel-no-targets-rule
            yield f"{where} asks nothing"
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "$datasource":
                yield f"{where} asks elsewhere"
            if panel["type"] == "timeseries" and not target["legendFormat"]:
                yield f"{where} has no legend"


def target_rules(board, labels):
    for target in dashboards.targets(board):
        yield from ill_typed(target.where, target.filled(), labels, set())  # target-promql-rule
        for selector, parents in with_parents(parser.parse(target.filled(interval="77s"))):
            known = labels.known.get(selector.name, frozenset())
            matchers = {(m.name, str(m.op), m.value) for m in selector.matchers.matchers}
            for name in ("job", "instance"):  # target-job-rule, target-instance-rule; recorded series have no instance
                if name == "instance" and selector.name in WITHOUT_INSTANCE:
                    continue
                if name in known and (name, str(parser.MatchOp.Re), ".+") not in matchers:
                    yield f'{target.where}: {selector.name} lacks {name}=~"${name}"'
            functions = [p.func.name for p in parents if isinstance(p, parser.Call)]
            matrix = next((p for p in parents if isinstance(p, parser.MatrixSelector)), None)
            if matrix and functions[-1] in ("rate", "irate") and matrix.range.total_seconds() != 77:
                yield f"{target.where}: should use $__rate_interval"  # target-rate-interval-rule
            if selector.name.endswith("_total"):  # target-counter-agg-rule
                if not matrix or functions[-1] not in ("rate", "irate", "increase"):
                    yield f"{target.where}: counter {selector.name} without rate or increase"


def uneditable_rule(board):
    if board["editable"]:
        yield "can be edited"


# ---- what more there is to check -----------------------------------------------------------------------------------


def with_parents(node, parents=()):
    if isinstance(node, parser.VectorSelector):
        yield node, parents
    for name in ("expr", "param", "lhs", "rhs", "vector_selector"):
        child = getattr(node, name, None)
        if isinstance(child, parser.Expr):
            yield from with_parents(child, (*parents, node))
    for child in getattr(node, "args", ()):
        yield from with_parents(child, (*parents, node))


def filled(board, expression):
    return dashboards.Target(board["uid"], "", "", expression).filled()


def ill_typed(where, expression, labels, needed):
    try:
        missing = needed - (labels.of(expression) or frozenset())
        if missing:
            yield f"{where}: the result has no label {promql.listed(missing)}"
    except promql.Mismatch as mismatch:
        yield f"{where}: {mismatch}"


def legends_and_columns_exist(board, labels):
    """A legend, or a column of a table, that the result does not have would be empty."""
    for panel in dashboards.panels(board):
        rename = [t for t in panel.get("transformations", []) if t["id"] == "organize"]
        columns = set(rename[0]["options"]["indexByName"]) if rename else set()
        for target in panel["targets"]:
            needed = set(re.findall(r"{{(\w+)}}", target.get("legendFormat", ""))) | columns
            yield from ill_typed(f"'{panel['title']}'", filled(board, target["expr"]), labels, needed)


def variables_exist(board):
    have = {variable["name"] for variable in board["templating"]["list"]}
    asked = " ".join(target.expr for target in dashboards.targets(board))
    used = set(re.findall(r"\$(?!__)(\w+)", asked))
    yield from (f"${name} is used, and no variable" for name in sorted(used - have))
    yield from (f"${name} changes nothing" for name in sorted(have - used - {"datasource"}))


def linted(boards, labels):
    for board in boards.values():
        for found in (
            template_datasource_rule(board),
            template_job_and_instance_rules(board),
            template_label_promql_and_reload_rules(board, labels),
            panel_rules(board),
            target_rules(board, labels),
            uneditable_rule(board),
            legends_and_columns_exist(board, labels),
            variables_exist(board),
        ):
            yield from (f"{board['uid']}: {problem}" for problem in found)


def metrics_are_shown(boards, rules):
    asked = [target.filled() for board in boards.values() for target in dashboards.targets(board)]
    asked += [rule["expr"] for rule in [*rules.records, *rules.alerts.values()]]
    series = {name for expression in asked for name, _ in promql.selectors(expression)}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in series} | series
    for name in catalogue.metrics():
        if name not in shown and name not in MAY_BE_UNUSED:
            yield f"{name} is in no dashboard and no rule"


def page_is_current(root, boards):
    page = (root / "docs/dashboards.md").read_text()
    if dashboards.with_tables(page, boards) != page:
        yield "docs/dashboards.md is not what the dashboards say; ./dev dashboards does it"


def provisioned(root):
    """Grafana finds data sources by the ids that their links use, and the folder of the dashboards."""
    folder = root / "docker/grafana/provisioning"
    sources = yaml.safe_load((folder / "datasources/tokenweir.yaml").read_text())["datasources"]
    by_uid = {source["uid"]: source for source in sources}
    for source in sources:
        for link in source["jsonData"].get("exemplarTraceIdDestinations", []):
            if link["datasourceUid"] not in by_uid or link["name"] != "trace_id":
                yield f"{source['name']}: exemplars lead nowhere"
    scrape = yaml.safe_load((root / "docker/prometheus/prometheus.yml").read_text())["global"]["scrape_interval"]
    if by_uid["prometheus"]["jsonData"]["timeInterval"] != scrape:
        yield f"timeInterval of the data source is not the scrape interval, {scrape}"
    (provider,) = yaml.safe_load((folder / "dashboards/tokenweir.yaml").read_text())["providers"]
    compose = yaml.safe_load((root / "docker/compose.yaml").read_text())
    mounted = [volume.split(":")[1] for volume in compose["services"]["grafana"]["volumes"] if volume.count(":") > 1]
    if provider["options"]["path"] not in mounted:
        yield f"{provider['options']['path']} is not mounted"


def main(root, packages):
    if not dashboards.installed(packages):
        print("SKIPPED: node or the dashboards' packages are not installed; ./dev setup does it")
        return 77
    boards, rules = dashboards.read(root / "docker/grafana/dashboards"), Rules(root)
    panels = sum(len(dashboards.panels(board)) for board in boards.values())
    print(f"{len(boards)} dashboards, {panels} panels")
    return report({
        "the JSON is what the source makes": same_as_source(root, packages, boards),
        "ids and titles are unique": identities(boards),
        "the rules of dashboard-linter hold, and queries, legends and columns exist": linted(boards, rules.labels),
        "every metric is in a dashboard or a rule": metrics_are_shown(boards, rules),
        "docs/dashboards.md lists every panel": page_is_current(root, boards),
        "provisioning fits": provisioned(root),
    })  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
