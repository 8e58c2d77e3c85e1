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
    DUES_READ = "dues.read"              # dues of single persons: bases, amounts, payments (opens nothing without 收入)
    DUES_WRITE = "dues.write"            # bases, payments, remittances and expenses of an organisation
    DUES_TOTAL = "dues.total"            # sums of organisations, never a person's
    DUES_DECIDE = "dues.decide"          # exemptions and expenses, as an organisation above
    TRANSFER_REQUEST = "transfer.request"  # applications, arrivals, members away, contact lost
    TRANSFER_DECIDE = "transfer.decide"  # letters, acceptance and return, as a committee
    TRAINING_READ = "training.read"
    TRAINING_WRITE = "training.write"
    TALK_READ = "talk.read"              # what was said (opens nothing without 谈话)
    TALK_WRITE = "talk.write"
    CARE_READ = "care.read"              # care cases of the branch (opens nothing without 困难)
    CARE_WRITE = "care.write"
    CARE_DECIDE = "care.decide"          # proposals handed in to an organisation above
    RESOURCE_READ = "resource.read"      # funds and venues
    RESOURCE_WRITE = "resource.write"
    CHANNEL_MANAGE = "channel.manage"    # where notices of an organisation go
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
