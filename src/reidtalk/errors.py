"""Errors a user can act on: each says what was given, what is accepted, and what to do."""


class ReidtalkError(Exception):
    """Something the user gave cannot be used; `str(error)` is one line for the user.

    Example: ``DataError("no such folder: cuhk", accepted="the folder that holds reid_raw.json",
    do="unpack CUHK-PEDES there")``.
    """

    def __init__(self, given: str, *, accepted: str = "", do: str = "") -> None:
        self.given, self.accepted, self.do = given, accepted, do
        parts = [given]
        if accepted:
            parts.append(f"accepted: {accepted}")
        if do:
            parts.append(f"what to do: {do}")
        super().__init__("; ".join(" ".join(part.split()) for part in parts))


class ConfigError(ReidtalkError):
    """Flags that contradict each other or lie outside what is possible."""


class DataError(ReidtalkError):
    """A data set, annotation or file of sentences that cannot be used."""


class ImageError(DataError):
    """A picture that cannot be read."""


class CheckpointError(ReidtalkError):
    """A checkpoint that is missing, damaged, or of another model."""


class WriteError(ReidtalkError):
    """A place that cannot be written: no room, no permission."""


class TrainingError(ReidtalkError):
    """Training that cannot go on."""


class IndexingError(ReidtalkError):
    """An index that is missing, damaged, made by another matcher, or in use."""


class SourceError(DataError):
    """A video or stream that cannot be read."""
