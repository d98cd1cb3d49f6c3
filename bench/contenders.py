"""Who is compared, and how each is started. Every proxy has one worker and the mock as its only upstream."""

import os
import pathlib
import shutil
import subprocess

from processes import Proxy, free_port, read_line, spawn, STARTUP_SECONDS

PEERS = pathlib.Path(__file__).parent / "peers"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def find(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def start_announced(command, core):
    """A program of the kit: it takes a free port and says which."""
    process = spawn(command, core, stdout=subprocess.PIPE)
    return Proxy(process, int(read_line(process, STARTUP_SECONDS).split()[1]))


class Stage:
    """What a contender needs to know to start."""

    def __init__(self, build, tokenweir, folder, core, upstream):
        self.build = build
        self.tokenweir = tokenweir
        self.folder = folder
        self.core = core
        self.upstream = upstream

    def configure(self, name, port, access_log="off"):
        folder = self.folder / f"{name}-{port}"
        folder.mkdir()
        text = (PEERS / name).read_text()
        for hole, value in {
            "@PORT@": port,
            "@UPSTREAM@": self.upstream,
            "@DIR@": folder,
            "@ACCESS_LOG@": access_log.replace("@DIR@", str(folder)),
        }.items():
            text = text.replace(hole, str(value))
        (folder / name).write_text(text)
        return folder / name


def direct(stage):
    return Proxy(None, stage.upstream)


def tcp_relay(stage):
    return start_announced([stage.build / "tcp_relay", "--upstream", stage.upstream], stage.core)


def nginx(access_log):
    def start(stage):
        port = free_port()
        file = stage.configure("nginx.conf", port, access_log)
        command = [find("nginx"), "-p", file.parent, "-e", file.parent / "error.log", "-c", file]
        return Proxy(spawn(command, stage.core, **QUIET), port)

    return start


def haproxy(stage):
    port = free_port()
    return Proxy(spawn([find("haproxy"), "-db", "-f", stage.configure("haproxy.cfg", port)], stage.core, **QUIET), port)


def tokenweir(observe, call_log, environment=None):
    """`environment`: of the stage, what the process needs besides."""

    def start(stage):
        port, admin = free_port(), free_port()
        log = stage.folder / f"calls-{port}.jsonl" if call_log else None
        command = [stage.tokenweir, "serve", "--listen", f"127.0.0.1:{port}", "--admin-listen", f"127.0.0.1:{admin}"]
        command += ["--upstream", f"http://127.0.0.1:{stage.upstream}", "--threads", 1]
        command += ["--observe", observe, "--call-log", log or "off"]
        more = {"env": {**os.environ, **environment(stage)}} if environment else {}
        return Proxy(spawn(command, stage.core, **QUIET, **more), port, log)

    return start


def otlp(stage):
    """Spans of every call and the metrics go to the mock, which takes whatever it is sent."""
    sink = f"http://127.0.0.1:{stage.upstream}/v1"
    return {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{sink}/traces",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{sink}/metrics",
        "OTEL_TRACES_SAMPLER": "always_on",
    }


OURS = "tokenweir"
OURS_OFF = "tokenweir-off"
CONTENDERS = {
    "direct": (direct, "no proxy: the mock answers the load generator"),
    "tcp_relay": (tcp_relay, "the floor: a bare epoll TCP relay that knows no HTTP"),
    "nginx": (nginx("off"), "peers/nginx.conf, no access log"),
    "nginx-log": (nginx("@DIR@/access.jsonl json buffer=64k flush=1s"), "peers/nginx.conf, access log to a file"),
    "haproxy": (haproxy, "peers/haproxy.cfg"),
    OURS: (tokenweir("on", True), "observation on, metrics, call log to a file"),
    "tokenweir-nolog": (tokenweir("on", False), "observation on, metrics, no call log"),
    "tokenweir-otlp": (tokenweir("on", True, otlp), "the first, and spans of every call and metrics by OTLP"),
    OURS_OFF: (tokenweir("off", False), "observation off, no call log"),
}


def missing(name, stage):
    """Why a contender cannot take part, or None."""
    if name in ("nginx", "nginx-log", "haproxy"):
        return None if find(name.removesuffix("-log")) else "not installed"
    program = (
        stage.tokenweir
        if name.startswith("tokenweir")
        else stage.build / ("tcp_relay" if name == "tcp_relay" else "load")
    )
    return None if program.exists() else f"{program} does not exist"


def start(name, stage):
    """A proxy that accepts connections; a context manager."""
    proxy = CONTENDERS[name][0](stage)
    try:
        proxy.wait_until_ready()
    except RuntimeError:
        proxy.stop()
        raise
    return proxy
