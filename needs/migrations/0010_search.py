"""Needs are found by their words, which the database keeps in a table beside them; and are counted by month."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

SAYS = """
    SELECT said.id, to_tsvector('pg_catalog.simple', folded(said.title, said.text, said.item_words, said.case_reference)), folded(said.title, said.item_words)
"""
# Many at once are one statement; of a change only what touches the words counts.
KEEP = f"""
ALTER TABLE needs_needwords ADD CONSTRAINT needs_needwords_go_with_it FOREIGN KEY (need_id) REFERENCES needs_need (id) ON DELETE CASCADE;
CREATE FUNCTION need_words_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO needs_needwords (need_id, words, name) {SAYS} FROM made said;
    RETURN NULL;
END $$;
CREATE FUNCTION need_words_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE needs_needwords SET (words, name) = (SELECT found.words, found.name FROM ({SAYS} FROM (SELECT NEW.*) said)
        AS found (id, words, name))
    WHERE need_id = NEW.id;
    RETURN NULL;
END $$;
INSERT INTO needs_needwords (need_id, words, name) {SAYS} FROM needs_need said;
CREATE TRIGGER need_words_of_new AFTER INSERT ON needs_need
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION need_words_of_new();
CREATE TRIGGER need_words_of_changed AFTER UPDATE OF title, text, item_words, case_reference ON needs_need
    FOR EACH ROW EXECUTE FUNCTION need_words_of_changed();
"""  # noqa: S608 (our own words)
FORGET = """
DROP TRIGGER need_words_of_new ON needs_need;
DROP TRIGGER need_words_of_changed ON needs_need;
DROP FUNCTION need_words_of_new();
DROP FUNCTION need_words_of_changed();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("needs", "0009_uncovered"),
        ("accounts", "0005_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="NeedWords",
            fields=[
                ("words", django.contrib.postgres.search.SearchVectorField(editable=False)),
                ("name", models.TextField(editable=False)),
                ("need", models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="words", serialize=False, to="needs.need")),
            ],
            options={
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="needwords_words"),
                    django.contrib.postgres.indexes.GinIndex(fields=["name"], name="needwords_name", opclasses=["gin_trgm_ops"]),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="need", index=models.Index(fields=["city", "created_at"], name="need_city_created")
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
