"""Goods name the items of the catalogue that would do, and their sizes; `manage.py name_items` names what stands."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('needs', '0007_rhythm'),
    ]

    operations = [
        migrations.AddField(
            model_name='need',
            name='item_words',
            field=models.CharField(blank=True, max_length=80, verbose_name='Objet, en quelques mots'),
        ),
        migrations.AddField(
            model_name='need',
            name='items',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), blank=True, default=list, size=None, verbose_name='Objet'),
        ),
        migrations.AddField(
            model_name='need',
            name='sizes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), blank=True, default=list, size=None, verbose_name='Taille'),
        ),
        migrations.AddField(
            model_name='need',
            name='item_checked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='need',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'goods'), models.Q(('item_words', ''), ('items', []), ('sizes', [])), _connector='OR'), name='need_items_of_goods', violation_error_message='Seuls des objets ont un objet du catalogue et une taille.'),
        ),
    ]
