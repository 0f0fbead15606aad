"""Offers are found by their words, which the database keeps in a table beside them; and are counted by month."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

SAYS = """
    SELECT said.id, to_tsvector('pg_catalog.simple', folded(said.title, said.text, said.item_words)), folded(said.title, said.item_words)
"""
# Many at once are one statement; of a change only what touches the words counts.
KEEP = f"""
ALTER TABLE offers_offerwords ADD CONSTRAINT offers_offerwords_go_with_it FOREIGN KEY (offer_id) REFERENCES offers_offer (id) ON DELETE CASCADE;
CREATE FUNCTION offer_words_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO offers_offerwords (offer_id, words, name) {SAYS} FROM made said;
    RETURN NULL;
END $$;
CREATE FUNCTION offer_words_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE offers_offerwords SET (words, name) = (SELECT found.words, found.name FROM ({SAYS} FROM (SELECT NEW.*) said)
        AS found (id, words, name))
    WHERE offer_id = NEW.id;
    RETURN NULL;
END $$;
INSERT INTO offers_offerwords (offer_id, words, name) {SAYS} FROM offers_offer said;
CREATE TRIGGER offer_words_of_new AFTER INSERT ON offers_offer
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION offer_words_of_new();
CREATE TRIGGER offer_words_of_changed AFTER UPDATE OF title, text, item_words ON offers_offer
    FOR EACH ROW EXECUTE FUNCTION offer_words_of_changed();
"""  # noqa: S608 (our own words)
FORGET = """
DROP TRIGGER offer_words_of_new ON offers_offer;
DROP TRIGGER offer_words_of_changed ON offers_offer;
DROP FUNCTION offer_words_of_new();
DROP FUNCTION offer_words_of_changed();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("offers", "0009_paused_until"),
        ("accounts", "0005_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfferWords",
            fields=[
                ("words", django.contrib.postgres.search.SearchVectorField(editable=False)),
                ("name", models.TextField(editable=False)),
                ("offer", models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="words", serialize=False, to="offers.offer")),
            ],
            options={
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="offerwords_words"),
                    django.contrib.postgres.indexes.GinIndex(fields=["name"], name="offerwords_name", opclasses=["gin_trgm_ops"]),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="offer", index=models.Index(fields=["city", "created_at"], name="offer_city_created")
        ),
        migrations.RunSQL(KEEP, FORGET),
    ]
