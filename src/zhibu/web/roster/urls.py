from __future__ import annotations

app_name = "roster"
urlpatterns: list = []
