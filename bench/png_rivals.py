"""The two ways other plugins send a layer, as echo servers with their clients: for ``bench.roundtrip``.

HTTP: a JSON document with the pictures as base64 of PNG level 1 (what the web interfaces' APIs take). Websocket: the
PNGs as binary messages. Both ends encode and decode, as a server that works on pixels must.

``python -m bench.png_rivals`` serves both on free ports, prints them, and runs until it is ended.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from websockets.sync.client import connect
from websockets.sync.server import Server, ServerConnection, serve

Pixels = NDArray[np.uint8]

_LARGEST_MESSAGE = 1 << 30


def encode(pixels: Pixels) -> bytes:
    """(H, W, 4) or (H, W) → PNG at level 1."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def decode(png: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(png)))


def _to_json(pictures: list[Pixels]) -> bytes:
    return json.dumps({"images": [base64.b64encode(encode(picture)).decode() for picture in pictures]}).encode()


def _from_json(body: bytes) -> list[Pixels]:
    return [decode(base64.b64decode(image)) for image in json.loads(body)["images"]]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        pictures = _from_json(self.rfile.read(int(self.headers["Content-Length"])))
        body = _to_json(pictures)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


def _echo_websocket(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(encode(decode(cast(bytes, message))))


def over_http(port: int, pictures: list[Pixels]) -> list[Pixels]:
    """There and back in one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/", _to_json(pictures), {"Content-Type": "application/json"})
    answer = _from_json(connection.getresponse().read())
    connection.close()
    return answer


def over_websocket(port: int, pictures: list[Pixels]) -> list[Pixels]:
    """There and back, one message a picture."""
    with connect(f"ws://127.0.0.1:{port}", max_size=_LARGEST_MESSAGE, compression=None) as connection:
        for picture in pictures:
            connection.send(encode(picture))
        return [decode(cast(bytes, connection.recv())) for _ in pictures]


def _websocket_server() -> Server:
    return serve(_echo_websocket, "127.0.0.1", 0, max_size=_LARGEST_MESSAGE, compression=None)


def main() -> None:
    web = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    sockets = _websocket_server()
    threading.Thread(target=sockets.serve_forever, daemon=True).start()
    print(web.server_address[1], sockets.socket.getsockname()[1], flush=True)
    web.serve_forever()


if __name__ == "__main__":
    main()
