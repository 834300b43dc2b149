"""Makes media that is meant to hurt: small files that decode to hours, and headers that lie. Nothing of it is kept."""

import struct
from pathlib import Path

from media import JFK, encode

# One byte: two frames of 60 ms, each of no bytes, which a decoder fills with silence (RFC 6716, 3.1 and 3.2).
_EMPTY_OPUS = bytes([3 << 3 | 1])
_OPUS_PACKET_S = 0.12
_PACKETS_PER_PAGE = 255
_OPUS_RATE = 48_000


def opus(duration_s: float, *, declared_s: float | None = None) -> bytes:
    """Silence in Ogg Opus, 17 bytes a second; `declared_s` is what its pages say, if that is not true."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, _OPUS_RATE, 0, 0)
    tags = b"OpusTags" + struct.pack("<I4sI", 4, b"bomb", 0)
    pages = [_page([head], sequence=0, granule=0, kind=2), _page([tags], sequence=1, granule=0)]
    count = round(duration_s / (_OPUS_PACKET_S * _PACKETS_PER_PAGE))
    scale = 1.0 if declared_s is None else declared_s / duration_s
    for number in range(count):
        end_s = (number + 1) * _PACKETS_PER_PAGE * _OPUS_PACKET_S * scale
        kind = 4 if number == count - 1 else 0
        packets = [_EMPTY_OPUS] * _PACKETS_PER_PAGE
        pages.append(_page(packets, sequence=number + 2, granule=int(end_s * _OPUS_RATE), kind=kind))
    return b"".join(pages)


def wav(*, rate: int = 16_000, channels: int = 1, declared: int | None = None, data: bytes = bytes(64_000)) -> bytes:
    """PCM with any header; `declared` is the length that it gives, if that is not true."""
    length = len(data) if declared is None else declared
    form = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2 & 0xFFFF_FFFF, channels * 2 & 0xFFFF, 16
    )
    body = form + struct.pack("<4sI", b"data", length) + data
    return struct.pack("<4sI4s", b"RIFF", 36 + length & 0xFFFF_FFFF, b"WAVE") + body


def flac(directory: Path, *, total_samples: int) -> bytes:
    """Real speech whose header gives another number of samples (36 bits at byte 21 of the file)."""
    path = directory / "forged.flac"
    encode(path, codec="flac", rate=16_000)
    content = bytearray(path.read_bytes())
    high = content[21] & 0xF0 | total_samples >> 32 & 0x0F
    content[21:26] = struct.pack(">BI", high, total_samples & 0xFFFF_FFFF)
    return bytes(content)


def mp4(directory: Path, *, sample_delta: int) -> bytes:
    """Real speech whose time table says that every frame lasts `sample_delta` ticks."""
    path = directory / "forged.m4a"
    encode(path, codec="aac", rate=16_000)
    content = bytearray(path.read_bytes())
    table = content.index(b"stts") + 12
    struct.pack_into(">I", content, table + 4, sample_delta)
    return bytes(content)


def matroska(directory: Path) -> bytes:
    """Real speech in clusters of an unknown, then of an absurd size."""
    path = directory / "forged.mkv"
    encode(path, codec="flac", rate=16_000)
    content = bytearray(path.read_bytes())
    cluster = content.index(b"\x1f\x43\xb6\x75") + 4
    content[cluster : cluster + 8] = b"\x01\x7f\xff\xff\xff\xff\xff\xff"
    return bytes(content)


def playlists(url: str) -> dict[str, bytes]:
    """Files that name another one: at `url`, where somebody listens, and on this disk."""
    names = {
        "at an address": url,
        "on disk": str(JFK),
        "as file:": f"file://{JFK}",
        "as concat:": f"concat:{JFK}|{JFK}",
    }
    files: dict[str, bytes] = {}
    for place, target in names.items():
        files[f"m3u8 {place}"] = f"#EXTM3U\n#EXT-X-TARGETDURATION:11\n#EXTINF:11,\n{target}\n#EXT-X-ENDLIST\n".encode()
        files[f"concat {place}"] = f"ffconcat version 1.0\nfile '{target}'\n".encode()
        files[f"m3u {place}"] = f"#EXTM3U\n{target}\n".encode()
        files[f"pls {place}"] = f"[playlist]\nFile1={target}\nNumberOfEntries=1\n".encode()
    host, _, port = url.removeprefix("http://").partition(":")
    session = f"v=0\no=- 0 0 IN IP4 {host}\ns=x\nc=IN IP4 {host}\nt=0 0\nm=audio {port.strip('/')} RTP/AVP 0\n"
    files["sdp"] = session.encode()
    manifest = f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}</BaseURL></MPD>'
    files["dash"] = f'<?xml version="1.0"?>{manifest}'.encode()
    files["srt"] = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n"
    files["svg"] = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/></svg>'.encode()
    return files


def _page(packets: list[bytes], *, sequence: int, granule: int, kind: int = 0) -> bytes:
    """One Ogg page (RFC 3533, 6), each packet shorter than 255 bytes."""
    table = bytes(len(packet) for packet in packets)
    fixed = struct.pack("<4sBBqIII", b"OggS", 0, kind, granule, 1, sequence, 0) + bytes([len(packets)])
    page = bytearray(fixed + table + b"".join(packets))
    struct.pack_into("<I", page, 22, _checksum(page))
    return bytes(page)


def _make_table() -> list[int]:
    table: list[int] = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ 0x04C1_1DB7 if value & 0x8000_0000 else value << 1) & 0xFFFF_FFFF
        table.append(value)
    return table


_TABLE = _make_table()


def _checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC-32: not reflected, starting from 0."""
    value = 0
    for byte in page:
        value = value << 8 & 0xFFFF_FFFF ^ _TABLE[value >> 24 ^ byte]
    return value
