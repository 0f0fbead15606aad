"""What a plan leaves behind: whether it was cut short, the rank of each line, and which decision followed it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0008_lowest_score"), ("matching", "0008_match_ends")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="in_time",
            field=models.BooleanField(
                default=True, help_text="faux quand le temps donné a mis fin au calcul"
            ),
        ),
        # Lines made before have no rank that is known, and are at most a month old.
        migrations.AddField(
            model_name="planline",
            name="rank",
            field=models.PositiveIntegerField(
                default=0, help_text="place parmi les propositions possibles, 1 d’abord"
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="match",
            name="rank",
            field=models.PositiveIntegerField(help_text="place parmi les propositions possibles, 1 d’abord"),
        ),
        migrations.AddField(
            model_name="decision",
            name="plan_number",
            field=models.PositiveBigIntegerField(
                blank=True, help_text="le plan dont c’est une ligne", null=True
            ),
        ),
    ]
