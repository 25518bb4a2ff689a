from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("durable_engine", "0007_observing"),
    ]

    operations = [
        migrations.AddField(
            model_name="workflow",
            name="lost_executors",
            field=models.TextField(null=True),
        ),
    ]
