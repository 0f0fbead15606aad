"""The API's addresses: one router for all apps."""

from rest_framework.routers import SimpleRouter

router = SimpleRouter()
