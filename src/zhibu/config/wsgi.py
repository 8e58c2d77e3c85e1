"""WSGI entry point (granian)."""
from __future__ import annotations

import gc
import os
from importlib import import_module

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhibu.config.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # Django would load every view, and what the views need, at the first request
# What is loaded now lives as long as the process: looking through it again and again for garbage slows every large answer.
gc.collect()
gc.freeze()
import_module("zhibu.config.background").start()  # only where the environment asks for it
