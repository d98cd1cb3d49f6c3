#!/usr/bin/env python3
"""Fails when a link in a Markdown file leads to no file, or to no heading, of this repository.   links.py ROOT"""

import pathlib
import re
import sys


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def anchors(path):
    """The ids that GitHub gives to the headings."""
    headings = re.findall(r"^#+ +(.*)$", re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        if re.match(r"[a-z]+:", target):  # somewhere else
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            yield f"{page}: {target}"


root = pathlib.Path(sys.argv[1])
pages = [page for pattern in ("*.md", "docs/**/*.md", "bench/*.md", "docker/*.md") for page in root.glob(pattern)]
found = [line for page in sorted(pages) for line in broken(page)]
print("\n".join(found) if found else f"{len(pages)} pages, no broken link")
sys.exit(bool(found) or not pages)
