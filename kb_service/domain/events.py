"""What happened: the value an entity's method returns and a transaction records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kb_service.domain.access import Actor


@dataclass(frozen=True, slots=True)
class Event:
    """``actor`` did ``action`` to ``subject`` (an entity with a table and an id).

    ``concerns_index`` tells that the document of the subject must be made anew or taken away.
    """

    actor: "Actor"
    action: str
    subject: Any
    detail: Mapping[str, Any] = field(default_factory=dict)
    concerns_index: bool = False
