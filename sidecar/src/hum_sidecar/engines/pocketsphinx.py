"""
The pocketsphinx engine: US English by hidden Markov models, with the model that lies in its Python package.

Of a job's options it takes task, language, word_timestamps, clip_timestamps and speech_gate. Everything else steers how
Whisper searches and changes nothing here. That holds for prompts and hotwords too: they are hints, which many clients
always send, and a model whose vocabulary is fixed has no use for them.
"""

import math
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from hum_sidecar.audio import SAMPLE_RATE, Samples
from hum_sidecar.engines.protocol import LOST_LOGPROB, Host, Outcome, Run, worker_count
from hum_sidecar.errors import HumError, without_details
from hum_sidecar.log import log
from hum_sidecar.messages import Load, ModelIdentity, TranscriptSegment, Word
from hum_sidecar.options import JobOptions

if TYPE_CHECKING:
    from pocketsphinx import Decoder

# pocketsphinx keeps Python's lock while it computes: pings wait as long as one of these takes, and so does a cancel.
_PIECE = SAMPLE_RATE // 10
# Nor can the end of an utterance, where the best path is found, be cut into pieces.
_LONGEST_UTTERANCE = 20 * SAMPLE_RATE
# For the same reason more decoders (95 MB each) make nothing faster; a few let short audio pass long audio.
_MOST_WORKERS = 4

# So much speech tells a recording's mean spectrum; a search for one word is the cheapest way to compute it.
_TUNING = 10 * SAMPLE_RATE
_TUNING_SEARCH = "tuning"
_FRAMES_PER_S = 100
# The dictionary writes a word's other pronunciations as 'and(2)', and what is no word as '<sil>' or '[NOISE]'.
_VARIANT = re.compile(r"\(\d+\)$")
_NO_WORD = ("<", "[", "+")

_ENGLISH = Outcome("en", 1.0)


class Pocketsphinx:
    """Decoders, one for each job that runs."""

    def __init__(self, decoders: "Sequence[Decoder]", *, load: Load, host: Host) -> None:
        self._calls = host.calls
        self._idle: SimpleQueue[Decoder] = SimpleQueue()
        for decoder in decoders:
            decoder.add_keyphrase(_TUNING_SEARCH, "the")
            self._idle.put(decoder)
        self.workers = len(decoders)
        self.slots = load.slots or self.workers + 1
        self.identity = ModelIdentity(load.model, metadata.version("pocketsphinx"), "pocketsphinx", "cpu", "none")

    def transcribe(
        self, samples: Samples, options: JobOptions, *, run: Run, tell: Callable[[TranscriptSegment], None]
    ) -> Outcome:
        from hum_sidecar.gate import has_speech

        self._refuse_what_it_cannot(options)
        passes = not options.speech_gate or has_speech(samples, check=run.check)
        spoken = list(utterances(samples, options.clip_timestamps, check=run.check)) if passes else []
        if not spoken:
            return _ENGLISH
        told = 0
        decoder = self._idle.get()
        try:
            self._tune(decoder, np.concatenate([samples[start:end] for start, end in spoken[:10]])[:_TUNING])
            for start, end in spoken:
                words = self._words(decoder, samples[start:end], start_s=start / SAMPLE_RATE, run=run)
                if words:
                    told += 1
                    tell(_segment(told, words, start=start, with_words=options.word_timestamps))
        finally:
            self._idle.put(decoder)
        return _ENGLISH

    def _refuse_what_it_cannot(self, options: JobOptions) -> None:
        if options.task == "translate" or options.language not in (None, "en"):
            asked = f"{options.task} language '{options.language or 'en'}'; use a multilingual model such as 'base'"
            message = f"model '{self.identity.name}' is English-only and cannot {asked}"
            raise HumError("bad_request", message, stage="transcribe")

    def _tune(self, decoder: "Decoder", speech: Samples) -> None:
        """
        Make the decoder forget the last job and begin with the mean spectrum of this one's first speech. It would learn
        the mean as it goes, but from a guess: of the bundled clip hardly a word was right before it had.
        """
        with self._calls.running():
            decoder.reinit_feat()
            decoder.activate_search(_TUNING_SEARCH)
            decoder.start_utt()
            decoder.process_raw(_pcm_of(speech), full_utt=True)
            decoder.end_utt()
            mean = decoder.get_cmn()
            decoder.reinit_feat()
            decoder.set_cmn(mean)
            decoder.activate_search()

    def _words(self, decoder: "Decoder", samples: Samples, *, start_s: float, run: Run) -> list[Word]:
        """Of one utterance; times are from the start of the audio, a probability is the word's posterior."""
        decoder.start_utt()
        try:
            for at in range(0, len(samples), _PIECE):
                run.check()
                with self._calls.running():
                    decoder.process_raw(_pcm_of(samples[at : at + _PIECE]))
        finally:
            with self._calls.running():
                decoder.end_utt()
        with self._calls.running():
            heard = [word for word in decoder.seg() if not word.word.startswith(_NO_WORD)]
        return [
            Word(
                " " + _VARIANT.sub("", word.word),
                round(start_s + word.start_frame / _FRAMES_PER_S, 2),
                # Its last frame is its own.
                round(start_s + min((word.end_frame + 1) / _FRAMES_PER_S, len(samples) / SAMPLE_RATE), 2),
                min(word.prob, 1.0),
            )
            for word in heard
        ]


