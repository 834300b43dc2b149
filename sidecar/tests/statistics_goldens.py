"""
What scipy and numpy say of the benchmark's statistics.

`python sidecar/tests/statistics_goldens.py` writes the file anew; `biome check --write` then formats it.
"""

# scipy has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false, reportUnknownParameterType=false, reportMissingParameterType=false

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from scipy.spatial.distance import cdist

FILE = Path(__file__).parents[2] / "control" / "src" / "bench" / "stats" / "goldens.json"

RESAMPLES = 100_000
LEVEL = 0.95
CONFIDENCE = 0.99

Values = list[float]


def samples() -> dict[str, Values]:
    """Times and other values, rounded so that the file says exactly what was taken."""
    random = np.random.default_rng(20261124)
    normal = random.normal(0.02, 0.03, 25)
    skewed = random.lognormal(-1, 0.5, 40)
    return {
        "twelve": [0.031, -0.012, 0.044, 0.018, 0.009, 0.027, -0.003, 0.052, 0.015, 0.022, 0.036, 0.001],
        "normal": np.round(normal, 4).tolist(),
        "skewed": np.round(skewed, 4).tolist(),
        "with outliers": [1.0, 1.02, 0.99, 1.01, 0.98, 1.03, 1.0, 1.9, 0.97, 1.01, 0.4],
        "one": [3.5],
    }


def quantiles(values: Values) -> dict[str, Any]:
    parts = [0.0, 0.025, 0.25, 0.5, 0.9, 0.975, 1.0]
    return {
        "values": values,
        "median": float(np.median(values)),
        "quantiles": [{"part": part, "value": float(np.quantile(values, part))} for part in parts],
        "mad": float(stats.median_abs_deviation(values, scale=float(stats.norm.ppf(0.75)))),
    }


def resampled(columns: list[Values], statistic: Any, paired: bool) -> dict[str, Any]:
    result = stats.bootstrap(
        [np.array(column) for column in columns],
        statistic,
        paired=paired,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=1_000,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(7),
    )
    interval = result.confidence_interval
    return {
        "columns": columns,
        "value": float(statistic(*[np.array(column) for column in columns], axis=-1)),
        "low": float(interval.low),
        "high": float(interval.high),
        "standard_error": float(result.standard_error),
    }


def pooled(errors: Any, words: Any, axis: int) -> Any:
    return errors.sum(axis=axis) / words.sum(axis=axis)


def difference(errors1: Any, words1: Any, errors2: Any, words2: Any, axis: int) -> Any:
    return pooled(errors2, words2, axis) - pooled(errors1, words1, axis)


def log_of_medians(reference: Any, candidate: Any, axis: int) -> Any:
    return np.log(np.median(candidate, axis=axis) / np.median(reference, axis=axis))


def bootstraps() -> dict[str, Any]:
    random = np.random.default_rng(6)
    words = random.integers(5, 40, 60)
    reference = random.binomial(words, 0.06)
    candidate = np.clip(reference + random.integers(-1, 3, 60), 0, words)
    wer = [[float(value) for value in column] for column in (reference, words, candidate, words)]
    known = samples()
    unpaired = [[1.0 + value for value in known["twelve"]], [1.04 + value for value in known["normal"]]]
    return {
        "median of twelve": resampled([known["twelve"]], np.median, paired=False),
        "median of normal": resampled([known["normal"]], np.median, paired=False),
        "pooled": resampled(wer[:2], pooled, paired=True),
        "difference": resampled(wer, difference, paired=True),
        "unpaired": resampled([np.round(column, 4).tolist() for column in unpaired], log_of_medians, paired=False),
    }


def wilson(hits: int, of: int, level: float) -> dict[str, Any]:
    interval = stats.binomtest(hits, of).proportion_ci(level, method="wilson")
    return {"hits": hits, "of": of, "level": level, "low": float(interval.low), "high": float(interval.high)}


def least_samples(part: float, above: int) -> dict[str, Any]:
    """By LoadGen's own formula, a regularized incomplete beta function of h = samples - above."""
    samples = above + 1
    while stats.beta.cdf(part, samples - above, above + 1) >= 1 - CONFIDENCE:
        samples += 1
    return {"part": part, "above": above, "samples": samples}


def holm(p_values: Values, level: float) -> dict[str, Any]:
    """By Holm's own words: the i-th smallest p is compared with level / (m - i + 1) until one is greater."""
    count = len(p_values)
    rejected = [False] * count
    for rank, index in enumerate(np.argsort(p_values, kind="stable").tolist()):
        if p_values[index] > level / (count - rank):
            break
        rejected[index] = True
    return {"p": p_values, "level": level, "rejected": rejected}


def best_split(values: Values, least: int) -> dict[str, Any]:
    """The energy statistic by its definition, over all splits."""
    column = np.array(values)[:, None]
    distance = cdist(column, column)

    def energy(at: int) -> float:
        n, m = at, len(values) - at
        between = distance[:at, at:].mean()
        within1 = distance[:at, :at].sum() / (n * (n - 1))
        within2 = distance[at:, at:].sum() / (m * (m - 1))
        return float(n * m / (n + m) * (2 * between - within1 - within2))

    energies = {at: energy(at) for at in range(least, len(values) - least + 1)}
    at = max(energies, key=lambda place: energies[place])
    return {"values": values, "least": least, "at": at, "energy": energies[at]}


def goldens() -> dict[str, Any]:
    """Everything that the file holds."""
    known = samples()
    cumulative = [(0, 10, 0.1), (1, 64, 0.1), (1, 63, 0.1), (7, 662, 0.01), (900, 10_000, 0.1), (480, 100_000, 0.005)]
    levels = [1e-12, 1e-6, 0.001, 0.02, 0.025, 0.074, 0.1, 0.25, 0.5, 0.75, 0.8, 0.925, 0.975, 0.995, 1 - 1e-9]
    rates = [(0, 20, 0.95), (3, 40, 0.95), (40, 40, 0.9), (512, 1000, 0.99)]
    history = [*known["normal"][:12], *[value + 0.1 for value in known["normal"][12:]]]
    return {
        "quantiles": {name: quantiles(values) for name, values in known.items()},
        "normal": [{"p": p, "z": float(stats.norm.ppf(p))} for p in levels],
        "bootstrap": {"resamples": RESAMPLES, "level": LEVEL, "cases": bootstraps()},
        "wilson": [wilson(hits, of, level) for hits, of, level in rates],
        "binomial": [
            {"most": most, "samples": count, "chance": chance, "p": float(stats.binom.cdf(most, count, chance))}
            for most, count, chance in cumulative
        ],
        "least_samples": [least_samples(part, above) for part in (0.9, 0.95, 0.99) for above in (0, 1, 2, 5, 20)],
        "holm": [
            holm([0.01, 0.04, 0.03, 0.005], 0.05),
            holm([0.2, 0.0001, 0.024, 0.5, 0.0125], 0.05),
            holm([0.03, 0.02, 0.06], 0.05),
        ],
        "split": [best_split(history, 3), best_split(known["skewed"], 5)],
    }


def write() -> None:
    FILE.write_text(json.dumps(goldens(), indent=2) + "\n")


if __name__ == "__main__":
    write()
