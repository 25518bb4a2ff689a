from django.db import migrations, models

import durable_engine.models.fields


class Migration(migrations.Migration):
    dependencies = [
        ("durable_engine", "0004_failures"),
    ]

    operations = [
        migrations.CreateModel(
            name="WaitingKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key",
                        "workflow_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", durable_engine.models.fields.KeyField(max_length=255)),
                ("workflow_id", durable_engine.models.fields.KeyField(max_length=255)),
            ],
            options={
                "verbose_name": "waiting key",
                "verbose_name_plural": "waiting keys",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["workflow_id"], name="durable_wait_workflow")
                ],
            },
        ),
    ]
