"""What buttons and questions say about acting on workflows.

Nothing that is done to a workflow can be undone, so each question says what will
happen.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How one act is spoken of."""

    action: str  # a value of `console.actions.workflows.WorkflowAction`
    button: Text
    title: Text  # of the question about one workflow
    consequence: Text
    consequences: Text  # of doing it to several
    submit: Text
    dismiss: Text
    dismiss_all: Text  # of the question about several
    done: Text
    done_with: Text = ""  # with the id of the copy that was made
    children: Text = ""  # the label of the choice to include children
    all_children: Text = ""  # the same of several
    dangerous: bool = False
    copies: bool = False  # whether it makes another workflow

    def happens(self, count: int) -> Text:
        """Say what it will do to so many."""
        return self.consequence if count == 1 else self.consequences

    def with_children(self, count: int) -> Text:
        """Name the choice to include the children of so many."""
        return self.children if count == 1 else self.all_children

    def refusal(self, count: int) -> Text:
        """Name the button that leaves so many alone."""
        return self.dismiss if count == 1 else self.dismiss_all

    def question(self, count: int) -> str:
        """Ask about several."""
        return _QUESTIONS[self.action] % {"n": f"{count:,}", "count": count}

    def order(self, count: int) -> str:
        """Say what the button does that answers yes."""
        return _ORDERS[self.action] % {"n": f"{count:,}", "count": count}


WORDS = {
    words.action: words
    for words in (
        Words(
            action="cancel",
            button=_("Cancel"),
            title=_("Cancel this workflow?"),
            consequence=_(
                "If it waits it ends now; if it runs it ends at its next step. Steps "
                "that have been recorded stay done. You can resume it later."
            ),
            consequences=_(
                "Those that wait end now; those that run end at their next step. Steps "
                "that have been recorded stay done. You can resume them later."
            ),
            submit=_("Cancel workflow"),
            dismiss=_("Keep it"),
            dismiss_all=_("Keep them"),
            done=_("Cancelled."),
            children=_("Cancel its children, too"),
            all_children=_("Cancel their children, too"),
            dangerous=True,
        ),
        Words(
            action="resume",
            button=_("Resume"),
            title=_("Resume this workflow?"),
            consequence=_(
                "It goes on behind its last recorded step, on the current version of "
                "the application. What is enqueued or delayed begins at once."
            ),
            consequences=_(
                "Each goes on behind its last recorded step, on the current version of "
                "the application. What is enqueued or delayed begins at once."
            ),
            submit=_("Resume workflow"),
            dismiss=_("Not now"),
            dismiss_all=_("Not now"),
            done=_("Resumed."),
        ),
        Words(
            action="retry",
            button=_("Retry"),
            title=_("Retry from the step that failed?"),
            consequence=_(
                "A new workflow takes over every step before the failed one and runs "
                "on from there. This one stays as it is."
            ),
            consequences=_(
                "For each, a new workflow takes over every step before the failed one "
                "and runs on from there. The old ones stay as they are."
            ),
            submit=_("Retry workflow"),
            dismiss=_("Not now"),
            dismiss_all=_("Not now"),
            done=_("Retried."),
            done_with=_("Retried as"),
            copies=True,
        ),
        Words(
            action="restart",
            button=_("Restart"),
            title=_("Restart this workflow?"),
            consequence=_(
                "A new workflow begins with the same inputs; every step runs again. "
                "This one stays as it is."
            ),
            consequences=_(
                "For each, a new workflow begins with the same inputs; every step runs "
                "again. The old ones stay as they are."
            ),
            submit=_("Restart workflow"),
            dismiss=_("Not now"),
            dismiss_all=_("Not now"),
            done=_("Restarted."),
            done_with=_("Restarted as"),
            copies=True,
        ),
        Words(
            action="fork",
            button=_("Fork"),
            title=_("Fork this workflow?"),
            consequence=_(
                "A new workflow takes over every step before the one you name, and "
                "runs that one and all after it. This one stays as it is."
            ),
            consequences=_(
                "For each, a new workflow takes over every step before the one you "
                "name, and runs that one and all after it. The old ones stay as they "
                "are."
            ),
            submit=_("Fork workflow"),
            dismiss=_("Not now"),
            dismiss_all=_("Not now"),
            done=_("Forked."),
            done_with=_("Forked as"),
            copies=True,
        ),
        Words(
            action="delete",
            button=_("Delete"),
            title=_("Delete this workflow?"),
            consequence=_(
                "Its inputs, steps, events, messages and streams are gone for good, "
                "and its id can be used again. If it runs it stops first. The audit "
                "trail keeps what was done to it."
            ),
            consequences=_(
                "Their inputs, steps, events, messages and streams are gone for good, "
                "and their ids can be used again. Those that run stop first. The audit "
                "trail keeps what was done to them."
            ),
            submit=_("Delete workflow"),
            dismiss=_("Keep it"),
            dismiss_all=_("Keep them"),
            done=_("Deleted."),
            children=_("Delete its children, too"),
            all_children=_("Delete their children, too"),
            dangerous=True,
        ),
    )
}
"""By action, in the order in which buttons stand."""

_QUESTIONS = {
    "cancel": ngettext_lazy(
        "Cancel %(n)s workflow?", "Cancel %(n)s workflows?", "count"
    ),
    "resume": ngettext_lazy(
        "Resume %(n)s workflow?", "Resume %(n)s workflows?", "count"
    ),
    "retry": ngettext_lazy("Retry %(n)s workflow?", "Retry %(n)s workflows?", "count"),
    "restart": ngettext_lazy(
        "Restart %(n)s workflow?", "Restart %(n)s workflows?", "count"
    ),
    "fork": ngettext_lazy("Fork %(n)s workflow?", "Fork %(n)s workflows?", "count"),
    "delete": ngettext_lazy(
        "Delete %(n)s workflow?", "Delete %(n)s workflows?", "count"
    ),
}

_ORDERS = {
    "cancel": ngettext_lazy("Cancel %(n)s workflow", "Cancel %(n)s workflows", "count"),
    "resume": ngettext_lazy("Resume %(n)s workflow", "Resume %(n)s workflows", "count"),
    "retry": ngettext_lazy("Retry %(n)s workflow", "Retry %(n)s workflows", "count"),
    "restart": ngettext_lazy(
        "Restart %(n)s workflow", "Restart %(n)s workflows", "count"
    ),
    "fork": ngettext_lazy("Fork %(n)s workflow", "Fork %(n)s workflows", "count"),
    "delete": ngettext_lazy("Delete %(n)s workflow", "Delete %(n)s workflows", "count"),
}
