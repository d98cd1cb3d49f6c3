"""A real Prometheus and a real Alertmanager on free ports, and a webhook that keeps what it is told."""

import http.server
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

LIMIT_SECONDS = 20  # for anything that must happen; what takes longer is a failure


def await_value(what, read, limit=LIMIT_SECONDS):
    """The first true value of read(); polled, because what others do cannot be waited for."""
    deadline = time.monotonic() + limit
    while not (value := read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit} s for {what}")
        time.sleep(0.1)
    return value


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def shortened(text):
    """Rules or routes with a second for every minute that they wait or look back, but a second at least."""

    def short(match):
        seconds = int(match["count"]) * {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}[match["unit"]]
        return f"{match['before']}{max(1, seconds // 60)}s"

    before = r"\[|offset |for: |interval: |group_wait: |group_interval: |repeat_interval: "
    return re.sub(rf"(?P<before>{before})(?P<count>\d+)(?P<unit>[smhdw])\b", short, text)


class Server:
    """`with Server(...) as server:` runs until the block ends; what it said is printed if that ends badly."""

    limit = LIMIT_SECONDS  # for its start

    def __init__(self, name, command, directory, address, ready):
        self.name, self.address, self._ready = name, address, ready
        self._log = os.path.join(directory, f"{name}.log")
        with open(self._log, "w", encoding="utf-8") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def __enter__(self):
        try:
            await_value(f"{self.name} to be ready", lambda: self.get(self._ready) is not None, self.limit)
        except AssertionError as failure:
            self.__exit__(failure)
            raise
        return self

    def __exit__(self, failure=None, *_):
        self._process.terminate()
        try:
            self._process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if failure:
            with open(self._log, encoding="utf-8") as log:
                print(f"{self.name} said:\n{log.read()[-8000:]}")

    def signal(self, number):
        self._process.send_signal(number)

    def get(self, path):
        """The body; None while nobody answers."""
        assert self._process.poll() is None, f"{self.name} ended"
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=LIMIT_SECONDS) as response:
                return response.read()
        except OSError:
            return None


class Prometheus(Server):
    def __init__(self, directory, config):
        path = os.path.join(directory, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML
        address = f"127.0.0.1:{free_port()}"
        command = ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={directory}/data"]
        command += [f"--web.listen-address={address}", "--enable-feature=exemplar-storage"]
        super().__init__("prometheus", command, directory, address, "/-/ready")

    def api(self, path, **query):
        answer = json.loads(self.get(f"/api/v1/{path}?{urllib.parse.urlencode(query)}") or "{}")
        assert answer.get("status") == "success", (query, answer)
        return answer["data"]


class Alertmanager(Server):
    def __init__(self, directory, config):
        path = os.path.join(directory, "alertmanager.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        address = f"127.0.0.1:{free_port()}"
        command = ["prometheus-alertmanager", f"--config.file={path}", f"--storage.path={directory}/alerts"]
        command += [f"--web.listen-address={address}", "--cluster.listen-address="]
        super().__init__("alertmanager", command, directory, address, "/-/ready")

    def inhibited(self):
        """The labels of the alerts that another one silences."""
        alerts = json.loads(self.get("/api/v2/alerts") or "[]")
        return [alert["labels"] for alert in alerts if alert["status"]["inhibitedBy"]]


class Listener:
    """A server on a port of its own while it is a context; `hear(request)` answers every POST to `url`."""

    def __init__(self):
        hear = self.hear

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                hear(self)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Webhook(Listener):
    """`with Webhook() as webhook:` hears what Alertmanager sends to /RECEIVER."""

    def __init__(self):
        self.heard = []  # (receiver, alert), in the order of their arrival
        super().__init__()

    def hear(self, request):
        told = json.loads(request.rfile.read(int(request.headers["content-length"])))
        self.heard.extend((request.path.strip("/"), alert) for alert in told["alerts"])
        request.send_response(200)
        request.send_header("content-length", "0")
        request.end_headers()

    def alerts(self, status):
        """{(receiver, name, slo or ""), ...} that are firing now, or of which all have been resolved."""
        last_words = {(receiver, alert["fingerprint"]): alert for receiver, alert in list(self.heard)}
        firing, heard = set(), set()
        for (receiver, _), alert in last_words.items():
            key = (receiver, alert["labels"]["alertname"], alert["labels"].get("slo", ""))
            heard.add(key)
            if alert["status"] == "firing":
                firing.add(key)
        return firing if status == "firing" else heard - firing
