"""`/console/`: a file of the build, or the page that makes sense of every deeper address by itself."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from controlplane.console import coding, files
from controlplane.pages.rendering import page
from controlplane.pages.visit import Visit
from controlplane.settings import settings

router = APIRouter(include_in_schema=False)
# No `data:` for pictures and no inline anything: all that the console needs lies in files of its own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_NOT_BUILT = (
    "This installation has no console yet. Build it: `npm ci --ignore-scripts && npm run build` in `web/`, or start "
    "with `script/up`, which does both. Everything else works: the API, the command line, and sign-in."
)
_NO_FILE = "The console has no such file. If it was updated just now, reload the page."


@router.get("/console")
def get_console_root() -> RedirectResponse:
    return RedirectResponse("/console/", 308)


@router.get("/console/{path:path}")
def get_console(request: Request, path: str) -> Response:
    built = files.load(settings().console_directory)
    if built is None:
        shown = {
            "heading": "The console is not built",
            "message": _NOT_BUILT,
            "way": ("/api/docs", "Read about the API"),
        }
        return page("refused.html", Visit(request), shown, 503)
    found = built.get(path)
    if found is None and path.startswith("assets/"):
        return _no_file(request)
    return _response(request, found or built[files.INDEX])


def _no_file(request: Request) -> HTMLResponse:
    shown = {"heading": "Nothing here", "message": _NO_FILE, "way": ("/console/", "Open the console")}
    return page("refused.html", Visit(request), shown, 404)


def _response(request: Request, file: files.File) -> Response:
    chosen = coding.preferred(request.headers.get("accept-encoding", ""), file.encoded)
    headers = {"cache-control": file.cache_control, "etag": file.etag(chosen), "vary": "accept-encoding"}
    if file.media_type.startswith("text/html"):
        headers["content-security-policy"] = POLICY
    if file.etag(chosen) in _asked(request):
        return Response(status_code=304, headers=headers)
    if chosen != "identity":
        headers["content-encoding"] = chosen
    return Response(file.encoded[chosen], media_type=file.media_type, headers=headers)


def _asked(request: Request) -> set[str]:
    """The entity tags a cache has; a weak one of ours compares equal (RFC 9110 §13.1.2)."""
    tags = request.headers.get("if-none-match", "").split(",")
    return {tag.strip().removeprefix("W/") for tag in tags}
