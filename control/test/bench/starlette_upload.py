"""
The other side of `npm run bench:engine -- --only upload`: a multipart upload as FastAPI servers of speech take it.

What they share: starlette parses the form, puts a file of more than 1 MB on disk, the handler reads it whole, and the
samples go to the engine as float32. This one has what is quickest of theirs everywhere: httptools and uvloop, and no
decoder process for a WAV. It answers where they would call the engine. Prints its port; ends with its stdin.
"""

import io
import socket
import sys
import threading
import wave

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def transcribe(request: Request) -> JSONResponse:
    async with request.form() as form:
        file = form["file"]
        assert isinstance(file, UploadFile), "the part 'file' is no file"
        content = await file.read()
    with wave.open(io.BytesIO(content)) as wav:
        samples = np.frombuffer(wav.readframes(wav.getnframes()), np.int16).astype(np.float32) / 32768.0
    return JSONResponse({"duration_s": len(samples) / 16_000})


def main() -> None:
    app = Starlette(routes=[Route("/v1/audio/transcriptions", transcribe, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, loop="uvloop", http="httptools", log_level="warning"))
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def leave() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=leave, daemon=True).start()
    server.run([listener])


if __name__ == "__main__":
    main()
