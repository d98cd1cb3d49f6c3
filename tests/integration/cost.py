"""Costs from end to end: shipped prices, a file over them, and what `check` says of a bad one.

python3 cost.py TOKENWEIR
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile

import harness
from harness import Proxy, check, differ, read_log, settled

CHAT = "/mock/v1/chat/completions"
PRICES = """
as_of: 2026-11-24
providers:
  openai:
    models:
      ours: {input: 7, output: 11}
      gpt-4o: {input: 100, output: 1000}
"""


async def ask(proxy, model):
    reader, writer = await proxy.connect()
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: t\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await asyncio.wait_for(reader.read(-1), harness.LIMIT_SECONDS)
    writer.close()


def wrong_cost(record, prices):
    """`prices`: for a million tokens in and out; None: there must be none."""
    if prices is None:
        return differ("source", record.get("tokenweir.cost.source"), "unpriced") + differ(
            "cost", record.get("gen_ai.usage.cost"), None
        )
    tokens = record["gen_ai.usage.input_tokens"], record["gen_ai.usage.output_tokens"]
    dollars = (tokens[0] * prices[0] + tokens[1] * prices[1]) / 1e6
    return differ("source", record["tokenweir.cost.source"], "catalogue") + (
        [] if abs(record["gen_ai.usage.cost"] - dollars) < 1e-12 else [f"{record['gen_ai.usage.cost']} != {dollars}"]
    )


async def priced_calls(binary, directory, overlay, expected):
    log = os.path.join(directory, f"calls{overlay is not None}.jsonl")
    arguments = ["--set", f"cost.catalogue={overlay}"] if overlay else []
    proxy = await Proxy().start(binary, log, *arguments)
    try:
        for model in expected:
            await ask(proxy, model)
        samples = await settled(proxy)
    finally:
        await proxy.terminate()
        await proxy.stop()
    records = {r["gen_ai.request.model"]: r for r in read_log(log)}
    where = "a file" if overlay else "the program"
    for model, prices in expected.items():
        check(f"{model} by the prices of {where}", wrong_cost(records[model], prices))
    total = sum(r.get("gen_ai.usage.cost", 0) for r in records.values())
    counted = sum(v for k, v in samples.items() if k.startswith("tokenweir_cost_usd_total"))
    check("the dollars of the metrics are those of the log", [] if abs(total - counted) < 1e-12 else [total, counted])
    without = sum(v for k, v in samples.items() if k.startswith("tokenweir_cost_source_total") and "unpriced" in k)
    check("calls without a price are counted", differ("unpriced", without, list(expected.values()).count(None)))
    origins = [k for k in samples if k.startswith("tokenweir_price_catalogue_models")]
    check("a scrape names the catalogues", differ("origins", len(origins), 2 if overlay else 1))


def run_check(binary, *arguments):
    return subprocess.run([binary, "check", *arguments], capture_output=True, text=True, timeout=harness.LIMIT_SECONDS)


async def main(binary):
    with tempfile.TemporaryDirectory() as directory:
        prices = os.path.join(directory, "prices.yaml")
        with open(prices, "w", encoding="utf-8") as file:
            file.write(PRICES)
        await priced_calls(binary, directory, None, {"gpt-4o": (2.5, 10), "gpt-5-2025-08-07": (1.25, 10), "ours": None})
        await priced_calls(
            binary, directory, prices, {"gpt-4o": (100, 1000), "gpt-5": (1.25, 10), "ours": (7, 11), "theirs": None}
        )

        good = run_check(binary, "--set", f"cost.catalogue={prices}")
        check("check passes a good catalogue", differ("status", good.returncode, 0))
        with open(prices, "a", encoding="utf-8") as file:
            file.write("      new: {inptu: 1}\n      odd: {input: cheap}\n")
        bad = run_check(binary, "--set", f"cost.catalogue={prices}")
        said = [
            f"tokenweir: {prices}:8:13: unknown key 'inptu' in providers.openai.models.new; did you mean 'input'?",
            f"tokenweir: {prices}:9:20: providers.openai.models.odd.input: expected US dollars for a million tokens, "
            "such as 1.25, with at most 6 decimals, got 'cheap'",
        ]
        check("check tells what is wrong", differ("stderr", bad.stderr.splitlines(), said))
        check("and fails", differ("status", bad.returncode, 2))
        missing = run_check(binary, "--set", "cost.catalogue=/does/not/exist")
        check("a file that is not there is told of", [] if "cost.catalogue" in missing.stderr else [missing.stderr])


harness.run(main(sys.argv[1]))
