"""Password hashing: Argon2id at the OWASP minimum, because a village laptop has to bear it (Django's default takes 100 MB a login)."""
from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Small(Argon2PasswordHasher):
    """19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
