"""From which transaction on a rescan takes an offer for changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0005_weights_history")]

    operations = [
        migrations.AddField(
            model_name="rescan",
            name="horizon",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
    ]
