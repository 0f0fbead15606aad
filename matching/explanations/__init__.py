"""One match in sentences, for whoever it concerns: what it says (`explaining`), as a page and as PDF."""

from matching.explanations.comparing import Reader
from matching.explanations.explaining import Explanation, explain, headings

__all__ = ["Explanation", "Reader", "explain", "headings"]
