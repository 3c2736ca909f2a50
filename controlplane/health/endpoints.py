from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from controlplane.core.database import DbSession
from controlplane.core.metrics import REGISTRY
from controlplane.health import service
from controlplane.health.schemas import Liveness, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="getLiveness")
def get_liveness() -> Liveness:
    """The process is up."""
    return Liveness()


@router.get("/readyz", operation_id="getReadiness", responses={503: {"model": Readiness}})
def get_readiness(session: DbSession, response: Response) -> Readiness:
    """The dependencies answer. The database is required, Redis is not."""
    database, broker = service.database(session), service.broker()
    if not database.ok:
        response.status_code = 503
    status = "unavailable" if not database.ok else "ready" if broker.ok else "degraded"
    return Readiness(status=status, checks=[database, broker])


@router.get("/metrics", operation_id="getMetrics", response_class=Response)
def get_metrics(session: DbSession) -> Response:
    """Metrics of this process, and the environments by status, as Prometheus text."""
    service.count_environments(session)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
