"""Form bodies (RFC 6749 appendix B): few, short, each parameter once."""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from controlplane.core.errors import ApplicationError

_MAX_BYTES, _MAX_FIELDS = 16 * 1024, 32
_FORM = "application/x-www-form-urlencoded"


class FormRefused(ApplicationError):
    code = "invalid_request"


async def _form(request: Request) -> dict[str, str]:
    """Raises `FormRefused`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise FormRefused(f"Send the parameters as a form, with the header `Content-Type: {_FORM}`.")
    body = await request.body()
    if len(body) > _MAX_BYTES:
        raise FormRefused(f"The form is longer than {_MAX_BYTES} bytes.")
    try:
        pairs = parse_qsl(body.decode("ascii"), max_num_fields=_MAX_FIELDS, errors="strict")
    except ValueError as error:
        raise FormRefused(f"The form is not readable: at most {_MAX_FIELDS} fields in UTF-8.") from error
    form = dict(pairs)
    if len(form) < len(pairs):
        raise FormRefused("A parameter occurs twice.")
    if "\0" in "".join(form.values()):
        raise FormRefused("A parameter holds a character that none may have.")
    return form


Form = Annotated[dict[str, str], Depends(_form)]
