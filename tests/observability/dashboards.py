"""The dashboards in docker/grafana: made from their source, read, and their variables filled in.

python3 dashboards.py ROOT PACKAGES   makes docker/grafana/dashboards and the tables in docs/dashboards.md anew
PACKAGES: where ./dev setup has put what docker/grafana/package-lock.json names."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

VARIABLES = ("job", "instance", "route", "provider", "model")


@dataclasses.dataclass
class Target:
    board: str
    panel: str
    refid: str
    expr: str

    @property
    def where(self):
        return f"'{self.panel}' {self.refid}"

    def filled(self, interval="5m", whole="1h", values=None):
        """As Grafana asks it: each variable by its value, all of them by what matches everything."""
        seconds = int(whole[:-1]) * {"s": 1, "m": 60, "h": 3600}[whole[-1]]
        text = self.expr.replace("$__rate_interval", interval).replace("$__range_s", str(seconds))
        text = text.replace("$__range", whole)
        for name in VARIABLES:
            everything = ".+" if name in ("job", "instance") else ".*"
            text = re.sub(rf"\${name}\b", (values or {}).get(name, everything), text)
        return text


def read(folder):
    """{file name: dashboard}"""
    return {path.name: json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.json"))}


def panels(board):
    """Those that show something; rows are headings."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board):
    for panel in panels(board):
        for target in panel.get("targets", []):
            yield Target(board["uid"], panel["title"], target["refId"], target["expr"])


def generate(root, packages, folder):
    """Builds docker/grafana's source and lets it write its dashboards into the folder."""
    source = root / "docker/grafana"
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(source / "src", f"{work}/src")
        for name in ("package.json", "tsconfig.json"):
            shutil.copy(source / name, work)
        os.symlink((packages / "node_modules").resolve(), f"{work}/node_modules")
        for command in (["node", "node_modules/typescript/bin/tsc"], ["node", "build/main.js", str(folder.resolve())]):
            subprocess.run(command, cwd=work, check=True)


def installed(packages):
    return shutil.which("node") and (packages / "node_modules/typescript").exists()


def documented(board):
    """The table of a dashboard's panels for docs/dashboards.md."""
    lines = ["| panel | answers |", "|---|---|"]
    for panel in board["panels"]:
        if panel["type"] == "row":
            lines.append(f"| **{panel['title']}** | |")
        else:
            lines.append(f"| {panel['title']} | {panel['description']} |")
    return "\n".join(lines) + "\n"


def with_tables(page, boards):
    """docs/dashboards.md with the table of each dashboard behind its marker."""
    for board in boards.values():
        marker = f"<!-- panels of {board['uid']} -->\n"
        before, found, rest = page.partition(marker)
        assert found, f"docs/dashboards.md has no {marker}"
        rest = re.sub(r"\A(?:\|.*\n)*", "", rest)
        page = before + marker + documented(board) + rest
    return page


def main(root, packages):
    folder = root / "docker/grafana/dashboards"
    generate(root, packages, folder)
    page = root / "docs/dashboards.md"
    page.write_text(with_tables(page.read_text(), read(folder)))


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:]))
