"""The form in which a town says what its score counts."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engine.vocabulary import PARTS
from matching.reasons.sentences import PART_LABELS, PART_MEANINGS
from matching.weighting import Points

TOTAL = 100


class PointsField(forms.DecimalField):
    """Points of one part, in a text box with a keyboard of figures: a number box loses what it does not understand."""

    default_error_messages = {
        "required": gettext_lazy("Indiquez un nombre de points, 0 pour ne pas compter ce critère."),
        "invalid": gettext_lazy("Écrivez un nombre, par exemple 30 ou 12,5."),
        "max_decimal_places": gettext_lazy("Deux chiffres après la virgule au plus."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=TOTAL,
            decimal_places=2,
            localize=True,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 12}),
            error_messages={
                "min_value": _OUT_OF_RANGE,
                "max_value": _OUT_OF_RANGE,
            },
            **options,
        )

    def to_python(self, value: Any) -> Any:
        """A comma, a point or the Arabic comma, whatever the page's language."""
        if isinstance(value, str):
            value = value.replace(",", ".").replace("٫", ".")
        return super().to_python(value)


_OUT_OF_RANGE = gettext_lazy("Un nombre de points va de 0 à 100.")


class WeightsForm(forms.Form):
    """The six parts with their points. `seen`, hidden, are the town's points when the page was made."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in PARTS:
            self.fields[part] = PointsField(label=PART_LABELS[part], help_text=PART_MEANINGS[part])

    def clean(self) -> dict[str, Any]:
        """The six are judged together once each is right."""
        cleaned = super().clean() or {}
        if all(cleaned.get(part) is not None for part in PARTS):
            total = sum(cleaned[part] for part in PARTS)
            if total != TOTAL:
                raise ValidationError(_total_sentence(total), code="total")
        return cleaned

    @property
    def weights(self) -> dict[str, float]:
        """The points of a valid form, whole ones as whole numbers: what the town's row keeps."""
        points = {part: self.cleaned_data[part] for part in PARTS}
        return {part: int(n) if n == n.to_integral_value() else float(n) for part, n in points.items()}

    @property
    def total(self) -> Decimal:
        """What the boxes make together as they are shown; those that are no number of points count nothing."""
        total = Decimal(0)
        for part in PARTS:
            try:
                points = self.fields[part].to_python(self[part].value())
            except ValidationError:
                continue
            # Nobody is told a sum of a million figures, which 1e999999 and 1e-999999 would make.
            if points is not None and points.is_finite() and 0 <= points <= TOTAL:
                total += points.quantize(Decimal("0.01"))
        return total


def first_values(weights: Points, *, seen: Points) -> dict[str, Any]:
    """What the form shows at first: these points, and the town's own to compare with later."""
    return {part: _decimal(weights[part]) for part in PARTS} | {"seen": as_text(seen)}


def as_text(weights: Points) -> str:
    """Points as the hidden box carries them."""
    return " ".join(repr(float(weights[part])) for part in PARTS)


def from_text(text: str) -> dict[str, float] | None:
    """The points in a hidden box; None when somebody has altered it."""
    try:
        points = [float(word) for word in text.split()]
    except ValueError:
        return None
    return dict(zip(PARTS, points, strict=True)) if len(points) == len(PARTS) else None


def _decimal(points: float) -> Decimal:
    return Decimal(str(points)) if points % 1 else Decimal(int(points))


def _total_sentence(total: Decimal) -> str:
    words = {"total": _written(total), "n": _written(abs(TOTAL - total))}
    if total < TOTAL:
        return _("Les six critères font %(total)s points\u202f: il en manque %(n)s pour faire 100.") % words
    return _("Les six critères font %(total)s points\u202f: c’est %(n)s de trop pour faire 100.") % words


def _written(points: Decimal) -> str:
    return number_format(f"{points.normalize():f}", use_l10n=True)
