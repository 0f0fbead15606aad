"""Addresses whose domain is written in its ASCII form get the spelling in which they are looked for from now on."""

from typing import Any

import idna
from django.db import migrations


def readable(address: str) -> str:
    """The address with its domain in its own script; as it is where that would be another mail server's."""
    name, _at, domain = address.rpartition("@")
    try:
        decoded = idna.decode(domain)
        same = decoded.encode("idna").decode("ascii") == domain
    except (idna.IDNAError, UnicodeError):
        return address
    return f"{name}@{decoded}" if same else address


def spell(apps: Any, schema_editor: Any) -> None:
    """Whoever is here twice, in both spellings, stays as they are: the page of doubles shows them."""
    users = apps.get_model("accounts", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects
    for user in users.filter(email__contains="@").filter(email__contains="xn--"):
        before, after = user.email, readable(user.email)
        if after != before and not users.filter(email=after).exists():
            users.filter(pk=user.pk).update(email=after)
            addresses.filter(user_id=user.pk, email=before).update(email=after)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0023_sealed"), ("account", "0001_initial")]

    operations = [migrations.RunPython(spell, migrations.RunPython.noop)]
