"""A part is of several categories and départements, or of all."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0006_rescan_horizon")]

    operations = [
        migrations.RemoveConstraint(model_name="rescanpart", name="rescan_part_once"),
        migrations.AddField(
            model_name="rescanpart",
            name="categories",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                default=list,
                help_text="aucune\u202f: toutes",
                size=None,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="rescanpart",
            name="departments",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=3),
                default=list,
                help_text="aucun\u202f: tous",
                size=None,
            ),
            preserve_default=False,
        ),
        # Parts of before keep their place.
        migrations.RunSQL(
            "UPDATE matching_rescanpart SET departments = ARRAY[department_code]", migrations.RunSQL.noop
        ),
        migrations.RemoveField(model_name="rescanpart", name="department_code"),
        migrations.AddConstraint(
            model_name="rescanpart",
            constraint=models.UniqueConstraint(
                fields=("rescan", "city", "kind", "categories", "departments"), name="rescan_part_once"
            ),
        ),
    ]
