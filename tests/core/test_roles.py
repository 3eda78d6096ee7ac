"""Who may do what, as one table (``design.md`` 4)."""

import pytest

from hotfix_desktop.core.errors import Denied, Refused
from hotfix_desktop.core.roles import ALLOWED, Act, Role, demand, may, why_not

TABLE = {
    #                  administrator, auditor, neither
    Act.UNLOCK: (True, False, False),
    Act.LOCK: (True, False, False),
    Act.EXTEND: (True, False, False),
    Act.CHANGE_SETTINGS: (True, False, False),
    Act.ASSIGN_ROLES: (True, False, False),
    Act.PROTECT: (True, False, False),
    Act.RELEASE: (True, False, False),
    Act.ACCEPT_DRIFT: (True, False, False),
    Act.READ_AUDIT: (True, True, False),
    Act.EXPORT_AUDIT: (True, True, False),
    Act.ARCHIVE_AUDIT: (True, False, False),
    Act.REVIEW: (False, True, False),
    Act.ACKNOWLEDGE_BREAK: (True, True, False),
    Act.READ_CHANGES: (True, True, False),
    Act.REVERT: (True, False, False),
    Act.DELIVER: (True, False, False),
    Act.UPDATE: (True, False, False),
    Act.EXPORT_PACKAGE: (True, True, False),
    Act.CLEAN_CONTENTS: (True, False, False),
}
HOLDERS = [frozenset({Role.ADMINISTRATOR}), frozenset({Role.AUDITOR}), frozenset()]


def test_the_table_knows_every_act():
    assert set(TABLE) == set(Act) == set(ALLOWED)


@pytest.mark.parametrize("act", Act)
def test_each_act_is_for_the_roles_in_the_table_and_for_nobody_else(act):
    assert tuple(may(act, roles) for roles in HOLDERS) == TABLE[act]


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("roles", HOLDERS)
def test_a_demand_raises_exactly_where_there_is_a_reason(act, roles):
    sentence = why_not(act, "bob", roles)
    if may(act, roles):
        assert sentence == ""
        demand(act, "bob", roles)
        return
    first = "System administrators" if TABLE[act][0] else "Auditors"
    assert sentence.startswith(f"bob may not {act.value}: only members of {first} ")
    with pytest.raises(Denied) as caught:
        demand(act, "bob", roles)
    assert caught.value.sentence == sentence
    assert "Ask one of the System administrators" in caught.value.remedy
    assert isinstance(caught.value, Refused)


def test_somebody_with_both_roles_may_do_what_either_allows():
    both = frozenset(Role)
    assert all(may(act, both) for act in Act)


def test_the_sentence_names_every_role_that_would_do():
    assert why_not(Act.READ_AUDIT, "bob", ()) == (
        "bob may not read the audit log: only members of System administrators or Auditors may."
    )
