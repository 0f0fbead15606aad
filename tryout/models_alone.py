"""The apps whose models the trial reads words of, without what they start on a server."""

from django.apps import AppConfig


class Cities(AppConfig):
    name = "cities"


class Accounts(AppConfig):
    name = "accounts"


class Offers(AppConfig):
    name = "offers"


class Needs(AppConfig):
    name = "needs"


class Matching(AppConfig):
    name = "matching"
