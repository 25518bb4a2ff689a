"""System checks: the message is the problem, the hint is the mend.

One module a subject, imported by the app at start-up, which registers them. Without a
database connection: settings, aliases, what is registered, and the bodies of workflows.
With one (`check --database …`, and before `migrate`): versions and tables. With
`--deploy`: what is fine on a desk only. Every id is in `docs/checks.md`.
"""

from durable_engine.checks import (
    databases,
    deployment,
    determinism,
    registrations,
    settings,
    tables,
)

__all__ = [
    "databases",
    "deployment",
    "determinism",
    "registrations",
    "settings",
    "tables",
]
