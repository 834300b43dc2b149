"""
Speech with known text from Debian packages: telephone prompts in five languages, and five sentences of LibriVox.

asterisk-core-sounds-XX has the texts and asterisk-core-sounds-XX-wav the speech, 8 kHz; pocketsphinx-testdata has the
sentences, 16 kHz.
"""

import gzip
import io
import random
import re
import wave
from dataclasses import dataclass
from pathlib import Path

from hum_sidecar.audio import Samples, samples_of
from hum_sidecar.decoder import Budget, decode

LANGUAGES = ("en", "es", "fr", "it", "ru")

# On so many of each language, and on the sentences of LibriVox, the numbers in shortened.py were chosen.
TUNED_ON = 80

_SOUNDS = Path("/usr/share/asterisk/sounds")
_TEXTS = Path("/usr/share/doc")
_LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")

# What the fast profile takes.
_LONGEST_S = 15
# Of one or two words Whisper hears what it likes, with any padding.
_LEAST_WORDS = 3


@dataclass(frozen=True)
class Clip:
    """Speech as a file, and what is said in it."""

    language: str
    name: str
    text: str
    path: Path

    def samples(self) -> Samples:
        pieces: list[bytes] = []
        source = io.BytesIO(self.path.read_bytes())
        decode(source, budget=Budget(duration_s=60, cpu_s=60), check=lambda: None, take=pieces.append)
        return samples_of(b"".join(pieces))


def tuned_on(language: str) -> list[Clip]:
    """The prompts by which the fast profile was made as it is."""
    return _in_order(language)[:TUNED_ON]


def held_out(language: str) -> list[Clip]:
    """All others. In a random order that is always the same, as is that of the tuned ones: any part is a sample."""
    return _in_order(language)[TUNED_ON:]


def librivox() -> list[Clip]:
    lines = (_LIBRIVOX / "transcription").read_text().splitlines()
    found = [re.fullmatch(r"<s> (.*) </s> \((.*)\)", line.strip()) for line in lines]
    return [Clip("en", match[2], match[1], _LIBRIVOX / f"{match[2]}.wav") for match in found if match]


def _in_order(language: str) -> list[Clip]:
    clips = sorted(_prompts(language), key=lambda clip: clip.name)
    random.Random(f"study {language}").shuffle(clips)
    return clips


def _prompts(language: str) -> list[Clip]:
    package = f"asterisk-core-sounds-{language}"
    with gzip.open(_TEXTS / package / f"core-sounds-{language}.txt.gz", "rt", errors="replace") as texts:
        entries = [re.fullmatch(r"([\w/-]+):\s*(.+)", line.strip()) for line in texts]
    clips = [
        Clip(language, entry[1], entry[2].strip(), _SOUNDS / language / f"{entry[1]}.wav") for entry in entries if entry
    ]
    return [clip for clip in clips if clip.path.is_file() and _is_usable(clip)]


def _is_usable(clip: Clip) -> bool:
    # Brackets and question marks stand for sounds and for lost letters.
    if re.search(r"[\[\](){}?\ufffd]", clip.text) or len(clip.text.split()) < _LEAST_WORDS:
        return False
    # Only the English normalizer knows that "1" is "one".
    if clip.language != "en" and re.search(r"\d", clip.text):
        return False
    with wave.open(str(clip.path)) as wav:
        return wav.getnframes() / wav.getframerate() < _LONGEST_S
