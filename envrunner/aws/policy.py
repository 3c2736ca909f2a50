"""What one engine's session may do (IAM: "Session policies"): less than the role, never more."""

from __future__ import annotations

import json

from envrunner.wire import EnvironmentId


def of(environment_id: EnvironmentId) -> str:
    """JSON. Whoever takes an engine over has no more than its tenant has anyway."""
    allowed = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": "*",
        "Condition": {"StringEquals": {"sts:ExternalId": environment_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]}, separators=(",", ":"))
