"""Of the numbers that are there, those are proven that an operator heard on the line, and those that wrote to us.

What the person wrote alone waits for its proof: it finds and receives nothing until then. It says how many.
"""

import sys

from django.db import migrations
from django.db.models import DateTimeField, F, Max, OuterRef, Q, Subquery


def prove(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    Consent = apps.get_model("accounts", "Consent")
    PersonEdit = apps.get_model("accounts", "PersonEdit")
    Reply = apps.get_model("sms", "Reply")
    written = PersonEdit.objects.filter(person=OuterRef("pk"), what__has_key="phone").order_by("-at")
    on_line = Consent.objects.filter(user=OuterRef("pk"), how="phone").order_by("-given_at")
    answered = Reply.objects.filter(person=OuterRef("pk")).order_by("person").values("person")
    numbers = User.objects.filter(phone__isnull=False).annotate(
        written_at=Subquery(written.values("at")[:1], output_field=DateTimeField()),
        heard_at=Subquery(on_line.values("given_at")[:1], output_field=DateTimeField()),
        wrote_at=Subquery(answered.annotate(last=Max("received_at")).values("last"), output_field=DateTimeField()),
    )
    since = {name: Q(**{f"{name}__isnull": False}) & (Q(written_at=None) | Q(**{f"{name}__gte": F("written_at")}))
             for name in ("heard_at", "wrote_at")}
    proven = 0
    for name, how in (("wrote_at", "sms"), ("heard_at", "call")):
        for pk, at in numbers.filter(since[name], phone_proof="").values_list("pk", name):
            proven += User.objects.filter(pk=pk).update(phone_proof=how, phone_proven_at=at)
    left = User.objects.filter(phone__isnull=False, phone_proof="").count()
    if proven or left:
        sys.stdout.write(f"\n    telephone numbers: {proven} proven, {left} to be proven\n  ")


class Migration(migrations.Migration):
    dependencies = [
        ("sms", "0005_towns_of_replies"),
        ("accounts", "0020_proven_numbers"),
    ]

    operations = [migrations.RunPython(prove, migrations.RunPython.noop)]
