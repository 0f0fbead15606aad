"""The product's addresses as the demonstration has them."""

from django.urls import include, path

from config.urls import urlpatterns as product

urlpatterns = [path("demo/", include("demo.urls")), *product]
