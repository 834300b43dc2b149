"""HumError: the one exception of ours, with a code from the one table in proto/errors.json."""

from hum_sidecar.messages import ErrorCode, ErrorData, Stage

# The retryable codes that a sidecar raises; a test holds them equal to proto/errors.json.
RETRYABLE: frozenset[ErrorCode] = frozenset({"overloaded", "loading", "deadline"})


class HumError(Exception):
    """A failure whose message says what was wrong, with the value, and what would be right."""

    def __init__(self, code: ErrorCode, message: str, *, stage: Stage) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message
        self.stage: Stage = stage

    def to_data(self) -> ErrorData:
        """What crosses the wire."""
        return ErrorData(self.code, self.message, self.code in RETRYABLE, self.stage)


def without_details(error: Exception) -> str:
    """What clients may read of an exception that is not ours: its own words may hold paths of this machine."""
    return f"{type(error).__name__} (the server's log says more)"
