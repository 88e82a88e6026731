"""What names and ids there are: the systems with their modules, and the organisations an actor may name."""

from kb_service.results import OrganisationView, SystemView
from web.api.operations import Operation
from web.auth import current_actor
from web.context import kb


def systems() -> tuple[SystemView, ...]:
    """Systems and their modules."""
    return kb.people.systems()


def organisations() -> tuple[OrganisationView, ...]:
    """Organisations, as scopes of articles name them."""
    return kb.people.organisations(current_actor())


OPERATIONS = (
    Operation("GET", "/systems", systems),
    Operation("GET", "/organisations", organisations),
)
