"""Where the bytes of attachments lie, and queries on who may open them."""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from kb_service.domain.access import Actor, visible_articles, visible_candidates, visible_reports
from kb_service.domain.article import Article, Revision
from kb_service.domain.attachment import CANDIDATE_ATTACHMENT, REPORT_ATTACHMENT, REVISION_ATTACHMENT, Attachment
from kb_service.domain.candidate import Candidate
from kb_service.domain.report import Report
from kb_service.errors import Invalid, NotFound, Unavailable
from kb_service.inputs import AttachmentInput
from kb_service.results import AttachmentView
from kb_service.store.unit_of_work import Tx

LARGEST = 20 * 1024 * 1024
"""Bytes of one attachment."""
MOST = 50
"""Attachments of one article or report."""
PICTURES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
"""Media types that are shown as pictures, with the bytes such a file begins with."""
UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on disk: its SHA-256 and the media type its bytes bear out."""

    sha256: str
    media_type: str


class Files:
    """The folder of all attachment bytes, each file named by its SHA-256 and never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, given: Iterable[AttachmentInput]) -> dict[str, Kept]:
        """Write what is not there yet, before any transaction. Raises Invalid for what may not be attached, and
        Unavailable.
        """
        return {kept.sha256: kept for kept in map(self._written, given)}

    def looked_at(self, given: Iterable[AttachmentInput]) -> dict[str, Kept]:
        """The same without writing, for a dry run."""
        return {kept.sha256: kept for kept in map(_checked, given)}

    def put(self, sha256: str, data: bytes) -> None:
        """Write bytes whose digest the caller has checked. Raises Unavailable."""
        _write(self.path(sha256), data)

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def is_damaged(self, sha256: str) -> bool:
        """Whether other bytes lie there than were kept; what does not lie there at all is not damaged."""
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() != sha256
        except FileNotFoundError:
            return False

    def _written(self, one: AttachmentInput) -> Kept:
        kept = _checked(one)
        path = self.path(kept.sha256)
        if not path.exists():
            _write(path, one.data)
        return kept


def _write(path: Path, data: bytes) -> None:
    """Raises Unavailable."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise Unavailable(f"附件无法写入磁盘（{error.strerror}），没有保存。请检查磁盘空间和权限后再试。") from error


def add(tx: Tx, one: AttachmentInput, kept: Mapping[str, Kept], actor: Actor) -> Attachment:
    """A new attachment for bytes that were kept."""
    file = kept[digest(one.data)]
    return tx.add(
        Attachment(
            id=secrets.token_hex(16),
            sha256=file.sha256,
            name=UNSAFE.sub("_", one.name).strip(". ")[:200] or "附件",
            media_type=file.media_type,
            size=len(one.data),
            owner_id=actor.person_id,
            created_at=tx.now,
        )
    )


def get(session: Session, actor: Actor, attachment_id: str) -> Attachment:
    """The attachment if the actor sees anything it belongs to, or brought it in. Raises NotFound."""
    of_report = select(REPORT_ATTACHMENT.c.attachment_id).join(Report).where(visible_reports(actor))
    of_candidate = select(CANDIDATE_ATTACHMENT.c.attachment_id).join(Candidate).where(visible_candidates(actor))
    is_current = (Revision.article_id == Article.id) & (Revision.number == Article.revision_number)
    of_article = (
        select(REVISION_ATTACHMENT.c.attachment_id)
        .join(Revision, Revision.id == REVISION_ATTACHMENT.c.revision_id)
        .join(Article, is_current)
        .where(visible_articles(actor))
    )
    ways: list[ColumnElement[bool]] = [Attachment.id.in_(found) for found in (of_report, of_candidate, of_article)]
    if actor.signed_in:
        ways.append(Attachment.owner_id == actor.person_id)
    found = session.scalar(select(Attachment).where(Attachment.id == attachment_id, or_(*ways)))
    if found is None:
        raise NotFound
    return found


def own(session: Session, actor: Actor, ids: Sequence[str]) -> list[Attachment]:
    """Those of the attachments that the actor brought in."""
    wanted = select(Attachment).where(Attachment.id.in_(ids), Attachment.owner_id == actor.person_id)
    return list(session.scalars(wanted))


def sample(session: Session, limit: int) -> list[str]:
    """Digests of so many attachments, others every time: their ids are random."""
    wanted, start = select(Attachment.sha256).order_by(Attachment.id), secrets.token_hex(16)
    found = session.scalars(wanted.where(Attachment.id >= start).limit(limit)).all()
    rest = session.scalars(wanted.where(Attachment.id < start).limit(limit - len(found))).all()
    return [*found, *rest]


def view(attachment: Attachment) -> AttachmentView:
    return AttachmentView(attachment.id, attachment.name, attachment.media_type, attachment.size)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(one: AttachmentInput) -> Kept:
    if len(one.data) > LARGEST:
        raise Invalid(problems={"attachments": f"附件“{one.name}”超过 20 MB，没有保存。"})
    return Kept(digest(one.data), _media_type(one))


def _media_type(one: AttachmentInput) -> str:
    """The type told, where the bytes bear it out; everything else is only ever downloaded."""
    begins = PICTURES.get(one.media_type)
    return one.media_type if begins and one.data.startswith(begins) else "application/octet-stream"
