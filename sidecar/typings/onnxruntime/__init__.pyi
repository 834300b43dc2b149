# What the speech gate uses of onnxruntime, which has no types.
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

class InferenceSession:
    def run(
        self, output_names: Sequence[str] | None, input_feed: Mapping[str, npt.NDArray[np.float32]]
    ) -> list[npt.NDArray[np.float32]]: ...
