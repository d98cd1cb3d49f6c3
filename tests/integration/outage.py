"""While a back end is away, for whatever reason, traffic does not notice, memory is bounded and every span is accounted for;
when it is back, what was kept arrives. A spool outlives restarts and crashes.

python3 outage.py TOKENWEIR [sanitized]     sanitized: its memory is not judged, since it holds a sanitizer's own
"""

import asyncio
import os
import ssl
import statistics
import sys
import tempfile

import harness
from back_end import BackEnd
from export import account, call, conserved, spans_of, start
from harness import check, differ, finished_by_outcome, make_certificate, settled

PAIRS = 150  # of calls whose times are compared
FLOOD = 1500  # calls: many times what the smallest queue holds
THREADS = 2  # of the proxies
# What memory may grow by, for whatever reason; without a bound it would grow by more.
SLACK_BYTES = float("inf") if "sanitized" in sys.argv[2:] else 3 * 1024 * 1024

PARTIAL = b'{"partialSuccess":{"rejectedSpans":"1","errorMessage":"no"}}'

# What becomes of every request, and how spans may be lost for it.
OUTAGES = {
    "is slow": ("slow", {"queue_full"}),
    "is down": ("down", {"queue_full"}),
    "does not answer": ("silent", {"queue_full"}),
    "cuts every batch": ("cut", {"queue_full"}),
    "answers 429 and asks to wait": ((429, {"Retry-After": "1"}, b""), {"queue_full"}),
    "answers 503": (503, {"queue_full"}),
    "answers 400": (400, {"refused", "queue_full"}),
    "takes a part": ((200, {}, PARTIAL), {"refused", "queue_full"}),
    "has a certificate that nobody trusts": ("untrusted", {"queue_full"}),
}


