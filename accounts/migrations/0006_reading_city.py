"""For which town somebody's contact was read."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_search"),
        ("cities", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="contactreading",
            name="city",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cities.city",
            ),
        ),
    ]
