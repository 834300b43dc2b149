import numpy as np
import numpy.typing as npt
from onnxruntime import InferenceSession

class SileroVADModel:
    session: InferenceSession
    def __call__(self, audio: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]: ...

def get_vad_model() -> SileroVADModel: ...
