"""Whether an engine may be given this: addresses of services and brokers, roles, Kafka properties.

Engines have no such rules of their own, and dial whatever they are told. The edge asks before it passes the call on.
"""
