"""Keys and refusals of the API."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.urls import path
from django.utils import timezone
from drf_spectacular.views import SpectacularAPIView
from redis.exceptions import ConnectionError as RedisDown
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config import urls as addresses
from tests.factories.accounts import ApiTokenFactory, UserFactory

pytestmark = pytest.mark.django_db


class WindowSerializer(serializers.Serializer):
    first_day = serializers.DateField()


class OfferSerializer(serializers.Serializer):
    title = serializers.CharField()
    windows = WindowSerializer(many=True)


FAULTS: dict[str, Exception] = {
    "missing": Http404(),
    "forbidden": PermissionDenied(),
    "fields": ValidationError({"rna": ["Un numéro RNA s’écrit W suivi de 9 chiffres."], "__all__": ["Non."]}),
    "sentence": ValidationError("Cette place vient d’être prise."),
    "redis": RedisDown(),
}


class WhoView(APIView):
    serializer_class = OfferSerializer
    area = "offers"

    def get(self, request: Request) -> Response:
        if fault := FAULTS.get(request.query_params.get("fault", "")):
            raise fault
        return Response({"id": request.user.pk})

    def post(self, request: Request) -> Response:
        OfferSerializer(data=request.data).is_valid(raise_exception=True)
        return Response()


urlpatterns = [
    path("api/who/", WhoView.as_view()),
    # Not the product's own, which is made once for a whole process: it would keep the endpoint above.
    path("api/who/schema/", SpectacularAPIView.as_view()),
    # Its last one says of every other address below /api/ that there is nothing.
    *addresses.urlpatterns,
]


@pytest.fixture(autouse=True)
def with_an_endpoint(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def token():
    return ApiTokenFactory(secret="acc_right")


def get(client, header="Bearer acc_right", **query):
    headers = {"authorization": header} if header else {}
    return client.get("/api/who/", query, headers=headers)


class TestToken:
    def test_says_who(self, client, token):
        assert get(client).json() == {"id": token.user.pk}
        token.refresh_from_db()
        assert timezone.now() - token.last_used_at < timezone.timedelta(seconds=30)

    @pytest.mark.parametrize(
        "header", ["Bearer acc_wrong", "Bearer", "Bearer acc_right acc_right", "bearer \xe9", "Bearer  "]
    )
    def test_wrong(self, client, token, header):
        response = get(client, header)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert response.json() == {
            "type": "authentication_failed",
            "title": "Cette clé n’est pas valable.",
            "status": 401,
            "errors": {},
        }

    def test_revoked_and_closed(self, client, token):
        ApiTokenFactory(secret="acc_old", revoked_at=datetime(2026, 1, 6, tzinfo=UTC))
        ApiTokenFactory(secret="acc_closed", user__is_active=False)
        assert get(client, "Bearer acc_old").status_code == 401
        assert get(client, "Bearer acc_closed").status_code == 401

    def test_without_and_with_another_scheme(self, client, token):
        for header in ("", "Basic YWNjX3JpZ2h0"):
            response = get(client, header)
            assert (response.status_code, response.json()["type"]) == (401, "not_authenticated")

    def test_a_session_does_too(self, client):
        user = UserFactory()
        client.force_login(user)
        assert get(client, "").json() == {"id": user.pk}


class TestRefusals:
    @pytest.mark.parametrize(
        ("fault", "status", "word"),
        [
            ("missing", 404, "not_found"),
            ("forbidden", 403, "permission_denied"),
            ("redis", 503, "unavailable"),
        ],
    )
    def test_without_fields(self, client, token, fault, status, word):
        response = get(client, fault=fault)
        body = response.json()
        assert (response.status_code, body["status"], body["type"], body["errors"]) == (
            status,
            status,
            word,
            {},
        )
        assert body["title"]

    def test_of_a_model_or_service(self, client, token):
        body = get(client, fault="fields").json()
        assert body["type"] == "validation_error"
        assert body["errors"] == {
            "rna": ["Un numéro RNA s’écrit W suivi de 9 chiffres."],
            "__all__": ["Non."],
        }
        assert get(client, fault="sentence").json()["errors"] == {
            "__all__": ["Cette place vient d’être prise."]
        }

    def test_of_a_serializer_however_deep(self, client, token):
        response = client.post(
            "/api/who/",
            {"windows": [{"first_day": "2026-03-01"}, {"first_day": "hier"}]},
            content_type="application/json",
            headers={"authorization": "Bearer acc_right"},
        )
        assert response.status_code == 400
        assert set(response.json()["errors"]) == {"title", "windows.1.first_day"}

    def test_of_the_framework(self, client, token):
        headers = {"authorization": "Bearer acc_right"}
        response = client.put("/api/who/", headers=headers)
        assert (response.status_code, response.json()["type"]) == (405, "method_not_allowed")
        response = client.post("/api/who/", "{", content_type="application/json", headers=headers)
        assert (response.status_code, response.json()["type"]) == (400, "parse_error")


def test_schema_names_the_key(client):
    schema = client.get("/api/who/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
