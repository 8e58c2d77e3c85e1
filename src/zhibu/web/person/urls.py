from __future__ import annotations

app_name = "person"
urlpatterns: list = []
