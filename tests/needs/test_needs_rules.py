import pytest
@pytest.mark.django_db
def test_m():
    from needs.models import Need
    assert not Need.objects.exists()
