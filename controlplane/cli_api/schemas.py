from pydantic import Field

from controlplane.core.schema import Schema


class CliAccount(Schema):
    account_id: str
    name: str


class Accounts(Schema):
    accounts: list[CliAccount]


class CliEnvironment(Schema):
    environment_id: str
    name: str
    region: str


class Environments(Schema):
    environments: list[CliEnvironment]


class DescribeEnvironment(Schema):
    environment_id: str = Field(examples=["env_01k9e3x0hq7m2c4b6d8f0g2j4k6"])


class CliApiKey(Schema):
    key_id: str
    environment_id: str


class Description(Schema):
    """The union of the fields any version requires; each ignores what it does not know."""

    environment_id: str
    name: str
    region: str
    status: str
    signing_public_key: str
    ingress_base_url: str
    admin_base_url: str
    proxy_base_url: str
    tunnel_base_url: str
    tunnel_srv: str
    api_keys: list[CliApiKey]
