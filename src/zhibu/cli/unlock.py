"""`zhibu unlock ACCOUNT`: the way back in when nobody is left who could print a new code. Needs the server itself, and leaves a line in the journal."""
from __future__ import annotations

import sys
from collections.abc import Sequence

from django.utils import timezone

from zhibu.ground.access import factors, queries
from zhibu.ground.access.actions import AccountError, renew_code


def main(argv: Sequence[str]) -> int:
    """Give an account a new one-time code and take its second factors away."""
    if len(argv) != 1:
        print("用法：zhibu unlock 账号", file=sys.stderr)
        return 2
    actor, now = queries.system_actor("服务器命令行"), timezone.now()
    found = queries.actor_by_username(argv[0], timezone.localdate(now))
    if found is None or found.account_id is None:
        print(f"没有“{argv[0]}”这个账号", file=sys.stderr)
        return 1
    try:
        code = renew_code(actor, account_id=found.account_id, at=now)
        if factors.has_any(found.account_id):
            factors.reset(actor, account_id=found.account_id, at=now)
    except AccountError as error:
        print(f"没有办：{error.reason}", file=sys.stderr)
        return 1
    print(f"{found.name}（{argv[0]}）的一次性代码，24 小时内有效：{code}\n原来的密码和第二道验证已作废，操作日志里记了一行。")
    return 0
