"""What the integration tests share: a proxy process to talk to, and facts to check."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time

LIMIT_SECONDS = 10

passed = failed = 0


def check(what, problems):
    """`problems`: whatever speaks against it; none is success."""
    global passed, failed
    passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
    print(("FAIL " if problems else "ok   ") + what, flush=True)
    for problem in list(problems)[:8]:
        print(f"       {problem}")


def differ(what, left, right):
    return [] if left == right else [f"{what}: {left} != {right}"]


class Proxy:
    """A tokenweir process, on free ports unless `port` is given."""

    token = None  # of the admin port

    async def start(self, binary, log, *arguments, port=0, config=None, **how):
        """`config`: the path of a configuration file, which says where to listen. `how`: for the subprocess."""
        where = ["--config", config] if config else ["--listen", f"127.0.0.1:{port}"]
        common = ["--admin-listen", "127.0.0.1:0", "--threads", "2", "--call-log", log]
        quiet = asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(
            binary, "serve", *where, *common, *arguments, stdin=quiet, stdout=quiet, stderr=asyncio.subprocess.PIPE, **how
        )
        self.ports, line, said = [], "", ""
        while " admin on " not in line:
            line = (await asyncio.wait_for(self.process.stderr.readline(), LIMIT_SECONDS)).decode()
            if not line:
                raise OSError(f"the proxy did not start: {said}")
            said += line
            if found := re.search(r"^tokenweir: \w+ on https?://127\.0\.0\.1:(\d+)$", line.strip()):
                self.ports.append(int(found[1]))
        self.admin_port = self.ports.pop()
        self.port = self.ports[0]
        self.said = asyncio.create_task(self.process.stderr.read())
        return self

    async def connect(self, port=None, **how):
        return await asyncio.open_connection("127.0.0.1", port or self.port, **how)

    async def get_admin(self, path):
        """The whole response as text."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.admin_port)
        token = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n{token}\r\n".encode())
        text = (await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)).decode()
        writer.close()
        return text

    async def samples(self):
        """One scrape: {series: value}, and the names of the counters."""
        text = await self.get_admin("/metrics")
        counters = set(re.findall(r"^# TYPE (\S+) counter", text, re.M))
        return {m[1]: float(m[2]) for m in re.finditer(r"^(\w+(?:\{.*\})?) (\S+)$", text, re.M)}, counters

    async def terminate(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), LIMIT_SECONDS)

    async def stop(self):
        """Ends it by force. Returns what it said on stderr behind its first two lines."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        return (await self.said).decode()


def total(samples, name, label=""):
    return int(sum(v for k, v in samples.items() if k.partition("{")[0] == name and label in k))


def finished_by_outcome(samples):
    found = {k: int(v) for k, v in samples.items() if k.startswith("tokenweir_calls_finished_total{")}
    return {re.search(r'outcome="(\w+)"', k)[1]: v for k, v in found.items() if v}


def read_log(path):
    with open(path, encoding="utf-8") as log:
        return [json.loads(line) for line in log]


def make_certificate(directory, name="tokenweir"):
    """A self-signed one for 127.0.0.1. Returns the paths of certificate and key."""
    certificate, key = (os.path.join(directory, f"{name}.{part}") for part in ("crt", "key"))
    words = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name}"
    words += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    return certificate, key


async def until(what, probe):
    """Polls, for what cannot be waited for."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (value := await probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {LIMIT_SECONDS} s for {what}")
        await asyncio.sleep(0.02)
    return value


async def settled(proxy):
    """The samples once no call is in flight and no record is waiting."""

    async def probe():
        samples, _ = await proxy.samples()
        waiting = total(samples, "tokenweir_calls_in_flight") + total(samples, "tokenweir_sink_records_queued")
        return samples if waiting == 0 else None

    return await until("the calls to end", probe)


def run(main):
    """Runs the coroutine, prints the tally and exits."""
    try:
        asyncio.run(main)
    except (TimeoutError, asyncio.TimeoutError, asyncio.IncompleteReadError, OSError) as error:
        check("the run came to its end", [repr(error)])
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
