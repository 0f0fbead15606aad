"""What a list last said of each row; and the numbers of rows imported before, as spreadsheet programs cannot change them."""

import re
import unicodedata

from django.db import migrations, models


def own_id(written):
    """As `catalogue.imports.ids.own_id` at the time of this migration."""
    known = unicodedata.normalize("NFKC", written).casefold().lstrip("'’")
    known = "".join(char for char in known if not char.isspace() and unicodedata.category(char) != "Cf")
    known = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in known)
    known = re.sub(r"^(?:n[°ºo.]+|№|#)(?=\d)", "", known)
    whole = re.fullmatch(r"\+?0*(\d+)(?:[.,]0+)?", known)
    return whole[1] if whole else known


def number(apps, schema_editor):
    """Of two rows whose numbers become one, the second keeps its own."""
    rows = apps.get_model("offers", "Offer").objects.filter(external_key__startswith="import")
    taken = set(rows.values_list("city_id", "external_key"))
    for pk, city, key in list(rows.order_by("pk").values_list("pk", "city_id", "external_key")):
        prefix, mark, written = key.partition(":")
        new = f"{prefix}{mark}{own_id(written)}"
        if new != key and (city, new) not in taken:
            taken.add((city, new))
            rows.filter(pk=pk).update(external_key=new)


class Migration(migrations.Migration):

    dependencies = [
        ('offers', '0013_sealed'),
    ]

    operations = [
        migrations.AddField(
            model_name='offer',
            name='listed',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict, editable=False),
        ),
        migrations.RunPython(number, migrations.RunPython.noop, elidable=True),
    ]
