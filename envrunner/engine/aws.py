"""How an engine comes to credentials for AWS: a script in its directory prints a file that `envrunner.aws` keeps.

The AWS SDK runs the script (``credential_process``) whenever what it has expires. What the script says when it fails
stands in the engine's error, so tenants read our sentence there and not which places were searched.
"""

from __future__ import annotations

from collections.abc import Mapping

from envrunner.settings import Settings

CONFIG_FILE, SCRIPT_FILE, CREDENTIALS_FILE = "aws.config", "aws.sh", "aws.json"

NO_IDENTITY = "This plane has no identity in AWS, so no role can be assumed. Ask its operator to give it one."
TROUBLE = "This plane cannot use its identity in AWS at the moment. Ask its operator, whose log says why."

_CONFIG = "[default]\ncredential_process = sh aws.sh\n"
# An engine may be asked within the second in which it was made. The SDK asks several times before it gives up.
_WAITING = """\
for _ in 1 2 3 4 5; do
  [ -s {file} ] && exec cat {file} 2>/dev/null
  sleep 0.2
done
"""
_FAILING = 'echo "{words}" >&2\nexit 1\n'


def files(given: Settings) -> dict[str, str]:
    """What stands in an engine's directory, by name; the same for all engines of the node."""
    if given.aws_role_arn is None:
        return {CONFIG_FILE: _CONFIG, SCRIPT_FILE: _FAILING.format(words=NO_IDENTITY)}
    script = _WAITING.format(file=CREDENTIALS_FILE) + _FAILING.format(words=TROUBLE)
    return {CONFIG_FILE: _CONFIG, SCRIPT_FILE: script}


def variables(given: Settings) -> Mapping[str, str]:
    """What an engine is told of AWS beyond that; endpoints only if the operator has set them."""
    told = {
        "AWS_REGION": given.aws_region,
        "AWS_ENDPOINT_URL_STS": given.aws_sts_endpoint_url,
        "AWS_ENDPOINT_URL_LAMBDA": given.aws_lambda_endpoint_url,
    }
    return {name: value for name, value in told.items() if value}
