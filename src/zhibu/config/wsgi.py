"""WSGI entry point (granian)."""
from __future__ import annotations

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhibu.config.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

application = get_wsgi_application()
assert get_resolver().url_patterns  # Django would load every view, and what the views need, at the first request
# What is loaded now lives as long as the process: looking through it again and again for garbage slows every large answer.
gc.collect()
gc.freeze()
