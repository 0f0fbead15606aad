"""The models of a moment of the migrations, each rendered when it is asked for.

Django renders anew, after each step of a migration, every model that is tied to the one that changed, which is nearly
all of them: some 36 000 in all, fifty seconds of a fresh start, of which the steps look at one or two models each
(docs/adr/0057).
"""

import functools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.db.migrations import state
from django.db.models import Model


class RenderedWhenAsked(state.StateApps):
    """The models of one `ProjectState`. A model comes with those that it points to; `get_models` renders all."""

    def __init__(self, real_apps: list[str], models: dict[tuple[str, str], state.ModelState]) -> None:
        self.waiting: dict[tuple[str, str], state.ModelState] = {}
        super().__init__(real_apps, models)

    def render_multiple(self, model_states: Iterable[state.ModelState]) -> None:
        for each in model_states:
            self.waiting[each.app_label, each.name_lower] = each
        self.get_models.cache_clear()

    def unregister_model(self, app_label: str, model_name: str) -> None:
        self.waiting.pop((app_label, model_name), None)
        super().unregister_model(app_label, model_name)

    def get_model(
        self, app_label: str, model_name: str | None = None, require_ready: bool = True
    ) -> type[Model]:
        if model_name is None:
            app_label, model_name = app_label.split(".")
        self._render(app_label, model_name.lower())
        return super().get_app_config(app_label).get_model(model_name, require_ready)

    def get_app_config(self, app_label: str) -> AppConfig:
        """With all of its models."""
        for key in [key for key in self.waiting if key[0] == app_label]:
            self._render(*key)
        return super().get_app_config(app_label)

    def get_app_configs(self) -> Iterable[AppConfig]:
        self.get_models()
        return super().get_app_configs()

    def get_registered_model(self, app_label: str, model_name: str) -> type[Model]:
        """How a relation finds what it points to."""
        self._render(app_label, model_name.lower())
        return super().get_registered_model(app_label, model_name)

    @functools.cache  # noqa: B019 -- as Django's, whose `clear_cache` empties it
    def get_models(
        self, include_auto_created: bool = False, include_swapped: bool = False
    ) -> list[type[Model]]:
        with self.bulk_update():
            for key in list(self.waiting):
                self._render(*key)
        uncached: Any = vars(Apps)["get_models"].__wrapped__
        found: list[type[Model]] = uncached(self, include_auto_created, include_swapped)
        return found

    def _render(self, app_label: str, model_name: str) -> None:
        if found := self.waiting.pop((app_label, model_name), None):
            found.render(self)


def _forget(self: state.ProjectState, *_models: Any, **_how: Any) -> None:
    """What was rendered shows the state before; the next to ask gets it rendered from this one."""
    self.__dict__.pop("apps", None)


def _clone(self: state.ProjectState) -> state.ProjectState:
    """Without what is rendered: that would be of the other state's models, which change."""
    models = {key: each.clone() for key, each in self.models.items()}
    clone = state.ProjectState(models=models, real_apps=self.real_apps)
    clone.is_delayed = self.is_delayed
    return clone


_OURS: list[tuple[Any, str, Any]] = [
    (state, "StateApps", RenderedWhenAsked),
    (state.ProjectState, "reload_model", _forget),
    (state.ProjectState, "reload_models", _forget),
    (state.ProjectState, "clone", _clone),
]


@contextmanager
def rendered_when_asked() -> Iterator[None]:
    """For the length of the block, migrations render what they look at and no more."""
    theirs = [(owner, name, getattr(owner, name)) for owner, name, _ours in _OURS]
    _put(_OURS)
    try:
        yield
    finally:
        _put(theirs)


def _put(parts: list[tuple[Any, str, Any]]) -> None:
    for owner, name, part in parts:
        setattr(owner, name, part)
