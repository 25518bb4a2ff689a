from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("durable_engine", "0003_schedules"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="workflow",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"])
                ),
                fields=["completed_at", "id"],
                name="durable_wf_failed",
            ),
        ),
    ]
