"""Addresses of the import."""
from __future__ import annotations

from django.urls import path

from . import views

app_name = "intake"
urlpatterns = [
    path("", views.upload, name="upload"),
    path("blank/<str:kind>/", views.blank, name="blank"),
    path("batches/<int:batch_id>/", views.batch, name="batch"),
    path("batches/<int:batch_id>/undo/", views.undo, name="undo"),
    path("batches/<int:batch_id>/returned/<int:number>/", views.batch_returned, name="batch-returned"),
    path("<str:key>/columns/", views.columns, name="columns"),
    path("<str:key>/", views.result, name="result"),
    path("<str:key>/returned/<int:number>/", views.returned_table, name="returned"),
]
