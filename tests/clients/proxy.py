"""A tokenweir process under test: started on free ports, read through its call log and its /metrics."""

import json
import os
import re
import subprocess
import threading
import time
import urllib.request

LIMIT_SECONDS = 20  # for anything that must happen; what takes longer is a failure


def await_value(what, read):
    """The first true value of read(); polled, because neither a log nor a port can be waited for."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (value := read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {LIMIT_SECONDS} s for {what}")
        time.sleep(0.01)
    return value


class Proxy:
    """`with Proxy(binary, directory, *arguments) as proxy:` serves until the block ends."""

    def __init__(self, binary, directory, *arguments):
        self._log_path = os.path.join(directory, "calls.jsonl")
        open(self._log_path, "w").close()
        self._read = 0  # records handed out so far
        self._stderr = []
        self._process = subprocess.Popen(
            [binary, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--call-log", self._log_path]
            + list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    def _drain(self):
        for line in self._process.stderr:
            self._stderr.append(line)

    def __enter__(self):
        try:
            self.url = self._announced("listening")
            self.admin = self._announced("admin")
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, failure=None, *_):
        if failure:
            print(f"the proxy said:\n{self.stderr}")
        self._process.terminate()
        try:
            self._process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError("the proxy did not stop on SIGTERM") from None
        finally:
            self._reader.join()
            self._process.stderr.close()

    @property
    def stderr(self):
        return "".join(self._stderr)

    def _announced(self, what):
        """The address in the banner's line `tokenweir: <what> on http://127.0.0.1:PORT`."""

        def address():
            found = re.search(rf"^tokenweir: {what} on (http://\S+)$", self.stderr, re.MULTILINE)
            if not found and self._process.poll() is not None:
                raise AssertionError(f"the proxy ended with {self._process.returncode}:\n{self.stderr}")
            return found

        return await_value(f"the banner line '{what} on'", address)[1]

    def records(self, count):
        """The next `count` records of the call log; fails if there are more."""

        def new():
            with open(self._log_path, encoding="utf-8") as log:
                lines = log.read().splitlines(keepends=True)[self._read :]
            return [json.loads(line) for line in lines if line.endswith("\n")]

        def enough():
            return found if len(found := new()) >= count else None

        found = await_value(f"{count} records", enough)
        assert len(found) == count, f"expected {count} records, found {len(found)}: {found}"
        self._read += count
        return found

    def metrics(self):
        """{family: {label text: value}} of one scrape."""
        with urllib.request.urlopen(f"{self.admin}/metrics", timeout=LIMIT_SECONDS) as response:
            text = response.read().decode()
        families = {}
        for name, labels, value in re.findall(r"^(\w+)(?:{(.*)})? (\S+)$", text, re.MULTILINE):
            families.setdefault(name, {})[labels] = float(value)
        return families
