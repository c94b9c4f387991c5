# SPDX-License-Identifier: MIT
"""EventStream: a text/event-stream reader over a plain socket, so that a test can read as slowly as it likes; Told: what its
reader then knows."""

import json
import socket
import time


class Event:
    def __init__(self, name, number, data):
        self.name, self.id, self.data = name, number, data

    def __repr__(self):
        return f"Event({self.name}, {self.id}, {json.dumps(self.data)[:200]})"


class EventStream:
    """`id` is that of the last event read: what a browser would resume from."""

    def __init__(self, port, path, headers, receive_buffer=0, timeout=30):
        self.id = None
        self.comments = 0
        self.bytes_read = 0
        self._raw, self._text = b"", b""
        self._chunked = self._over = False
        self._socket = socket.socket()
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(("127.0.0.1", port))
            lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: text/event-stream",
                     *(f"{name}: {value}" for name, value in headers.items())]
            self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
            self._read_head()
        except BaseException:
            self._socket.close()
            raise

    def _read_head(self):
        while b"\r\n\r\n" not in self._raw:
            if not self._receive():
                raise ConnectionError("closed before the head of the answer was complete")
        head, _, self._raw = self._raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self._chunked = "chunked" in self.headers.get("transfer-encoding", "")

    def _receive(self):
        got = self._socket.recv(65536)
        self.bytes_read += len(got)
        self._raw += got
        return bool(got)

    def _fill(self):
        """Moves at least one more byte into the text, or notes the end."""
        while not self._over:
            if not self._chunked:
                if self._raw or self._receive():
                    self._text += self._raw
                    self._raw = b""
                    return
                self._over = True
            elif b"\r\n" in self._raw:
                line, _, rest = self._raw.partition(b"\r\n")
                size = int(line.split(b";")[0], 16)
                while len(rest) < size + 2:
                    more = self._socket.recv(65536)
                    if not more:
                        self._over = True
                        return
                    self.bytes_read += len(more)
                    rest += more
                self._raw = rest[size + 2:]
                if size == 0:
                    self._over = True
                else:
                    self._text += rest[:size]
                    return
            elif not self._receive():
                self._over = True

    def next(self, seconds=30):
        """The next event; None when the stream is over. TimeoutError when nothing complete comes in time."""
        deadline = time.monotonic() + seconds
        while True:
            while b"\n\n" in self._text:
                block, _, self._text = self._text.partition(b"\n\n")
                event = self._parse(block)
                if event:
                    return event
            if self._over:
                return None
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no event in {seconds} s")
            self._socket.settimeout(left)
            self._fill()

    def _parse(self, block):
        name, data = "message", []
        for line in block.decode("utf-8").split("\n"):
            if line.startswith(":"):
                self.comments += 1
            field, _, value = line.partition(": ")
            if field == "id":
                self.id = int(value)
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)
        return Event(name, self.id, json.loads("\n".join(data))) if data else None

    def __iter__(self):
        while event := self.next():
            yield event

    def close(self):
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Told:
    """What a watcher knows after some events: the newest row of each target, and all output previews in order."""

    def __init__(self):
        self.rows, self.output, self.gap, self.ids, self.run, self.ended = {}, {}, False, [], None, False

    def take(self, event):
        if event.name == "end":
            self.ended = True
            return
        assert event.name == "batch", event
        assert event.id == event.data["seq"], event
        self.ids.append(event.id)
        self.run = event.data["run"]
        for target in event.data["targets"]:
            self.rows[target["index"]] = target
        for piece in event.data["output"]:
            self.gap = self.gap or piece.get("gap", False)
            place = piece["index"], piece["stream"]
            self.output[place] = self.output.get(place, "") + piece["text"]
