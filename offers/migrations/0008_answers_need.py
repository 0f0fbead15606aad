"""An offer that was begun under a need keeps that need's reference. Its value in the database, so that programs of the
version before go on inserting.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("offers", "0007_items"),
    ]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="answers_need",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=11,
                verbose_name="Répond au besoin",
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(
                condition=models.Q(("answers_need", ""), _negated=True),
                fields=["answers_need"],
                name="offer_answers_need",
            ),
        ),
    ]
