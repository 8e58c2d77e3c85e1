"""WSGI entry point (granian)."""
from __future__ import annotations

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhibu.config.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
# What is loaded now lives as long as the process: looking through it again and again for garbage slows every large answer.
gc.collect()
gc.freeze()
