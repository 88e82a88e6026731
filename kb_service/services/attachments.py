"""Use cases on attachments."""

from pathlib import Path

from kb_service.domain.access import Actor
from kb_service.errors import Denied
from kb_service.inputs import AttachmentInput
from kb_service.results import AttachmentView
from kb_service.store import attachments
from kb_service.store.unit_of_work import Database


class Attachments:
    """Files that belong to reports, candidates and articles."""

    def __init__(self, database: Database, files: attachments.Files) -> None:
        self._database = database
        self._files = files

    def open(self, actor: Actor, attachment_id: str) -> tuple[AttachmentView, Path]:
        """What it is and where its bytes lie. Raises NotFound for what the actor may not see."""
        with self._database.read() as session:
            found = attachments.get(session, actor, attachment_id)
            return attachments.view(found), self._files.path(found.sha256)

    def store(self, actor: Actor, given: AttachmentInput) -> AttachmentView:
        """Keep a file somebody is writing about. Raises Denied, Invalid."""
        if not actor.may("write"):
            raise Denied
        kept = self._files.keep((given,))
        with self._database.begin() as tx:
            return attachments.view(attachments.add(tx, given, kept, actor))
