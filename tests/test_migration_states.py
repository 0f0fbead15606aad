"""What a migration is shown of the models: what Django shows, of the right moment, and no more than it asks for."""

import pytest
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from config.migration_states import RenderedWhenAsked, rendered_when_asked


@pytest.fixture(scope="module")
def loader():
    return MigrationLoader(None)


def shown(apps):
    """Every model with its fields, its options and who points to it."""
    found = {}
    for model in apps.get_models(include_auto_created=True, include_swapped=True):
        rendered = ModelState.from_model(model)
        fields = {name: repr(field.deconstruct()[1:]) for name, field in rendered.fields.items()}
        pointing = sorted(
            f"{each.related_model._meta.label}.{each.field.name}" for each in model._meta.related_objects
        )
        found[model._meta.label] = (fields, repr(rendered.options), rendered.bases, pointing)
    return found


def test_all_that_the_migrations_end_with_is_what_django_renders(loader):
    at_once = shown(loader.project_state().apps)
    with rendered_when_asked():
        apps = loader.project_state().apps
    assert isinstance(apps, RenderedWhenAsked)
    assert len(at_once) > 100
    assert shown(apps) == at_once


def of_a_model(called, **fields):
    return ModelState("shelf", called, [("id", models.AutoField(primary_key=True)), *fields.items()])


@pytest.fixture
def state():
    """A book of an author; a note on a book; a shop that has nothing to do with them."""
    found = ProjectState()
    found.add_model(of_a_model("Author", name=models.TextField()))
    found.add_model(of_a_model("Book", author=models.ForeignKey("shelf.Author", models.CASCADE)))
    found.add_model(of_a_model("Note", book=models.ForeignKey("shelf.Book", models.CASCADE)))
    found.add_model(of_a_model("Shop"))
    with rendered_when_asked():
        yield found


def test_a_model_comes_with_those_that_it_points_to_and_no_others(state):
    book = state.apps.get_model("shelf.Book")
    assert book._meta.get_field("author").related_model is state.apps.get_model("shelf", "Author")
    assert set(state.apps.waiting) == {("shelf", "note"), ("shelf", "shop")}


def test_who_points_to_it_is_known_all_the_same(state):
    author = state.apps.get_model("shelf", "Author")
    assert [each.related_model.__name__ for each in author._meta.related_objects] == ["Book"]


@pytest.mark.parametrize(
    "ask", [lambda apps: apps.get_app_config("shelf"), lambda apps: next(iter(apps.get_app_configs()))]
)
def test_an_app_has_all_of_its_models(state, ask):
    assert {model.__name__ for model in ask(state.apps).get_models()} == {"Author", "Book", "Note", "Shop"}


def test_each_state_shows_its_own_moment(state):
    """What was rendered before the clone, and what only afterwards, in both."""
    state.apps.get_model("shelf", "Author")
    before = state.clone()
    state.add_field("shelf", "author", "born", models.IntegerField(null=True), preserve_default=True)
    state.add_field("shelf", "shop", "town", models.TextField(null=True), preserve_default=True)
    for model, name in (("Author", "born"), ("Shop", "town")):
        assert name in {field.name for field in state.apps.get_model("shelf", model)._meta.get_fields()}
        assert name not in {field.name for field in before.apps.get_model("shelf", model)._meta.get_fields()}


def test_a_model_that_is_gone_or_never_was_is_not_found(state):
    state.apps.get_model("shelf", "Book")
    state.remove_model("shelf", "shop")
    for label in ("shelf.Shop", "shelf.Lamp", "attic.Book"):
        with pytest.raises(LookupError):
            state.apps.get_model(label)


def test_an_error_in_the_midst_of_it_leaves_nothing_behind():
    clone = ProjectState.clone
    with pytest.raises(ZeroDivisionError), rendered_when_asked():
        _ = 1 / 0
    assert ProjectState.clone is clone
    assert not isinstance(ProjectState().apps, RenderedWhenAsked)
