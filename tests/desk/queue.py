"""The queue as it is read in tests: a basket of it, of which nothing is asked."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts.models import User
from cities.models import City
from desk import selectors
from desk.baskets import Basket, Moment, Wanted
from needs.models import Need

ANYTHING = Wanted()


def at_noon(city: City, day: date) -> Moment:
    return Moment(now=datetime.combine(day, time(12), tzinfo=ZoneInfo(city.timezone)), today=day)


def lying_in(basket: Basket, user: User, city: City, day: date, wanted: Wanted = ANYTHING) -> QuerySet[Need]:
    return selectors.queue(user, city, basket, wanted, at=at_noon(city, day))


def to_decide(user: User, city: City, day: date) -> QuerySet[Need]:
    return lying_in(Basket.DECIDE, user, city, day)
