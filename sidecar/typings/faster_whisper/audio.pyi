from typing import BinaryIO

import numpy as np
import numpy.typing as npt

def decode_audio(input_file: str | BinaryIO, sampling_rate: int = ...) -> npt.NDArray[np.float32]: ...
