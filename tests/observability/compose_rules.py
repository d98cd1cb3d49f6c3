"""Checks docker/compose.yaml with the library that docker compose itself reads it by, and that its services find
each other.

python3 compose_rules.py ROOT CHECKER
CHECKER: where ./dev setup has put the command of compose-go.
Exit status: 0 all as expected, 1 not, 77 skipped because something is not installed."""

import pathlib
import re
import sys
import urllib.parse

try:
    import yaml

    from prometheus_rules import report, tool
except ImportError as missing:
    print(f"SKIPPED: {missing}; ./dev setup installs it")
    sys.exit(77)


def addresses(root):
    """(file, host) of everything that a configuration in docker/ connects to."""
    prometheus = root / "docker/prometheus/prometheus.yml"
    config = yaml.safe_load(prometheus.read_text())
    for scrape in [*config["scrape_configs"], *config["alerting"]["alertmanagers"]]:
        for static in scrape["static_configs"]:
            yield from ((prometheus.name, target.partition(":")[0]) for target in static["targets"])
    sources = root / "docker/grafana/provisioning/datasources/tokenweir.yaml"
    for source in yaml.safe_load(sources.read_text())["datasources"]:
        yield sources.name, urllib.parse.urlsplit(source["url"]).hostname


def strangers(root, services):
    for file, host in addresses(root):
        if host not in services and host != "localhost":
            yield f"{file}: there is no service {host}"


def missing_mounts(root, services):
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not (root / "docker" / source).exists():
                yield f"{name}: there is no docker/{source}"


def open_doors(services):
    """Published beyond this machine, or an image whose version is left to chance."""
    for name, service in services.items():
        yield from (f"{name}: {port}" for port in service.get("ports", []) if not port.startswith("127.0.0.1:"))
        if name != "tokenweir" and not re.search(r":v?\d+\.\d+\.\d+$", service["image"]):
            yield f"{name}: {service['image']}"


def main(root, checker):
    if not checker.exists():
        print("SKIPPED: compose-go is not installed; ./dev setup does it where there is Go")
        return 77
    services = yaml.safe_load((root / "docker/compose.yaml").read_text())["services"]
    return report({
        "compose reads its file": tool(checker, root / "docker/compose.yaml"),
        "services find each other": strangers(root, services),
        "what is mounted exists": missing_mounts(root, services),
        "nothing is published beyond this machine, and versions are fixed": open_doors(services),
    })  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
