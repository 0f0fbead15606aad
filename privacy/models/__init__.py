"""What is asked about a person's data: that they go, that they are held, that they will go for want of any contact."""

from privacy.models.erasures import Erasure
from privacy.models.holds import LegalHold
from privacy.models.notices import Notice

__all__ = ["Erasure", "LegalHold", "Notice"]
