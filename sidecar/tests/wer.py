"""Pooled word error rate of [reference, hypothesis] pairs: JSON on stdin, one number on stdout.

Whisper's English normalizer on both sides; pooled means the sum of errors over the sum of reference words (jiwer).
"""

import json
import sys

import jiwer
from whisper_normalizer.english import EnglishTextNormalizer


def main() -> None:
    normalize = EnglishTextNormalizer()
    pairs: list[tuple[str, str]] = json.load(sys.stdin)
    references = [normalize(reference) for reference, _ in pairs]
    hypotheses = [normalize(hypothesis) for _, hypothesis in pairs]
    print(jiwer.process_words(references, hypotheses).wer)


if __name__ == "__main__":
    main()
