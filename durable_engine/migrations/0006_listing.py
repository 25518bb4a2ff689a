from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("durable_engine", "0005_waiting_keys"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="workflow",
            index=models.Index(fields=["name", "created_at"], name="durable_wf_name"),
        ),
        migrations.AddIndex(
            model_name="workflow",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
                    )
                ),
                fields=["status", "created_at"],
                name="durable_wf_unsuccessful",
            ),
        ),
        migrations.AddIndex(
            model_name="workflow",
            index=models.Index(
                condition=models.Q(("schedule_name__isnull", False)),
                fields=["schedule_name", "created_at"],
                name="durable_wf_scheduled",
            ),
        ),
        migrations.AddIndex(
            model_name="workflow",
            index=models.Index(
                condition=models.Q(("forked_from__isnull", False)),
                fields=["forked_from"],
                name="durable_wf_forked",
            ),
        ),
    ]
