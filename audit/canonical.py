r"""Canonical JSON: the one way to write a record down.

The profile is RFC 8785 (JCS) narrowed so that every language agrees without a number printer:

* the text is one JSON object, UTF-8, no white space between tokens, no byte order mark;
* member names are ASCII, unique, and sorted by code point;
* numbers are integers with -2^53 <= n <= 2^53, written without sign for zero, without fraction or
  exponent; a decimal is a string, an instant is integer microseconds UTC;
* strings escape only what JSON demands: `\"`, `\\`, `\b \t \n \f \r`, other controls below U+0020
  as `\u00xx` in lower case; everything else is written as itself; lone surrogates do not exist.

A record is hashed and stored as exact bytes, so this module never stands between a record and its
proof. It writes the journal's own JSON, and tells an auditor where a record strays from the
profile.
"""

import json
from typing import Any, NoReturn

INTEGER_MAX = 2**53


class _Stray(ValueError):
    """A value that the profile does not have."""


def encode(value: object) -> bytes:
    """Write objects with ASCII names, lists, strings, integers, booleans and None canonically."""
    _check(value)
    return _dump(value)


def decode(record: bytes) -> dict[str, Any]:
    """Read a record that is known to be canonical."""
    value: dict[str, Any] = _decoder.decode(record.decode())
    return value


def flaw(record: bytes) -> str | None:
    """Say why `record` is not canonical, or None when it is."""
    try:
        value = _decoder.decode(record.decode("utf-8"))
        if not isinstance(value, dict):
            return "a record is a JSON object"
        if not record.isascii():
            _check(value)
        wanted = _dump(value)
    except UnicodeDecodeError as error:
        return f"byte {error.start} is not UTF-8"
    except UnicodeEncodeError:
        return "a string holds half a surrogate pair"
    except json.JSONDecodeError as error:
        return f"not JSON at character {error.pos}: {error.msg.lower()}"
    except _Stray as error:
        return str(error)
    except RecursionError:
        return "nested too deeply"
    if record == wanted:
        return None
    at = next(
        (at for at, (found, want) in enumerate(zip(record, wanted, strict=False)) if found != want),
        min(len(record), len(wanted)),
    )
    return f"byte {at} is not canonical: `{_around(record, at)}`, wanted `{_around(wanted, at)}`"


def _dump(value: object) -> bytes:
    # ASCII names sort alike by code point, UTF-16 unit and byte; json's short escapes and lower-
    # case \u00xx are those of RFC 8785, and a name written twice survives once, so it shows as a
    # difference.
    return _encoder.encode(value).encode()


def _check(value: object) -> None:
    """Refuse what `_dump` would write but the profile does not have."""
    match value:
        case None | bool() | str():
            pass
        case int():
            if not -INTEGER_MAX <= value <= INTEGER_MAX:
                raise _Stray(f"an integer beyond 2^53: `{value}`")
        case list():
            for item in value:
                _check(item)
        case dict():
            for name, member in value.items():
                if not isinstance(name, str) or not name.isascii():
                    raise _Stray(f"a member name that is not ASCII: `{name}`")
                _check(member)
        case _:
            raise _Stray(f"`{value!r}` has no place in canonical JSON")


def _integer(text: str) -> int:
    if len(text) >= len("9007199254740992") and not (
        len(text) <= len("-9007199254740992") and -INTEGER_MAX <= int(text) <= INTEGER_MAX
    ):
        raise _Stray(f"an integer beyond 2^53: `{text[:40]}`")
    return int(text)


def _no_fraction(text: str) -> NoReturn:
    raise _Stray(f"a number that is not an integer: `{text}`")


def _around(text: bytes, at: int) -> str:
    return text[at : at + 12].decode("utf-8", "backslashreplace")


_decoder = json.JSONDecoder(
    parse_int=_integer, parse_float=_no_fraction, parse_constant=_no_fraction
)
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
