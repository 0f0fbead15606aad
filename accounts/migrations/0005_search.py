"""People and associations are found by a part of their name, number or address: indexes of trigrams.

`folded` makes what offers and needs are found by as well. unaccent is declared stable, for its dictionary may be changed;
nobody changes it here, and an index takes immutable functions alone. Its schema is written out: an index is built
without a search path.
"""

import django.contrib.postgres.indexes
from django.db import migrations, models

CREATE = """
DO $$
DECLARE
    home text := (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                  WHERE e.extname = 'unaccent');
BEGIN
    EXECUTE format(
        'CREATE FUNCTION folded(VARIADIC texts text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS %L',
        format('SELECT regexp_replace(lower(%1$s.unaccent(%2$L::regdictionary, array_to_string(texts, '' ''))), '
               || '''[^[:alnum:]]+'', '' '', ''g'')', home, home || '.unaccent'));
END $$
"""
DROP = "DROP FUNCTION folded(text[])"
GIN = django.contrib.postgres.indexes.GinIndex
TRIGRAMS = django.contrib.postgres.indexes.OpClass


def folded(*fields):
    return models.Func(*fields, function="folded", output_field=models.TextField())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_merged_persons"),
        ("cities", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.AddIndex(
            model_name="user", index=GIN(TRIGRAMS(folded("name"), name="gin_trgm_ops"), name="user_name_trgm")
        ),
        migrations.AddIndex(
            model_name="user", index=GIN(fields=["phone"], name="user_phone_trgm", opclasses=["gin_trgm_ops"])
        ),
        migrations.AddIndex(
            model_name="user", index=GIN(fields=["email"], name="user_email_trgm", opclasses=["gin_trgm_ops"])
        ),
        migrations.AddIndex(
            model_name="organisation",
            index=GIN(TRIGRAMS(folded("name"), name="gin_trgm_ops"), name="organisation_name_trgm"),
        ),
    ]
