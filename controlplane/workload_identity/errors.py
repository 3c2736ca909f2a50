from controlplane.core.errors import ApplicationError, Conflict


class RuleTooWide(ApplicationError):
    """Its conditions would let in what the account does not own."""

    code = "workload_rule_too_wide"


class IssuerUnusable(ApplicationError):
    """The issuer does not answer as OpenID Connect Discovery has it; the sentence says at which step."""

    code = "issuer_unusable"


class RuleNameTaken(Conflict):
    code = "workload_rule_name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"This environment already has a workload identity rule named {name!r}. Choose another name.")


class RuleLimitReached(Conflict):
    code = "workload_rule_limit_reached"

    def __init__(self, limit: int) -> None:
        super().__init__(f"This environment has its limit of {limit} workload identity rules. Delete one first.")


class AssertionRefused(Exception):
    """What is wrong with a token whatever any rule says; the text is for whoever sent it."""


class ExchangeRefused(Exception):
    """The text is for whoever asked; it says nothing about rules that are not theirs."""


class NotTrusted(ExchangeRefused):
    """The one answer to everybody whom no rule lets in."""

    def __init__(self, audience: str) -> None:
        super().__init__(
            f"No workload identity rule of {audience} lets this token in. The rule's `lastRefusal` says why, to those "
            "who may see it: `rcloud workload-identity list ENV`, or listWorkloadRules in the API."
        )


class IssuerUnavailable(Exception):
    """The issuer's keys cannot be had now; the text is a sentence that says at which step it ended."""