def resident_bytes(proxy):
    with open(f"/proc/{proxy.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def server_side(pair):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    return {"ssl": context}


class Watch:
    """Looks at the metrics all the while. Whatever had finished at the look before is accounted for, and nothing that has
    not finished at the next: to the last record but for those that the proxy's threads have in their hands, because a
    call is counted as finished just before it goes out."""

    def __init__(self, proxy):
        self.proxy, self.looks, self.ended = proxy, [], False
        self.task = asyncio.create_task(self.run())

    async def run(self):
        while not self.ended:
            await self.look()

    async def look(self):
        samples, _ = await self.proxy.samples()
        written, dropped, queued, declined, restored = account(samples)
        consumed = written + sum(dropped.values()) + queued + declined - restored
        self.looks.append((sum(finished_by_outcome(samples).values()), consumed))

    async def end(self):
        """What went wrong."""
        self.ended = True
        await self.task
        await self.look()
        await self.look()
        problems = []
        for (before, _), (_, consumed), (after, _) in zip(self.looks, self.looks[1:], self.looks[2:], strict=False):
            problems += [] if before - THREADS <= consumed <= after else [f"{consumed} spans, {before} to {after} calls finished"]
        return problems + ([] if len(self.looks) > 10 else [f"looked {len(self.looks)} times"])


async def both_times(healthy, troubled):
    """Seconds of a call in trouble, and of one that is not: lower quartiles, because this process is busy too."""
    times = {healthy: [], troubled: []}
    for _ in range(PAIRS):
        for proxy, list_ in times.items():
            answered, took = await call(proxy)
            assert answered
            list_.append(took)
    return (statistics.quantiles(times[proxy])[0] for proxy in (troubled, healthy))


def environment(back_end, scheme="http", **more):
    return {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{scheme}://127.0.0.1:{back_end.port}/v1/traces",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16",
            "OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_EXPORTER_OTLP_TIMEOUT": "300", "TOKENWEIR_TELEMETRY_QUEUE_BYTES": "64KiB", **more}


async def check_outage(binary, what, outage, reasons, certificates):
    trusted, untrusted = certificates
    secure, takes_some = outage == "untrusted", what in ("is slow", "takes a part")
    back_end = await BackEnd().start(**(server_side(untrusted) if secure else {}))
    fine = await BackEnd().start()
    ca_file = {"OTEL_EXPORTER_OTLP_CERTIFICATE": trusted[0]}
    healthy = await start(binary, "off", environment(fine))
    troubled = await start(binary, "off", environment(back_end, "https", **ca_file) if secure else environment(back_end))
    if outage == "down":
        await back_end.stop()
    elif not secure:
        back_end.always = outage

    watch = Watch(troubled)
    took, usual = await both_times(healthy, troubled)
    before = resident_bytes(troubled)
    for _ in range(FLOOD // 50):
        await call(troubled, 50)
    grown = resident_bytes(troubled) - before
    problems = await watch.end()
    check(f"a back end that {what}: {len(watch.looks)} looks, at each every span is accounted for", problems)
    samples, _ = await troubled.samples()
    written, dropped, queued, _, _ = account(samples)
    finished = PAIRS + FLOOD
    check(f"a back end that {what}: a call takes {took / usual:.2f} times as long, {1000 * took:.1f} ms",
          [] if took < max(1.25 * usual, usual + 0.001) else ["it must not be noticed"])
    check(f"a back end that {what}: {queued} of {finished} calls are kept, {dropped} lost; memory grew by {grown >> 10} KiB",
          differ("delivered", written > 0, takes_some) + differ("finished", written + sum(dropped.values()) + queued, finished) +
          [f"lost by {reason}" for reason in set(dropped) - reasons] + ([] if grown < SLACK_BYTES else ["too much"]))

    back_end.always = 200
    if outage in ("down", "untrusted"):
        await back_end.stop()
        await back_end.start(**(server_side(trusted) if secure else {}))
    await settled(troubled)
    await call(troubled)
    samples = await settled(troubled)
    written, after, _, _, _ = account(samples)
    rejected = after.get("refused", 0) if takes_some else 0
    spans, twice = spans_of(back_end)
    check(f"a back end that {what}: it is back, and {written} calls arrive without a restart",
          conserved(samples) + differ("spans", len(spans), 2 * (written + rejected)) + differ("sent twice", twice, 0) +
          differ("lost for a full queue", after.get("queue_full"), dropped.get("queue_full")) +
          ([] if written > 0 else ["nothing was delivered"]))
    for proxy in healthy, troubled:
        await proxy.stop()
    for server in fine, back_end:
        await server.stop()


async def check_spool(binary, directory):
    """An outage that is longer than three processes, one of which crashes."""
    back_end = await BackEnd().start()
    await back_end.stop()
    variables = environment(back_end, TOKENWEIR_TELEMETRY_SPOOL=directory, TOKENWEIR_TELEMETRY_QUEUE_BYTES="1MiB")
    count = 100
    for life in range(3):
        proxy = await start(binary, "off", variables)
        before = account((await proxy.samples())[0])
        check(f"spool: process {life + 1} finds what those before it have left",
              differ("figures", before, (0, {}, life * count, 0, life * count)))
        await call(proxy, count)

        async def spooled():
            names = os.listdir(os.path.join(directory, "otlp_traces"))
            return sum(int(n.split("-")[1].split(".")[0]) for n in names if "-" in n) == (life + 1) * count  # noqa: B023

        await harness.until("the calls to be on disk", spooled)
        if life == 1:
            await proxy.stop()  # SIGKILL
        else:
            await proxy.terminate()
    await back_end.start()
    proxy = await start(binary, "off", variables)
    samples = await settled(proxy)
    spans, twice = spans_of(back_end)
    check("spool: once the back end is there all of it arrives, each span once",
          differ("figures", account(samples), (3 * count, {}, 0, 0, 3 * count)) +
          differ("spans", (len(spans), twice), (6 * count, 0)))
    await proxy.stop()
    await back_end.stop()


async def main(binary):
    with tempfile.TemporaryDirectory() as directory:
        certificates = [make_certificate(directory, name) for name in ("trusted", "untrusted")]
        for what, (outage, reasons) in OUTAGES.items():
            await check_outage(binary, what, outage, reasons, certificates)
        await check_spool(binary, os.path.join(directory, "spool"))


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))
