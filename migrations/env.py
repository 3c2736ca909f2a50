"""Alembic's entry: one transaction per migration, with a lock time limit so that it never queues the plane."""

from alembic import context

from controlplane.core.database import engine
from controlplane.tables import metadata

# Two starts at once wait for each other here instead of both migrating.
ADVISORY_LOCK = 7_201_126


def run() -> None:
    with engine().connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '10s'")
        connection.exec_driver_sql("SET statement_timeout = '60s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


run()