def load_engine(load: Load, host: Host) -> Pocketsphinx:
    """With the model in the package. Raises HumError `loading` with what is missing or unsupported."""
    try:
        from pocketsphinx import Decoder
    except ImportError as error:
        raise _not_loadable(load, "pocketsphinx is not installed; it comes for Python 3.11 and 3.13") from error
    from hum_sidecar.gate import load_gate

    try:
        workers = range(min(worker_count(load.workers), _MOST_WORKERS))
        # The flat second pass goes over a whole utterance in one call, and found no more words in the clips at hand.
        decoders = [Decoder(loglevel="FATAL", fwdflat=False) for _ in workers]
        load_gate()
    except (RuntimeError, ValueError, OSError) as error:
        raise _not_loadable(load, f"pocketsphinx raised {without_details(error)}") from error
    log("info", "model loaded", model=load.model, workers=len(decoders))
    return Pocketsphinx(decoders, load=load, host=host)


def _not_loadable(load: Load, why: str) -> HumError:
    return HumError("loading", f"model '{load.model}' cannot be loaded: {why}", stage="load")


def utterances(samples: Samples, clips: Sequence[float], *, check: Callable[[], None]) -> Iterator[tuple[int, int]]:
    """The first sample of each, and the one after its last: what is spoken between pauses, within the clips."""
    bounds = [min(round(second * SAMPLE_RATE), len(samples)) for second in clips] or [0]
    for first, last in zip(bounds[::2], [*bounds, len(samples)][1::2], strict=False):
        for start, end in _spoken(samples[first:last], check=check):
            for at in range(first + start, first + end, _LONGEST_UTTERANCE):
                yield at, min(at + _LONGEST_UTTERANCE, first + end)


def _spoken(samples: Samples, *, check: Callable[[], None]) -> Iterator[tuple[int, int]]:
    """By pocketsphinx's endpointer: from where 0.3 s are nearly all speech to where they are nearly all silence."""
    from pocketsphinx import Endpointer

    endpointer = Endpointer()
    size = endpointer.frame_bytes // 2
    for at in range(0, len(samples) - size + 1, size):
        check()
        was_speech = endpointer.in_speech
        endpointer.process(_pcm_of(samples[at : at + size]))
        if was_speech and not endpointer.in_speech:
            yield round(endpointer.speech_start * SAMPLE_RATE), round(endpointer.speech_end * SAMPLE_RATE)
    if endpointer.in_speech:
        yield round(endpointer.speech_start * SAMPLE_RATE), len(samples)


def _pcm_of(samples: Samples) -> bytes:
    return (samples * 32768).round().clip(-32768, 32767).astype("<i2").tobytes()


def _segment(number: int, words: list[Word], *, start: int, with_words: bool) -> TranscriptSegment:
    text = "".join(word.word for word in words)
    logprobs = [math.log(word.probability) if word.probability > 0 else LOST_LOGPROB for word in words]
    return TranscriptSegment(
        id=number,
        seek=start * _FRAMES_PER_S // SAMPLE_RATE,
        start=words[0].start,
        end=words[-1].end,
        text=text,
        # Words are not made of tokens here, nothing is drawn at random, and an utterance without words is no segment.
        tokens=[],
        temperature=0.0,
        no_speech_prob=0.0,
        # Of the words' posteriors, where Whisper has its tokens' probabilities; the ratio is as faster-whisper has it.
        avg_logprob=sum(logprobs) / len(logprobs),
        compression_ratio=len(text.encode()) / len(zlib.compress(text.encode())),
        words=words if with_words else None,
    )
