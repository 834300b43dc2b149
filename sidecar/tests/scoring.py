"""
What Whisper's normalizers and jiwer make of texts, for control/src/bench/score to be held against.

As a program: writes the golden vectors of control/test/scoring anew; with a seed and a count, prints random ones.
"""

import json
import random
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jiwer
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

GOLDEN = Path(__file__).parents[2] / "control" / "test" / "scoring"

_english = EnglishTextNormalizer()
NORMALIZERS: dict[str, Callable[[str], str]] = {
    "english": _english,
    "numbers": _english.standardize_numbers,
    "basic": BasicTextNormalizer(),
    "basic, no diacritics": BasicTextNormalizer(remove_diacritics=True),
    "basic, split letters": BasicTextNormalizer(split_letters=True),
    "basic, marks kept": BasicTextNormalizer(preserve_marks=True),
}


def normalized(text: str) -> dict[str, str]:
    return {name: normalize(text) for name, normalize in NORMALIZERS.items()}


def normalizer_vector(text: str) -> dict[str, Any]:
    return {"text": text, "normalized": normalized(text)}


_SEPARATORS = [" "] * 12 + ["  ", "-", ", ", ". ", "\n", "\t", "'", ""]


def random_sentence(source: random.Random, pieces: Sequence[str]) -> str:
    """Two thirds of what numbers are said with, the rest short golden texts."""
    words = sorted(_english.standardize_numbers.words)
    text = ""
    for _ in range(source.randint(1, 14)):
        piece = source.choice(words if source.random() < 0.65 else pieces)
        text += (piece.upper() if source.random() < 0.1 else piece) + source.choice(_SEPARATORS)
    return text


def random_characters(source: random.Random) -> str:
    """Of the scripts of living languages: what they are has long been settled, whichever Unicode a language has."""
    ranges = [(0x20, 0x250), (0x300, 0x1000), (0x1000, 0x3000), (0x3000, 0xA000), (0xA000, 0x10000), (0x1F300, 0x1F700)]
    text = ""
    while len(text) < 20:
        character = chr(source.randrange(*source.choice(ranges)))
        if unicodedata.category(character) not in ("Cn", "Co", "Cs"):
            text += character + source.choice(["", "", "a", " ", "1"])
    return text


def edits(reference: Sequence[str], hypothesis: Sequence[str]) -> str:
    """The alignment as letters, from the whole matrix: equal before substitute before delete before insert."""
    rows, columns = len(reference), len(hypothesis)
    cost = [[row + column for column in range(columns + 1)] for row in range(rows + 1)]
    for row in range(1, rows + 1):
        for column in range(1, columns + 1):
            changed = cost[row - 1][column - 1] + (reference[row - 1] != hypothesis[column - 1])
            cost[row][column] = min(changed, cost[row - 1][column] + 1, cost[row][column - 1] + 1)
    found = ""
    row, column = rows, columns
    while row > 0 or column > 0:
        equal = row > 0 and column > 0 and reference[row - 1] == hypothesis[column - 1]
        if equal or (row > 0 and column > 0 and cost[row][column] == cost[row - 1][column - 1] + 1):
            found += "e" if equal else "s"
            row, column = row - 1, column - 1
        elif row > 0 and cost[row][column] == cost[row - 1][column] + 1:
            found += "d"
            row -= 1
        else:
            found += "i"
            column -= 1
    return found[::-1]


def alignment_vector(reference: str, hypothesis: str) -> dict[str, Any]:
    """Words are parted by one space each; jiwer takes no reference without a word."""
    words = jiwer.process_words(reference, hypothesis)
    characters = jiwer.process_characters(reference, hypothesis)
    return {
        "reference": reference,
        "hypothesis": hypothesis,
        "edits": edits(reference.split(), hypothesis.split()),
        "jiwer": {
            "hits": words.hits,
            "substitutions": words.substitutions,
            "deletions": words.deletions,
            "insertions": words.insertions,
            "wer": words.wer,
            "cer": characters.cer,
        },
    }


def random_pair(source: random.Random) -> tuple[str, str]:
    """A text of few or many different words, and the same with errors."""
    vocabulary = source.choice([2, 5, 50, 1000])

    def words(count: int) -> list[str]:
        return [f"w{source.randrange(vocabulary)}" for _ in range(count)]

    reference = words(source.choice([1, 3, 10, 31, 32, 33, 64, 65, 150]))
    hypothesis = list(reference)
    for _ in range(source.choice([0, 1, 3, 20, 60])):
        at = source.randrange(len(hypothesis) + 1)
        length = source.choice([1, 1, 1, 7, 40])
        kind = source.randrange(3)
        hypothesis[at : at + (0 if kind == 0 else length)] = words(0 if kind == 1 else length)
    return " ".join(reference), " ".join(hypothesis)


def vectors(kind: str, *, seed: int, count: int) -> list[dict[str, Any]]:
    source = random.Random(seed)
    if kind == "alignment":
        return [alignment_vector(*random_pair(source)) for _ in range(count)]
    pieces = [text for text in read_texts() if len(text) < 16]
    texts = [random_characters(source) if index % 4 == 0 else random_sentence(source, pieces) for index in range(count)]
    return [normalizer_vector(text) for text in texts]


def read_texts() -> list[str]:
    """What the golden vectors normalize: to add one, write its text into the file, and let it be written anew."""
    return [vector["text"] for vector in json.loads((GOLDEN / "normalizers.json").read_text())]


def goldens() -> dict[str, list[dict[str, Any]]]:
    """By the name of their file: what is in it, its results made anew."""
    pairs = json.loads((GOLDEN / "alignments.json").read_text())
    return {
        "normalizers.json": [normalizer_vector(text) for text in read_texts()],
        "alignments.json": [alignment_vector(pair["reference"], pair["hypothesis"]) for pair in pairs],
    }


def main() -> None:
    if len(sys.argv) == 4:
        kind, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        json.dump(vectors(kind, seed=seed, count=count), sys.stdout)
        return
    for name, made in goldens().items():
        (GOLDEN / name).write_text(json.dumps(made, ensure_ascii=False))


if __name__ == "__main__":
    main()
