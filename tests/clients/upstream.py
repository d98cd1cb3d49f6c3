"""A scripted upstream for what a well-behaved endpoint does not do: streams that end with the connection, or never."""

import select
import socket
import threading


def openai_event(content, finish="null"):
    return (
        'data: {"id":"chatcmpl-scripted","object":"chat.completion.chunk","created":1,"model":"scripted","choices":'
        f'[{{"index":0,"delta":{{"content":"{content}"}},"finish_reason":{finish}}}]}}\n\n'
    )


def anthropic_event(kind, members):
    return f'event: {kind}\ndata: {{"type":"{kind}",{members}}}\n\n'


OPENAI = {
    "start": "",
    "token": openai_event("deep"),
    "end": openai_event("", '"stop"')
    + 'data: {"id":"chatcmpl-scripted","object":"chat.completion.chunk","created":1,"model":"scripted","choices":[],'
    '"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}\n\ndata: [DONE]\n\n',
    "limited": '{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}',
}
ANTHROPIC = {
    "start": anthropic_event(
        "message_start",
        '"message":{"id":"msg_scripted","type":"message","role":"assistant","model":"scripted","content":[],'
        '"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}',
    )
    + anthropic_event("content_block_start", '"index":0,"content_block":{"type":"text","text":""}'),
    "token": anthropic_event("content_block_delta", '"index":0,"delta":{"type":"text_delta","text":"deep"}'),
    "end": anthropic_event("content_block_stop", '"index":0')
    + anthropic_event("message_delta", '"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}')
    + 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    "limited": '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}',
}

LIMITED = "HTTP/1.1 429 Slow Down\r\ncontent-type: application/json\r\nretry-after-ms: 1\r\nconnection: close\r\n\r\n"
STREAM = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


class Upstream:
    """Answers each request as its x-script header says: `close` ends a stream of three tokens with its terminal event
    and the connection, without a length or chunks; `limited` answers 429 twice, then like `close`; `endless` streams
    until its peer leaves, which sets `peer_left`."""

    def __init__(self, events):
        self._events = events
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.peer_left = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # shut down
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection):
        request = connection.makefile("rb")
        fields = {}
        if not request.readline():  # a connection that was opened ahead of need
            return
        while (line := request.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        request.read(int(fields["content-length"]))
        token = self._events["token"].encode()
        if fields["x-script"] == "limited" and fields["x-stainless-retry-count"] < "2":
            connection.sendall((LIMITED + self._events["limited"]).encode())
            return
        connection.sendall((STREAM + self._events["start"]).encode())
        if fields["x-script"] != "endless":
            connection.sendall(token * 3 + self._events["end"].encode())
            return
        try:
            while not select.select([connection], [], [], 0.002)[0]:
                connection.sendall(token)
        except OSError:  # a reset is a way of leaving, too
            pass
        self.peer_left.set()
