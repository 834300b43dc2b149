# What the sidecar uses of ctranslate2, which has no types.
from typing import Any

import numpy.typing as npt
from ctranslate2 import models as models

def get_cuda_device_count() -> int: ...
def get_supported_compute_types(device: str, device_index: int = ...) -> set[str]: ...

class StorageView:
    @property
    def shape(self) -> list[int]: ...
    @staticmethod
    def from_array(array: npt.NDArray[Any]) -> StorageView: ...
