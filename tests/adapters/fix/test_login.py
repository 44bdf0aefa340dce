"""Passwords: kept as digests, compared, and never shown."""

import pytest

from adapters.fix.login import StoredLogin, digest_of, masked


def logon(**fields: str) -> str:
    body = "".join(f"{tag[1:]}={value}\x01" for tag, value in fields.items())
    return f"8=FIX.4.4\x019=10\x0135=A\x01{body}10=000\x01"


def test_the_right_user_name_and_password_are_not_refused() -> None:
    stored = StoredLogin("desk", digest_of("käse = \udce9"))
    assert stored.refuses(logon(t553="desk", t554="käse = \udce9")) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"t553": "desk", "t554": "Secret"},
        {"t553": "Desk", "t554": "secret"},
        {"t554": "secret"},
        {"t553": "desk"},
        {},
    ],
)
def test_anything_else_is_refused_with_the_same_words(fields: dict[str, str]) -> None:
    stored = StoredLogin("desk", digest_of("secret"))
    assert stored.refuses(logon(**fields)) == "unknown user name or password"


def test_the_same_password_never_has_the_same_digest() -> None:
    assert digest_of("secret") != digest_of("secret")


@pytest.mark.parametrize(
    "stored", ["secret", "scrypt$1$2", "md5$2$8$1$AAAA$AAAA", "scrypt$2$8$1$AAAA$"]
)
def test_what_is_no_digest_is_refused_at_the_door(stored: str) -> None:
    with pytest.raises(ValueError, match=r"scrypt\$n\$r\$p\$salt\$digest"):
        StoredLogin("desk", stored)


def test_a_password_is_neither_shown_nor_handed_on() -> None:
    assert "scrypt" not in repr(StoredLogin("desk", digest_of("secret")))
    text = logon(t553="desk", t554="secret", t925="new", t96="raw", t1402="x", t58="554=not one")
    assert masked(text) == logon(
        t553="desk", t554="***", t925="***", t96="***", t1402="***", t58="554=not one"
    )
