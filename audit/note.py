"""Checkpoints: what the log says about itself, signed (C2SP signed-note and tlog-checkpoint).

A checkpoint is a note whose text is three lines, each ended by a newline: the origin (the name of
the log), the number of records in decimal, and the RFC 6962 root in base64. A blank line follows,
then one line for each signature: em dash, space, key name, space, base64 of a four byte key id and
64 bytes of Ed25519 over the text (with its last newline, without the blank line):

    ordergate.example/desk
    65536
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — ordergate.example/desk Az3grlgt…

    key id = first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ 32 byte public key)

A public key is handed out as one line, `name+hex of key id+base64 of (0x01 ‖ public key)`.
Signatures by keys one does not know are ignored, so witnesses may add theirs.
"""

import base64
import binascii
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from audit.disk import sync_names
from audit.errors import JournalForeign

_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's head: so many records, this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> bytes:
        """Return the note text, which is what gets signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n".encode()

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a note text; ValueError unless it is exactly what `text` would write."""
        origin, size, root, *rest = text.decode().split("\n")
        head = cls(origin, int(size), _from_base64(root))
        if rest != [""] or len(head.root) != 32 or head.size < 0 or head.text() != text:
            raise ValueError("not the three lines of a checkpoint")
        return head


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A named Ed25519 key that can check signatures."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that, with the name, tell keys apart; not a commitment to the key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.raw)}"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read the one-line form; ValueError when it is not one."""
        name, _, rest = line.strip().partition("+")
        id_hex, _, encoded = rest.partition("+")
        key = _from_base64(encoded)
        public = cls(name, key[1:])
        if key[:1] != _ED25519 or len(public.raw) != 32 or public.id.hex() != id_hex:
            raise ValueError(f"`{line.strip()}` is not an Ed25519 key of the form name+id+key")
        return public

    def signed(self, text: bytes, signatures: bytes) -> bool | None:
        """Say whether this key signed `text`: None when no line is by it, False if one is wrong."""
        found = None
        for name, key_id, signature in _signatures(signatures):
            if (name, key_id) == (self.name, self.id):
                try:
                    Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, text)
                except InvalidSignature:
                    return False
                found = True
        return found


class Signer:
    """A private key and the name it signs under."""

    __slots__ = ("_key", "public")

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        if not name or not name.isascii() or not name.isprintable() or set(name) & set(" +"):
            raise JournalForeign(
                f"`{name}` cannot name a log: wanted printable ASCII without space or plus"
            )
        self._key = key
        self.public = PublicKey(name, key.public_key().public_bytes_raw())

    @classmethod
    def load(cls, path: Path, name: str) -> Self:
        """Read the private key in the PEM file `path`, to sign as `name`."""
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise JournalForeign(f"`{path}` does not hold a PEM private key: {error}") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise JournalForeign(f"`{path}` holds another kind of key, wanted Ed25519")
        return cls(name, key)

    @classmethod
    def create(cls, path: Path, name: str) -> Self:
        """Make a key in `path`, for its owner only, with its public line beside it in `.pub`."""
        signer = cls(name, Ed25519PrivateKey.generate())
        pem = signer._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        path.with_name(path.name + ".pub").write_text(f"{signer.public}\n")
        sync_names(path.parent)
        return signer

    def note(self, size: int, root: bytes) -> bytes:
        """Return the signed checkpoint of `size` records under `root`."""
        text = Checkpoint(self.public.name, size, root).text()
        signature = _base64(self.public.id + self._key.sign(text))
        return text + f"\n{_DASH}{self.public.name} {signature}\n".encode()


def is_signatures(lines: bytes) -> bool:
    """Say whether `lines` is one or more well-formed signature lines, without the last newline."""
    try:
        return bool(_signatures(lines))
    except ValueError:
        return False


def _signatures(lines: bytes) -> list[tuple[str, bytes, bytes]]:
    """Read signature lines into key name, key id and signature."""
    found = []
    for line in lines.decode().split("\n"):
        dash, name, encoded = line.split(" ")
        raw = _from_base64(encoded)
        if f"{dash} " != _DASH or not name or len(raw) <= 4:
            raise ValueError("not a signature line")
        found.append((name, raw[:4], raw[4:]))
    return found


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> bytes:
    """Decode, refusing every spelling but that of `_base64` (spare bits, missing padding)."""
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"`{text}` is not base64") from error
    if _base64(data) != text:
        raise ValueError(f"`{text}` is not base64 as it is written")
    return data
