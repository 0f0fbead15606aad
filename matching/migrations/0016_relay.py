"""A decision keeps that it was one part of a relay, and what the others were; a linked town is asked for its days."""

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
        migrations.AddField(
            model_name="townagreement", name="first_day", field=models.DateField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="townagreement", name="last_day", field=models.DateField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="townagreement",
            name="relay",
            field=models.JSONField(
                blank=True, help_text="les logements du relais dont c’est une part", null=True
            ),
        ),
    ]
