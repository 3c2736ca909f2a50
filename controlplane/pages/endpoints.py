"""`/`, `/api/docs`, the pages' files, and what a person sees where there is no page."""

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from controlplane.core.http import routing_error
from controlplane.pages import api_docs, assets, engine_ui, moved, people, programs, strangers
from controlplane.pages.next_path import CONSOLE
from controlplane.pages.rendering import page
from controlplane.pages.visit import Elsewhere, Refused, Visit, visiting

router = APIRouter(include_in_schema=False)
_HEADINGS = {403: "Not for you", 404: "Nothing here", 429: "Too often"}
_HOME = ("/", "Go home")
_WAYS = {"second_factor_enrolment_required": ("/account/security", "Set up a second factor")}
_NOTHING = "There is nothing at this address, or it is not for you to see."


@router.get("/")
async def get_home(request: Request) -> Response:
    visit = await visiting(request)
    return RedirectResponse(CONSOLE, 303) if visit.user else page("landing.html", visit)


@router.get("/api/docs")
def get_api_docs(request: Request) -> HTMLResponse:
    return HTMLResponse(api_docs.render(request.app.openapi()))


@router.get("/assets/{version}/{name}")
def get_asset(request: Request, version: str, name: str) -> Response:
    return assets.response(version, name) or _nothing(request)


for _pages in (strangers, programs, people, moved, engine_ui):
    router.include_router(_pages.router)


def install(app: FastAPI) -> None:
    """A person gets refusals, and addresses that are none, as a page; a program gets the error in JSON."""

    async def shown(request: Request, error: Exception) -> Response:
        if request.method == "GET" and _is_for_a_person(request):
            return _nothing(request)
        return await routing_error(request, error)

    app.add_exception_handler(404, shown)
    app.add_exception_handler(Elsewhere, _elsewhere)
    app.add_exception_handler(Refused, _refused)


async def _elsewhere(_: Request, error: Exception) -> Response:
    assert isinstance(error, Elsewhere)  # noqa: S101 - narrows the type Starlette declares
    return RedirectResponse(error.location, 303)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101
    heading, way = _HEADINGS.get(error.status, "This did not work"), _WAYS.get(error.code, _HOME)
    return page(
        "refused.html", Visit(request), {"heading": heading, "message": error.message, "way": way}, error.status
    )


def _nothing(request: Request) -> Response:
    return page("refused.html", Visit(request), {"heading": _HEADINGS[404], "message": _NOTHING, "way": _HOME}, 404)


def _is_for_a_person(request: Request) -> bool:
    is_api = request.url.path.startswith(("/api/", "/cloud/"))
    return not is_api and "text/html" in request.headers.get("accept", "")
