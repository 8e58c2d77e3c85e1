"""What a person may do. Roles (access/roles.toml) are lists of these; actions and queries name exactly one."""
from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One right, always held at an organisation and its subtree."""

    ORG_REQUEST = "org.request"          # hand in establishment, adjustment, extension
    ORG_APPROVE = "org.approve"          # answer them as an organisation above
    ORG_EDIT = "org.edit"                # groups, posts, contacts of an organisation
    MEMBER_READ = "member.read"
    MEMBER_WRITE = "member.write"
    MEMBER_REVEAL = "member.reveal"      # see an ID or phone number in full
    ACTIVITY_READ = "activity.read"
    ACTIVITY_WRITE = "activity.write"
    COMPLIANCE_READ = "compliance.read"
    REMIND = "remind"
    LEAVE_DECIDE = "leave.decide"        # answer requests for leave from the branch's meetings
    EXCUSE_REQUEST = "excuse.request"
    EXCUSE_DECIDE = "excuse.decide"
    IMPORT = "import"
    POLICY_READ = "policy.read"
    POLICY_ASSIGN = "policy.assign"
    POLICY_WRITE = "policy.write"        # rule sets of the organisation: drafts, into force, out of it
    ACCOUNT_HELP = "account.help"        # print a new code for accounts strictly below, reset their lost second factor
    ACCOUNT_MANAGE = "account.manage"
    GRANT_MANAGE = "grant.manage"
    JOURNAL_READ = "journal.read"
    SYSTEM_RUN = "system.run"
    OWN_FILE = "own.file"                # one's own file; needs no scope beyond oneself


class Compartment(StrEnum):
    """Confidential kinds of information that rank alone never opens (product.md, principle 8)."""

    INCOME = "income"
    TALKS = "talks"
    HARDSHIP = "hardship"
    VETTING = "vetting"
