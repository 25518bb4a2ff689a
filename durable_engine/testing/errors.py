"""What the testing kit raises."""


class WorkflowCrashed(BaseException):
    """The process of a workflow ended here; `crash_at` planned it and catches it.

    A BaseException, so that a program's `except Exception` does not survive its own
    death.
    """

    def __init__(self, workflow_id: str, position: int) -> None:
        """Name what crashed, and after which position."""
        super().__init__(workflow_id, position)
        self.workflow_id = workflow_id
        self.position = position

    def __str__(self) -> str:
        return (
            f"workflow {self.workflow_id!r} crashed after position {self.position}, "
            "as crash_at() planned"
        )


class NothingDueError(AssertionError):
    """The test waits for something that no workflow will ever do."""


class RunawayError(AssertionError):
    """What is due never ends: some workflow starts itself again."""
