"""Makes the test media from the bundled sample: `python sidecar/tests/media.py OUTDIR`."""

# PyAV leaves its packets' type parameter open.
# pyright: reportUnknownMemberType=false

import struct
import sys
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

JFK = Path(__file__).parents[2] / "configs" / "samples" / "jfk.wav"
RATE = 16_000


def make_all(directory: Path) -> None:
    """Speech in every container that is accepted, and files that are not what they seem."""
    directory.mkdir(parents=True, exist_ok=True)
    encode(directory / "jfk.mp3", codec="libmp3lame", rate=44_100)
    encode(directory / "jfk.m4a", codec="aac", rate=44_100)
    encode(directory / "jfk.ogg", codec="libopus", rate=48_000)
    encode(directory / "jfk-vorbis.ogg", codec="vorbis", rate=44_100, layout="stereo")
    encode(directory / "jfk.webm", codec="libopus", rate=48_000)
    encode(directory / "jfk.mkv", codec="flac", rate=48_000)
    encode(directory / "jfk.flac", codec="flac", rate=16_000)
    encode(directory / "jfk.aac", codec="aac", rate=44_100, container="adts")
    encode(directory / "jfk.mp4", codec="aac", rate=44_100, with_video=True)
    encode(directory / "jfk-stereo-44k.wav", codec="pcm_s16le", rate=44_100, layout="stereo")
    encode(directory / "jfk-24bit.wav", codec="pcm_s24le", rate=48_000)
    encode(directory / "jfk-float.wav", codec="pcm_f32le", rate=16_000)
    encode(directory / "jfk-mulaw-8k.wav", codec="pcm_mulaw", rate=8_000)
    # Its header ends before the samples begin.
    (directory / "truncated.wav").write_bytes(JFK.read_bytes()[:40])
    (directory / "text.wav").write_text("This is a text that is named as if it were audio.\n" * 20)
    (directory / "empty.wav").write_bytes(b"")
    write_wav(directory / "silence.wav", np.zeros(5 * RATE))
    write_wav(directory / "noise.wav", noise(5.0, level=0.1, seed=1))


def make_refused(directory: Path) -> None:
    """Files that FFmpeg would open, some of which name other files."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "list.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:11\n#EXTINF:11,\n{JFK}\n#EXT-X-ENDLIST\n")
    (directory / "concat.txt").write_text(f"ffconcat version 1.0\nfile '{JFK}'\n")
    (directory / "captions.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n")
    with av.open(directory / "image.png", "w", format="image2") as output:
        stream = output.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
        output.mux(stream.encode(_picture("rgb24")))
        output.mux(stream.encode(None))
    encode(directory / "jfk.aiff", codec="pcm_s16be", rate=16_000)
    encode(directory / "jfk.avi", codec="libmp3lame", rate=44_100)


def encode(
    path: Path,
    *,
    codec: str,
    rate: int,
    layout: str = "mono",
    container: str | None = None,
    with_video: bool = False,
    source: Path = JFK,
) -> None:
    """The bundled sample in another container and codec."""
    with av.open(source) as speech, av.open(path, "w", format=container) as output:
        audio = output.add_stream(codec, rate=rate, layout=layout, options={"strict": "experimental"})
        assert isinstance(audio, AudioStream)
        if with_video:
            video = output.add_stream("mpeg4", rate=1)
            assert isinstance(video, VideoStream)
            video.width, video.height, video.pix_fmt = 16, 16, "yuv420p"
            for second in range(11):
                picture = _picture("yuv420p")
                picture.pts, picture.time_base = second, Fraction(1)
                output.mux(video.encode(picture))
            output.mux(video.encode(None))
        resampler = AudioResampler(
            format=audio.codec_context.format,
            layout=layout,
            rate=rate,
            frame_size=audio.codec_context.frame_size or None,
        )
        for frame in [*speech.decode(audio=0), None]:
            for resampled in resampler.resample(frame):
                output.mux(audio.encode(resampled))
        output.mux(audio.encode(None))


def noise(duration_s: float, *, level: float, seed: int) -> np.ndarray:
    """White noise as samples between -1 and 1."""
    return np.random.default_rng(seed).normal(0, level, int(duration_s * RATE)).clip(-1, 1)


def greedy_wav() -> bytes:
    """The bundled sample with a forged description of 1.5 GiB, for which FFmpeg asks memory as soon as it opens it."""
    wav = JFK.read_bytes()
    return wav[:12] + b"bext" + struct.pack("<I", 3 << 29) + bytes(602) + wav[12:]


def write_wav(path: Path, samples: np.ndarray, *, rate: int = RATE) -> None:
    """Samples between -1 and 1 as 16-bit mono PCM."""
    with wave.open(str(path), "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(rate)
        output.writeframes((samples * 32767).astype("<i2").tobytes())


def _picture(pixels: str) -> VideoFrame:
    return VideoFrame.from_ndarray(np.zeros((16, 16, 3), dtype=np.uint8), format="rgb24").reformat(format=pixels)


if __name__ == "__main__":
    make_all(Path(sys.argv[1]))
    make_refused(Path(sys.argv[1]))
