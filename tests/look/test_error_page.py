"""What is shown when nothing else can be."""

import re

from django.conf import settings

from config import views


def test_it_speaks_every_language_each_from_its_own_side(rf):
    page = views.fault(rf.get("/")).content.decode()
    assert '<html lang="fr" dir="ltr">' in page
    said = {
        language: (direction, text.strip())
        for language, direction, text in re.findall(r'<p lang="([\w-]+)" dir="(\w+)">([^<]+)</p>', page)
    }
    assert ["fr", *said] == [code for code, _name in settings.LANGUAGES]
    assert said["ar"] == ("rtl", "حدث خطأ من جانبنا. يُرجى الانتظار دقيقة ثم إعادة تحميل الصفحة.")
    assert said["en"] == (
        "ltr",
        "Something went wrong on our side. Please wait a minute and reload the page.",
    )
