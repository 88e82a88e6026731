"""Encrypts what is written to a file for a recipient, and decrypts it, by age; https://age-encryption.org/v1."""

import io
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, Protocol

from kb_service.errors import BadArchive, Invalid, Unavailable, WrongKey

INTRODUCTION = b"age-encryption.org/v1\n"
"""The bytes an encrypted file begins with."""


class Writable(Protocol):
    def write(self, data: bytes, /) -> int: ...
    def flush(self) -> None: ...


def check_recipient(text: str) -> None:
    """Raises Invalid where ``text`` is no public key, Unavailable where nothing can be encrypted here."""
    _recipient(text)


def write(pieces: Iterable[bytes], file: Writable, recipient: str) -> None:
    """Write the pieces to the file, encrypted for a public key (``age1…`` or ``ssh-…``). Raises what the pieces and
    the file raise.
    """
    source, target = _Source(pieces), _Target(file)
    key = _recipient(recipient)
    try:
        _age().encrypt_io(io.BufferedReader(source), target, [key])
    except _age().EncryptError as error:
        raise source.failure or target.failure or error from error


def is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(INTRODUCTION)) == INTRODUCTION


@contextmanager
def opened(path: Path, identity: Path | None) -> Iterator[BinaryIO]:
    """The plain bytes of a file, decrypted on the way with the key in the file ``identity`` where it is encrypted.

    Raises WrongKey where that is no key for it, or none is given.
    """
    with path.open("rb") as file:
        if not is_encrypted(path):
            yield file
        elif identity is None:
            raise WrongKey("备份已加密：请用 --identity 给出私钥文件。")
        else:
            with _decrypted(file, _identity(identity)) as plain:
                yield plain


@contextmanager
def _decrypted(file: BinaryIO, identity: Any) -> Iterator[BinaryIO]:
    """The library pushes and a reader pulls: a thread and a pipe stand between them."""
    outlet, inlet = os.pipe()
    failures: list[Exception] = []

    def push() -> None:
        try:
            with os.fdopen(inlet, "wb") as target:
                _age().decrypt_io(file, target, [identity])
        except (_age().DecryptError, OSError) as error:
            failures.append(error)

    thread = threading.Thread(target=push, name="decrypt")
    thread.start()
    try:
        with os.fdopen(outlet, "rb") as plain:
            yield plain
    except BadArchive as error:
        thread.join()
        raise _meaning(failures) or error from error
    finally:
        thread.join()


def _meaning(failures: list[Exception]) -> BadArchive | None:
    """Which refusal it was that the reader took for the end of the file."""
    is_key = any(isinstance(one, _age().DecryptError) and "keys" in str(one) for one in failures)
    return WrongKey() if is_key else None


class _Source(io.RawIOBase):
    """Pieces as a file to read. What they raise is kept: the library would only tell its text."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")
        self.failure: BaseException | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            try:
                self._rest = memoryview(next(self._pieces))
            except StopIteration:
                return 0
            except BaseException as error:
                self.failure = error
                raise
        taken = min(len(buffer), len(self._rest))
        buffer[:taken], self._rest = self._rest[:taken], self._rest[taken:]
        return taken


class _Target:
    """A file to write, whose error is kept."""

    def __init__(self, file: Writable) -> None:
        self._file = file
        self.failure: OSError | None = None

    def write(self, data: bytes) -> int:
        with self._noting():
            return self._file.write(data)

    def flush(self) -> None:
        with self._noting():
            self._file.flush()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = error
            raise


def _recipient(text: str) -> Any:
    kind = _age().ssh if text.startswith("ssh-") else _age().x25519
    try:
        return kind.Recipient.from_str(text.strip())
    except _age().RecipientError as error:
        raise Invalid("加密用的公钥无法识别，没有备份：应以 age1 或 ssh- 开头，整行照抄。") from error


def _identity(path: Path) -> Any:
    """The private key in a file as age-keygen or ssh-keygen writes it. Raises WrongKey."""
    text = path.read_bytes()
    try:
        if text.startswith(b"-----BEGIN"):
            return _age().ssh.Identity.from_buffer(text)
        lines = text.decode().split()
        return _age().x25519.Identity.from_str(next(line for line in lines if line.startswith("AGE-SECRET-KEY-")))
    except (_age().IdentityError, StopIteration, UnicodeDecodeError) as error:
        raise WrongKey(f"{path} 里没有可用的私钥。") from error


def _age() -> ModuleType:
    try:
        import pyrage
    except ImportError as error:
        raise Unavailable("本机没有加密库 pyrage，不能加密或解密备份。请安装 pyrage，或不加密。") from error
    module: ModuleType = pyrage
    return module
