"""Reads an exposition as prometheus_client does, which refuses what OpenMetrics does not allow.

python3 openmetrics.py FILE
Exit status: 0 all of it was read, 1 not, 77 skipped because prometheus_client is not installed."""

import sys

try:
    from prometheus_client.openmetrics import parser
except ImportError:
    parser = None


def families(text):
    """{name: family}; raises ValueError where the text is not OpenMetrics. None: there is no parser."""
    if parser is None:
        return None
    return {family.name: family for family in parser.text_string_to_metric_families(text)}


def main(path):
    with open(path, encoding="utf-8") as file:
        found = families(file.read())
    if found is None:
        print("SKIPPED: prometheus_client is not installed; ./dev setup does it")
        return 77
    samples = sum(len(family.samples) for family in found.values())
    exemplars = sum(1 for family in found.values() for sample in family.samples if sample.exemplar)
    print(f"{len(found)} families, {samples} samples, {exemplars} exemplars")
    return 0 if samples and exemplars else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
