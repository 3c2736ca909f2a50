"""`/`, `/api/docs` and the style sheet they share."""

from pathlib import Path
from string import Template

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from controlplane.core.http import routing_error
from controlplane.pages import api_docs
from controlplane.settings import settings

HERE = Path(__file__).parent
router = APIRouter(include_in_schema=False)


@router.get("/")
def get_landing() -> HTMLResponse:
    return landing()


@router.get("/api/docs")
def get_api_docs(request: Request) -> HTMLResponse:
    return HTMLResponse(api_docs.render(request.app.openapi()))


@router.get("/assets/style.css")
def get_style() -> Response:
    headers = {"cache-control": "public, max-age=3600"}
    return Response((HERE / "style.css").read_text(), media_type="text/css", headers=headers)


def install(app: FastAPI) -> None:
    """A person who opens an address that is none gets the landing page; a program gets the error in JSON."""

    async def shown(request: Request, error: Exception) -> Response:
        if request.method == "GET" and _is_for_a_person(request):
            return landing(404)
        return await routing_error(request, error)

    app.add_exception_handler(404, shown)


def _is_for_a_person(request: Request) -> bool:
    is_api = request.url.path.startswith(("/api/", "/cloud/"))
    return not is_api and "text/html" in request.headers.get("accept", "")


def landing(status: int = 200) -> HTMLResponse:
    """What this is and where to go."""
    page = Template((HERE / "landing.html").read_text())
    return HTMLResponse(page.substitute(origin=settings().console_url), status)
