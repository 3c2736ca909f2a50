"""env pause, env wake: ending an engine for a while, and starting it again."""

from __future__ import annotations

from rcloud import confirm
from rcloud.cloud import Cloud
from rcloud.commands.arguments import Env, Yes
from rcloud.commands.settling import Patience, Wait, settled


def pause(cloud: Cloud, env: Env, yes: Yes = False, wait: Wait = True, timeout: Patience = 120) -> None:
    """Pause an environment: it takes no calls, its invocations and timers wait, everything it holds is kept."""
    found = cloud.find.environment(env)
    name = found["name"]
    consequence = f"Calls to environment {name} are refused, and its timers do not fire, until somebody wakes it."
    confirm.agreed(f"{consequence} Pause it?", yes=yes)
    changed = cloud.api.change("POST", f"{cloud.find.path(found)}/pause")
    shown = settled(cloud, changed, wait, timeout)
    cloud.out.done(shown, f"Environment {name} is {'paused' if wait else 'being paused'}. Undo: rcloud env wake {name}")


def wake(cloud: Cloud, env: Env, wait: Wait = True, timeout: Patience = 120) -> None:
    """Wake a paused environment: its invocations go on, and timers that were due meanwhile fire now."""
    found = cloud.find.environment(env)
    changed = cloud.api.change("POST", f"{cloud.find.path(found)}/wake")
    shown = settled(cloud, changed, wait, timeout)
    cloud.out.done(shown, f"Environment {found['name']} is {'awake' if wait else 'waking up'}.")
