"""Many rows in one request, each by itself, and a whole list in one answer (docs/api.md)."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from accounts.access import COORDINATION, DESK, has_role, require
from accounts.endpoints import Endpoint
from accounts.problems import ProblemSerializer, exception_handler, is_away
from accounts.services import log_contact_reading
from cities.models import City

log = logging.getLogger(__name__)

MOST_ROWS = 100
# So many rows are read at once for a whole list: enough to be quick, and no long query.
CHUNK = 500
EACH = (
    f"Up to {MOST_ROWS} rows, each as it would be sent alone and registered by itself: a refused one takes nothing "
    "from the others, and the answer is 200 with what became of each, in their order. Send the same again after an "
    "interruption: what is there already is told with 200."
)

EXPORTED = (
    "As the list, without pages: one row a line. Of a town's desk, those who coordinate may; each export is logged, "
    "with how many rows of which town. What does not end in `]` has broken off."
)


class RowKeyField(serializers.RegexField):
    """The sender's own name of a row."""

    def __init__(self, **kwargs: Any) -> None:
        said = (
            "Your own name for this row, as an `Idempotency-Key` of its own (1 to 50 visible ASCII characters): sent "
            "again with the same contents it registers nothing."
        )
        super().__init__(r"^[!-~]{1,50}$", help_text=said, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class RowResultSerializer(serializers.Serializer):
    """What became of one row."""

    key = serializers.CharField(help_text="As it was sent; empty where it was none.")
    status = serializers.IntegerField(
        help_text="As the row alone would have been answered: 201 registered, 200 known already, from 400 on refused."
    )
    reference = serializers.CharField(allow_null=True, help_text="Of the row that is registered.")
    problem = ProblemSerializer(allow_null=True, help_text="Why it is refused.")


class ResultsSerializer(serializers.Serializer):
    """What became of each row, in the order in which they were sent."""

    results = RowResultSerializer(many=True)


class BulkEndpoint(Endpoint):
    """Rows of which many can be registered in one request."""

    def each(
        self,
        row: type[serializers.Serializer],
        register: Callable[[dict[str, Any], tuple[str, Any]], tuple[Any, bool]],
    ) -> Response:
        """Register each row of the body. `register`: what a row says, its key and all that was sent under it; gives the
        entry, and whether it was known before. Raises ValidationError for a body that is no list of rows.
        """
        rows = self._rows()
        count = Counter(key for one in rows if isinstance(key := one.get("key"), str))
        results = []
        for one in rows:
            sent = one.get("key")
            key = sent if isinstance(sent, str) else ""
            told = {"key": key, "reference": None, "problem": None}
            try:
                if count[key] > 1:
                    raise ValidationError({"key": _("Deux lignes portent cette clé.")})
                said = self.read(row, one)
                del said["key"]
                sent_alone = {name: value for name, value in one.items() if name != "key"}
                entry, is_known = register(said, (key, sent_alone))
            except Exception as failure:
                # Whatever is no fault of the row ends the request; what was registered is known when it comes again.
                refusal = None if is_away(failure) else exception_handler(failure, {})
                if refusal is None:
                    raise
                results.append({**told, "status": refusal.status_code, "problem": refusal.data})
            else:
                results.append({**told, "status": 200 if is_known else 201, "reference": entry.reference})
        return Response(ResultsSerializer({"results": results}).data)

    def _rows(self) -> list[Mapping[str, Any]]:
        data: Any = self.request.data
        if isinstance(data, Mapping) and set(data) - {"rows"}:
            raise ValidationError(
                {str(name): _("Ce champ n’existe pas ici.") for name in set(data) - {"rows"}}
            )
        rows = data.get("rows") if isinstance(data, Mapping) else None
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
            raise ValidationError({"rows": _("Une liste de 1 à %(most)d lignes.") % {"most": MOST_ROWS}})
        if wrong := [number for number, one in enumerate(rows) if not isinstance(one, Mapping)]:
            raise exceptions.ValidationError({"rows": {str(wrong[0]): [_("Une ligne est un objet JSON.")]}})
        return rows


class ExportEndpoint(Endpoint):
    """Rows that can be read all at once: of a town, by those who may export there, and each time it is kept who did."""

    # Where a row has its town.
    town = "city"

    def shapes(self, rows: Sequence[Any]) -> Sequence[dict[str, Any]]:
        """As the list tells them."""
        shown: Sequence[dict[str, Any]] = self.get_serializer(rows, many=True).data
        return shown

    def streamed(self) -> StreamingHttpResponse:
        """All rows that pass the filters, the latest first: a JSON list with one row a line, written while it is read.
        What is changed meanwhile is told as before or as after; every row that was there comes once. It is kept who
        took how many rows of which towns before any leaves. Raises PermissionDenied.
        """
        rows = self.filter_queryset(self.get_queryset())
        self._log(rows)
        lines = self._lines(rows, language=get_language())
        return StreamingHttpResponse(lines, content_type="application/json")

    @transaction.atomic
    def _log(self, rows: QuerySet[Model]) -> None:
        numbers = dict(rows.order_by().values_list(self.town).annotate(number=Count("pk")))
        now = timezone.now()
        for city in City.objects.filter(pk__in=numbers).order_by("pk"):
            if has_role(self.actor, city, DESK):
                require(has_role(self.actor, city, COORDINATION))
            log_contact_reading(
                subject=None,
                reason="export",
                reference=f"{city.slug} {rows.model._meta.model_name}.json {numbers[city.pk]}",
                city=city,
                by=self.actor,
                now=now,
            )

    def _lines(self, rows: QuerySet[Model], *, language: str) -> Iterator[str]:
        # It is read when the request's own language is set no more.
        with override(language):
            try:
                yield from self._rows_of(rows)
            except Exception as error:
                # The answer has begun: all that tells its reader is that the list is not closed.
                log.error("an export of %s broke off: %s", rows.model._meta.model_name, type(error).__name__)
                raise

    def _rows_of(self, rows: QuerySet[Model]) -> Iterator[str]:
        between, last = "[\n", None
        while True:
            chunk = list((rows if last is None else rows.filter(pk__lt=last))[:CHUNK])
            for shape in self.shapes(chunk):
                yield between + json.dumps(shape, cls=JSONEncoder, ensure_ascii=False)
                between = ",\n"
            if len(chunk) < CHUNK:
                break
            last = chunk[-1].pk
        yield "\n]\n" if between == ",\n" else "[]\n"
