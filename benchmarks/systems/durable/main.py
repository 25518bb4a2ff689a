"""Does the harness's jobs with this engine, in a project on the job's database."""

import os

import django
from django.core.management import call_command

from benchmarks.systems.job import answer

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.systems.durable.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    from benchmarks.systems.durable import measurements

    answer(
        {
            "direct": measurements.direct,
            "start": measurements.start,
            "drain": measurements.drain,
            "take_over": measurements.take_over,
        }
    )
