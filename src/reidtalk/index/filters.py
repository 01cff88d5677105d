"""Which entries a search may find: applied inside the search, so that the best of what passes is found."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from reidtalk.errors import ConfigError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = -(2**62)
"""The time of an entry without one, in microseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """All that is given must hold; a filter of time passes only entries whose time is known."""

    cameras: tuple[str, ...] = ()
    """One of these; empty: any."""
    sources: tuple[str, ...] = ()
    """One of these files or addresses, as they were indexed; empty: any."""
    after: datetime | None = None
    """Still in sight at that time or later; who has no end counts from the start."""
    before: datetime | None = None
    """Came into sight at that time or earlier."""
    from_time: time | None = None
    """Came into sight at this time of day or later, by the camera's clock."""
    to_time: time | None = None
    """Came into sight at this time of day or earlier; before `from_time`: the span goes over midnight."""
    min_height_px: int = 0
    """The best shot is at least so high."""

    def __post_init__(self) -> None:
        require_tuples(self, "cameras", "sources")
        for name in ("after", "before"):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is None:
                raise ConfigError(f"{name} {moment} has no time zone", accepted="2026-11-24T08:00+01:00",
                                  do="add the zone")  # fmt: skip
        if self.min_height_px < 0:
            raise ConfigError(f"minimum height {self.min_height_px}", accepted="0 or more")

    @property
    def passes_all(self) -> bool:
        """Whether nothing is filtered."""
        return self == Filter()


def require_tuples(settings: object, *names: str) -> None:
    """Raises `ConfigError` where one string stands for several: it would be taken for its letters."""
    for name in names:
        if isinstance(value := getattr(settings, name), str):
            raise ConfigError(f"{name} is {value!r}", accepted=f"several, as in {name}=({value!r},)",
                              do="put it in brackets, with a comma")  # fmt: skip


def microseconds(moment: datetime | None) -> int:
    """Whole microseconds since 1970 in UTC; `NEVER` for None."""
    return NEVER if moment is None else (moment - EPOCH) // timedelta(microseconds=1)


def day_seconds(moment: datetime | time | None) -> int:
    """Whole seconds since midnight by the local clock; -1 for None."""
    return -1 if moment is None else moment.hour * 3600 + moment.minute * 60 + moment.second
