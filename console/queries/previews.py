"""How a workflow's payloads begin, without reading them whole."""

from django.db.models import Q
from django.db.models.functions import Substr

from console.conf import PREVIEW_CHARACTERS
from console.tables.previews import Preview
from durable_engine.models import Workflow


def previews(workflow_id: str) -> list[Preview]:
    """Read which payloads a workflow has, the error first, and how they begin."""
    most = PREVIEW_CHARACTERS + 1
    found = Workflow.objects.filter(id=workflow_id).annotate(
        failed=Q(error__isnull=False),
        input_text=Substr("inputs", 1, most),
        output_text=Substr("output", 1, most),
    )
    columns = "failed", "input_text", "output_text"
    failed, inputs, output = found.values_list(*columns).first() or (False, None, None)
    shown = [Preview(kind="error", text="")] if failed else []
    texts = (("inputs", inputs), ("output", output))
    return shown + [Preview(kind=kind, text=t) for kind, t in texts if t is not None]
