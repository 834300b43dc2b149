"""
Word errors by Whisper's own normalizers on both sides, counted by jiwer.

As a program: the pooled word error rate of [reference, hypothesis] pairs of English; JSON on stdin, a number on stdout.
Pooled means the sum of errors over the sum of reference words.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import jiwer
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

_english = EnglishTextNormalizer()
# Diacritics are left out: some reference texts are written without them.
_basic = BasicTextNormalizer(remove_diacritics=True)


@dataclass(frozen=True)
class Errors:
    """Words of the reference, and how many of them were missed, changed or added."""

    words: int
    errors: int


def errors_of(reference: str, hypothesis: str, *, language: str) -> Errors:
    normalize = _english if language == "en" else _basic
    found = jiwer.process_words([normalize(reference).strip()], [normalize(hypothesis).strip()])
    wrong = found.substitutions + found.deletions + found.insertions
    return Errors(found.hits + found.substitutions + found.deletions, wrong)


def pooled(counts: Iterable[Errors]) -> float:
    """The word error rate of all together."""
    counted = list(counts)
    return sum(count.errors for count in counted) / sum(count.words for count in counted)


def main() -> None:
    pairs: list[tuple[str, str]] = json.load(sys.stdin)
    print(pooled(errors_of(reference, hypothesis, language="en") for reference, hypothesis in pairs))


if __name__ == "__main__":
    main()
