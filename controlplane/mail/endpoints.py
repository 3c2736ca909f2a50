from fastapi import APIRouter

from controlplane.auth import Person, Principal
from controlplane.core.database import DbSession
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.mail import repository
from controlplane.mail.models import OutboxMessage
from controlplane.mail.schemas import MessageView

router = APIRouter(prefix="/outbox", tags=["mail"])


@router.get("", operation_id="listMail")
def list_mail(session: DbSession, principal: Person, after: After = None, limit: Limit = 50) -> Page[MessageView]:
    """The plane's mail, newest first: all of it for operators, for others what was written to their own address."""
    query = repository.visible_to(principal)
    rows, following = page(session, query, OutboxMessage.message_id, after, limit, newest_first=True)
    return Page[MessageView](items=[_shown(row, principal) for row in rows], next=following)


def _shown(row: OutboxMessage, principal: Principal) -> MessageView:
    """A secret that is on its way to somebody's mailbox is for that mailbox only, whoever operates the plane."""
    view = MessageView.of(row)
    secret = row.body_until is not None and row.status != "kept" and row.recipient != principal.email
    return view.model_copy(update={"text": None, "html": None}) if secret else view
