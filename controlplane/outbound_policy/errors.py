from controlplane.core.errors import PermissionDenied


class OperatorMustAllow(PermissionDenied):
    code = "operator_must_allow"
