from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="ended_document",
            field=models.CharField(blank=True, default="", max_length=200),
            preserve_default=False,
        ),
    ]
