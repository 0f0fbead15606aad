"""What rent somebody pays, and whether nobody may smoke. Homes are looked for again, by the rules that read it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('needs', '0004_labels'),
    ]

    operations = [
        migrations.AddField(
            model_name='need',
            name='rent_payer',
            field=models.CharField(blank=True, choices=[('household', 'le foyer'), ('association', 'l’association'), ('aid', 'une aide publique'), ('other', 'quelqu’un d’autre')], max_length=11, verbose_name='Qui paie le loyer'),
        ),
        migrations.AddField(
            model_name='need',
            name='rent_up_to',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='Loyer possible'),
        ),
        migrations.AddField(
            model_name='need',
            name='smoke_free_needed',
            field=models.BooleanField(default=False, verbose_name='Sans fumée'),
        ),
        migrations.RunSQL(
            "UPDATE needs_need SET scan_due_at = coalesce(scan_due_at, now()) "
            "WHERE kind = 'housing' AND state IN ('open', 'partly_met')",
            migrations.RunSQL.noop,
        ),
    ]
