"""The forms of a need: one page for each kind."""

from needs.forms.base import NeedForm
from needs.forms.kinds import FORMS, GoodsNeedForm, HousingNeedForm, SkillNeedForm
from needs.forms.several import SeveralForm
from needs.forms.small import WithdrawForm

__all__ = [
    "FORMS", "GoodsNeedForm", "HousingNeedForm", "NeedForm", "SeveralForm", "SkillNeedForm",
    "WithdrawForm",
]  # fmt: skip
