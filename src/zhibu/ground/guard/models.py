"""Tables of the guard: which key sealed the data, and which posts were already answered."""
from __future__ import annotations

from django.db import models


class KeyMark(models.Model):
    """The id of the key that seals this database. Written once; a start with another key or none is refused."""

    key_id = models.CharField(max_length=16, unique=True)
    made_at = models.DateTimeField()


class AnsweredPost(models.Model):
    """An idempotency key of a form or API call and what it led to, written in the transaction of the thing itself."""

    account_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    target = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "key"], name="answered_post_once")]
