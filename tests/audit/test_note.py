"""Signed notes: only one spelling, only the right key, strangers ignored."""

import base64
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from audit.errors import JournalForeign
from audit.note import Checkpoint, PublicKey, Signer, is_signatures

ROOT = bytes(range(32))


def parts(note: bytes) -> tuple[bytes, bytes]:
    text, _, signatures = note.removesuffix(b"\n").rpartition(b"\n\n")
    return text + b"\n", signatures


def test_a_note_is_signed_over_its_text_as_the_page_says(signer: Signer) -> None:
    text, signatures = parts(signer.note(7, ROOT))
    assert text == b"ordergate.example/desk\n7\n" + base64.b64encode(ROOT) + b"\n"
    dash, name, encoded = signatures.decode().split(" ")
    raw = base64.b64decode(encoded)
    assert (dash, name, raw[:4]) == ("\u2014", "ordergate.example/desk", signer.public.id)
    Ed25519PublicKey.from_public_bytes(signer.public.raw).verify(raw[4:], text)


def test_a_key_tells_right_wrong_and_not_mine_apart(signer: Signer, stranger: Signer) -> None:
    text, signatures = parts(signer.note(7, ROOT))
    _, others = parts(stranger.note(7, ROOT))
    assert signer.public.signed(text, signatures) is True
    assert signer.public.signed(text, others + b"\n" + signatures) is True
    assert signer.public.signed(text, others) is None
    assert signer.public.signed(text.replace(b"7", b"8"), signatures) is False


def test_a_public_key_survives_its_one_line(signer: Signer) -> None:
    assert PublicKey.parse(f"{signer.public}\n") == signer.public


@pytest.mark.parametrize("change", ["name", "id", "key", "kind", "short"])
def test_a_public_key_that_does_not_fit_its_id_is_refused(signer: Signer, change: str) -> None:
    name, key_id, key = str(signer.public).split("+", 2)
    line = {
        "name": f"{name}x+{key_id}+{key}",
        "id": f"{name}+00000000+{key}",
        "key": f"{name}+{key_id}+{key[:-1]}{'A' if key[-1] != 'A' else 'B'}",
        "kind": f"{name}+{key_id}+B{key[1:]}",
        "short": f"{name}+{key_id}+{key[:-4]}",
    }[change]
    with pytest.raises(ValueError, match="not an Ed25519 key"):
        PublicKey.parse(line)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"a\n1\n",
        b"a\n01\n" + base64.b64encode(ROOT) + b"\n",
        b"a\n-1\n" + base64.b64encode(ROOT) + b"\n",
        b"a\n1\n" + base64.b64encode(ROOT[:31]) + b"\n",
        b"a\n1\n" + base64.b64encode(ROOT) + b"\nmore\n",
        b"a\n1\n" + base64.b64encode(ROOT),
        b"a\n1\n" + base64.b64encode(ROOT).replace(b"8=", b"9=") + b"\n",
        b"\xff\n1\n" + base64.b64encode(ROOT) + b"\n",
    ],
)
def test_a_checkpoint_has_one_spelling(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each step of the parsing has its own words
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "lines",
    [b"", b"- a AAAAAAA=", b"\xe2\x80\x94 a", b"\xe2\x80\x94 a AAAA", b"\xe2\x80\x94  AAAAAAA="],
)
def test_what_is_not_a_signature_line_is_known(lines: bytes) -> None:
    assert not is_signatures(lines)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "tab\t", "ä"])
def test_a_log_has_a_plain_name(signer: Signer, name: str) -> None:
    with pytest.raises(JournalForeign, match="cannot name a log"):
        Signer(name, signer._key)


def test_a_new_key_is_for_its_owner_only_and_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "desk.pem"
    made = Signer.create(path, "desk")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Signer.load(path, "desk").public == made.public
    assert PublicKey.parse((tmp_path / "keys" / "desk.pem.pub").read_text()) == made.public
    with pytest.raises(FileExistsError):
        Signer.create(path, "desk")


def test_a_file_without_such_a_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "desk.pem"
    path.write_text("nothing")
    with pytest.raises(JournalForeign, match="does not hold a PEM private key"):
        Signer.load(path, "desk")
    other = X25519PrivateKey.generate()
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(JournalForeign, match="another kind of key"):
        Signer.load(path, "desk")
