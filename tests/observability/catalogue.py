"""What Tokenweir exports, read from docs/metrics.md, which the tests of metrics/ hold to the table in the code.

For whoever writes a rule, a dashboard or a test: `metrics()` has every metric, `labels_of("x_bucket")` those of a sample."""

import dataclasses
import os
import re

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "metrics.md")


@dataclasses.dataclass(frozen=True)
class Metric:
    name: str
    type: str  # counter, gauge or histogram
    buckets: str | None  # the name of a histogram's set of bounds
    labels: frozenset  # without those that labels.tags adds, tag_*, wherever there is `model`


def metrics():
    """{name: Metric}"""
    found = {}
    with open(PAGE, encoding="utf-8") as page:
        for line in page:
            row = re.match(r"\| `(\w+)` \| (counter|gauge|histogram)(?:, (\w+))? \| ([^|]*) \|", line)
            if row:
                name, kind, buckets, labels = row.groups()
                found[name] = Metric(name, kind, buckets, frozenset(re.findall(r"`(\w+)`", labels)))
    return found


def labels_of(sample):
    """The labels of a sample, `le` of a bucket included; None if no metric has such a sample."""
    known = metrics()
    if sample in known:
        return None if known[sample].type == "histogram" else known[sample].labels
    base, _, suffix = sample.rpartition("_")
    if base not in known or known[base].type != "histogram" or suffix not in ("bucket", "sum", "count"):
        return None
    return known[base].labels | ({"le"} if suffix == "bucket" else set())


def unknown(sample, labels):
    """What is wrong with using a sample with these labels; empty if nothing is."""
    documented = labels_of(sample)
    if documented is None:
        return [f"{sample}: no such metric"]
    has_tags = "model" in documented
    return [
        f"{sample}: no label {label}"
        for label in sorted(set(labels) - documented)
        if not (has_tags and label.startswith("tag_"))
    ]
