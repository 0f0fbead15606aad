"""The components that templates call as tags."""

import pytest
from django.template import Context, Template
from django.utils.translation import override


def render(source: str, **context: object) -> str:
    with override("fr"):
        return Template(source).render(Context(context))


def test_what_stands_in_a_component_is_escaped_once() -> None:
    for name in ('notice title="T"', 'empty_state title="T"'):
        page = render(f"{{% {name} %}}{{{{ words }}}}{{% end{name.split()[0]} %}}", words="L’eau & <b>")
        assert "L’eau &amp; &lt;b&gt;" in page
    assert "&lt;b&gt;" in render("{% tag 'ok' words %}", words="<b>")


def test_a_title_may_be_a_text_to_translate() -> None:
    with override("en"):
        page = Template('{% empty_state title=_("Prévu") %}{% endempty_state %}').render(Context())
    assert "<h2>Planned</h2>" in page


def test_an_urgency_brings_its_own_word_and_other_states_the_caller_s() -> None:
    assert "Ce soir" in render("{% tag 'tonight' %}")
    assert "À vous de répondre" in render("{% tag 'tonight' 'À vous de répondre' %}")


@pytest.mark.parametrize(
    "source", ["{% icon 'unicorn' %}", "{% empty_state icon='unicorn' title='T' %}{% endempty_state %}"]
)
def test_an_icon_that_does_not_exist_is_a_mistake(source: str) -> None:
    with pytest.raises(KeyError):
        render(source)


def test_a_notice_shows_how_it_is_meant() -> None:
    warning, neutral = (render(f"{{% notice {how} %}}{{% endnotice %}}") for how in ("state='warn'", ""))
    assert "notice--warn" in warning
    assert "notice--" not in neutral
    assert render("{% icon 'alert' %}") in warning
    assert render("{% icon 'info' %}") in neutral
    assert "data-close" in render("{% notice closable=True %}{% endnotice %}")
