"""Addresses of streams, and what of them may be shown."""

import re

STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://.")
_USER = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/?#]*@", re.IGNORECASE)
_USER_WITH_SLASH = re.compile(
    r"^([a-z][a-z0-9+.-]*://)[^/?#@\[]*:(?!\d+(?:[/?#]|$)).*@", re.IGNORECASE | re.DOTALL
)
_SECRET = re.compile(
    r"([?&;][^=&;#]*(?:pass|pwd|psw|token|auth|key|secret|sign|user|usr|login|account)[^=&;#]*=)[^&;#]*",
    re.IGNORECASE,
)


def stream_scheme(given: str) -> str:
    """The scheme of an address, in lower case; empty for a path."""
    match = _SCHEME.match(given)
    return match[1].lower() if match else ""


def without_password(address: str) -> str:
    """The address as it may be shown and stored: no user, no password, no keys. A path is as it was."""
    if "://" not in address:
        return address
    shown = _USER.sub(r"\1", address)
    if shown == address:  # a password with / ? or # in it, not written as %2F
        shown = _USER_WITH_SLASH.sub(r"\1", address)
    return _SECRET.sub(r"\1***", shown)
