"""User names and passwords of FIX Logons (553, 554), kept as scrypt digests (RFC 7914).

A stored password is ``scrypt$n$r$p$salt$digest``, salt and digest in base64. The defaults cost
about 20 ms and 8 MiB: all sessions wait while a Logon is judged, so the price is paid by whoever
guesses, and the front door limits how often that may be.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

_N, _R, _P = 2**13, 8, 1
_SECRETS = re.compile(r"(?<=\x01)(96|554|925|1402|1404)=[^\x01]*")


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """Who may log on, and the digest of the password."""

    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a digest that could never match, at the door rather than at the first Logon."""
        _parse(self.password)

    def refuses(self, logon: str) -> str | None:
        """Say why a Logon's user name and password are refused, or None.

        Takes the same time wherever they differ.
        """
        fields = dict(pair.partition("=")[::2] for pair in logon.split("\x01"))
        n, r, p, salt, digest = _parse(self.password)
        password = _bytes(fields.get("554", ""))
        offered = hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, dklen=len(digest))
        same_user = hmac.compare_digest(_bytes(fields.get("553", "")), _bytes(self.username))
        if hmac.compare_digest(offered, digest) and same_user:
            return None
        return "unknown user name or password"


def masked(logon: str) -> str:
    """Write `***` for what nobody may read in a Logon: passwords, old, new, raw or encrypted."""
    return _SECRETS.sub(r"\1=***", logon)


def digest_of(password: str) -> str:
    """Write `password` in the form settings keep it in."""
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(_bytes(password), salt=salt, n=_N, r=_R, p=_P, dklen=32)
    return f"scrypt${_N}${_R}${_P}${b64encode(salt).decode()}${b64encode(digest).decode()}"


def _parse(stored: str) -> tuple[int, int, int, bytes, bytes]:
    try:
        scheme, n, r, p, salt, digest = stored.split("$")
        parsed = int(n), int(r), int(p), b64decode(salt), b64decode(digest)
    except ValueError as error:
        raise ValueError(
            "a stored password is `scrypt$n$r$p$salt$digest`, this one is not"
        ) from error
    if scheme != "scrypt" or not parsed[4]:
        raise ValueError("a stored password is `scrypt$n$r$p$salt$digest`, this one is not")
    return parsed


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
