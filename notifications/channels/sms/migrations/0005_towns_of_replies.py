"""What had come before belongs to the town whose question it answered."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def name_towns(apps, schema_editor):
    Reply = apps.get_model("sms", "Reply")
    Message = apps.get_model("notifications", "Message")
    town = Message.objects.filter(pk=OuterRef("message")).values("city")
    Reply.objects.filter(city__isnull=True, message__isnull=False).update(city=Subquery(town))


class Migration(migrations.Migration):
    dependencies = [("sms", "0004_heard")]

    operations = [migrations.RunPython(name_towns, migrations.RunPython.noop)]
