"""A decision keeps that it was one part of a relay, and what the others were."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0015_in_use")]
    operations = [
        migrations.AddField(
            model_name="decision",
            name="relay",
            field=models.JSONField(
                blank=True, help_text="les logements du relais dont c’est une part", null=True
            ),
        ),
    ]
