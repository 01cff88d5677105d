"""A camera for tests: an RTSP server that sends a video's H.264 over the connection it was asked on.

Reference: RFC 2326 (RTSP, 10.12: interleaved), RFC 2617 (digest), RFC 6184 (H.264 in RTP).
"""

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import NamedTuple

import av

SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track\r\n"
NONCE, REALM = "5e1f", "camera"
LARGEST = 400
"""Bytes of video in a packet: so few that large frames come in many."""


class Picture(NamedTuple):
    """A frame as H.264 has it."""

    units: list[bytes]
    """Its NAL units."""
    time: int
    """When it is shown, in 1/90000 s."""


def pictures_of(video: Path) -> list[Picture]:
    """The frames of a video in H.264."""
    with av.open(str(video)) as container:
        track = container.streams.video[0]
        plain = av.BitStreamFilterContext("h264_mp4toannexb", track)
        packets = [one for packet in container.demux(track) if packet.size for one in plain.filter(packet)]
        return [
            Picture(
                re.split(rb"\x00\x00\x00?\x01", bytes(packet))[1:], int(90000 * packet.pts * packet.time_base)
            )
            for packet in packets
        ]


def payloads(unit: bytes) -> list[bytes]:
    """A NAL unit as the contents of one or more RTP packets."""
    if len(unit) <= LARGEST:
        return [unit]
    parts = [unit[at : at + LARGEST] for at in range(1, len(unit), LARGEST)]
    marks = [0x80] + [0] * (len(parts) - 2) + [0x40]
    return [
        bytes([unit[0] & 0xE0 | 28, mark | unit[0] & 0x1F]) + part
        for mark, part in zip(marks, parts, strict=True)
    ]


@contextmanager
def rtsp_camera(
    video: Path, *, login: tuple[str, str] | None = None, hangs: float = 0.0, port: int = 0
) -> Iterator[tuple[str, list[str]]]:
    """Host and port of a camera that sends `video` at /live to who knows the `login`, then closes or `hangs`.

    `port` 0 is any that is free. Also gives the list of what was asked of it, such as "DESCRIBE 401".
    """
    pictures, asked, over = pictures_of(video), [], threading.Event()

    class Camera(StreamRequestHandler):
        def handle(self) -> None:
            while request := self.rfile.readline().decode().split():
                method, address = request[:2]
                lines = iter(lambda: self.rfile.readline().decode().strip(), "")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                status, more, body = self.answer(method, address, headers)
                asked.append(f"{method} {status}")
                head = [
                    f"RTSP/1.0 {status} -",
                    f"CSeq: {headers['cseq']}",
                    *more,
                    f"Content-Length: {len(body)}",
                ]
                self.wfile.write("\r\n".join([*head, "", body]).encode())
                if method == "PLAY" and status == 200:
                    self.play()
                    return

        def answer(self, method: str, address: str, headers: dict[str, str]) -> tuple[int, list[str], str]:
            if method == "OPTIONS":
                return 200, ["Public: DESCRIBE, SETUP, PLAY"], ""
            if login is not None and not self.knows(login, method, headers.get("authorization", "")):
                return 401, [f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}"'], ""
            if "/live" not in address:
                return 404, [], ""
            if method == "DESCRIBE":
                return 200, [f"Content-Base: {address}/", "Content-Type: application/sdp"], SDP
            return 200, ["Session: 1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"], ""

        def knows(self, login: tuple[str, str], method: str, told: str) -> bool:
            fields = dict(re.findall(r'(\w+)="([^"]*)"', told))
            who = digest(f"{login[0]}:{REALM}:{login[1]}")
            what = digest(f"{method}:{fields.get('uri')}")
            return fields.get("response") == digest(f"{who}:{NONCE}:{what}")

        def play(self) -> None:
            number = 0
            for picture in pictures:
                contents = [part for unit in picture.units for part in payloads(unit)]
                for content in contents:
                    mark = 0x80 if content is contents[-1] else 0
                    number += 1
                    head = struct.pack(">BBHII", 0x80, mark | 96, number, picture.time, 7)
                    packet = head + content
                    self.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                time.sleep(0.002)
            over.wait(hangs)
            self.connection.shutdown(socket.SHUT_WR)
            self.rfile.read()  # closed with something unread, the connection would lose what was sent last

    class Server(ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

        def handle_error(self, *args: object) -> None:
            pass  # readers that hang up are no error

    with Server(("127.0.0.1", port), Camera) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", asked
        finally:
            over.set()
            server.shutdown()
            thread.join()


def digest(text: str) -> str:
    """MD5, as the protocol wants it."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()
