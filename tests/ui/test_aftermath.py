"""What is said after a crash."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QWidget

from hotfix_desktop.core.lifecycle import HotfixState, PackageState
from hotfix_desktop.services.aftermath import Aftermath
from hotfix_desktop.ui.aftermath import aftermath_banner
from hotfix_desktop.ui.banners import BannerStack, Weight
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.reminders import Offers, Reminders
from hotfix_desktop.ui.theme import Scheme, Theme
from tests.ui.sample_catalogue import NOW, after, catalogue, hotfix, package


def at(minutes: float) -> str:
    return f"{(NOW.utc + timedelta(minutes=minutes)).astimezone():%H:%M}"


def relocked(number: int, name: str, minutes: float = 30):
    closed = NOW.utc + timedelta(minutes=minutes)
    return replace(hotfix(name, number), state=HotfixState.CLOSED, closed_at=closed)


INVOICES, PORTAL = relocked(1, "UsrInvoices"), hotfix("UsrPortal", 2, minutes=48)
BOTH = Aftermath(NOW.utc, (INVOICES,), (PORTAL,))
LATER = after(minutes=40)


def said(aftermath) -> str:
    return aftermath_banner(aftermath, LATER.utc, print, print).sentence


def test_it_says_when_it_ended_and_what_became_of_each_package():
    assert said(BOTH) == (
        f"The program ended unexpectedly at {at(0)}. UsrInvoices was locked by itself at {at(30)};"
        f" UsrPortal is still open until {at(48)}."
    )


def test_many_packages_are_counted():
    many = tuple(relocked(n, f"P{n}") for n in range(3, 6))
    assert said(replace(BOTH, relocked=many)).endswith("3 packages were locked since; 1 package is still open.")


def test_one_package_is_shown_and_more_have_details():
    shown, details = [], []
    for aftermath in (replace(BOTH, still_open=()), BOTH):
        ((text, action),) = aftermath_banner(
            aftermath, LATER.utc, shown.append, lambda: details.append("asked")
        ).buttons
        action()
        assert text == ("Details…" if aftermath is BOTH else "Show")
    assert (shown, details) == (["UsrInvoices"], ["asked"])


def test_what_is_still_open_weighs_more():
    assert aftermath_banner(BOTH, LATER.utc, print, print).weight is Weight.EXPIRY
    assert aftermath_banner(replace(BOTH, still_open=()), LATER.utc, print, print).weight is Weight.INFO


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    return made


@pytest.fixture
def stack(window, qapp):
    theme = Theme(qapp, Scheme.LIGHT)
    yield BannerStack(theme, Icons(theme), window)
    theme.apply(Scheme.SYSTEM)


@pytest.fixture
def reminders(stack, window):
    nothing = Offers(*[lambda *_: None] * 5)
    return Reminders(stack, nothing, window)


def about(stack) -> list[str]:
    return [sentence for sentence in stack.sentences if "unexpectedly" in sentence]


def opened(*hotfixes):
    return catalogue(*(package(h.package_id, h.package_name, PackageState.UNLOCKED, hotfix=h) for h in hotfixes))


def test_it_keeps_up_with_what_is_locked_and_extended_meanwhile(reminders, stack):
    reminders.show_aftermath(BOTH, [PORTAL], LATER)
    longer = hotfix("UsrPortal", 2, minutes=63)
    reminders.show_catalogue(opened(longer), LATER)
    assert f"UsrPortal is still open until {at(63)}" in about(stack)[0]
    reminders.show_catalogue(catalogue(), LATER)
    assert about(stack)[0].endswith(f"UsrInvoices was locked by itself at {at(30)}.")


def test_it_goes_when_all_of_it_is_over(reminders, stack):
    reminders.show_aftermath(replace(BOTH, relocked=()), [], LATER)
    assert about(stack)
    reminders.show_catalogue(catalogue(), LATER)
    assert about(stack) == []


def test_it_stays_away_once_it_was_dismissed(reminders, stack):
    reminders.show_aftermath(BOTH, [PORTAL], LATER)
    stack.dismiss("aftermath")
    reminders.show_catalogue(opened(PORTAL), LATER)
    reminders.show_catalogue(catalogue(), LATER)
    assert about(stack) == []


def test_another_workspace_has_nothing_of_it(reminders, stack):
    reminders.show_aftermath(BOTH, [PORTAL], LATER)
    reminders.forget()
    reminders.show_catalogue(catalogue(), LATER)
    assert about(stack) == []


def test_the_details_have_every_package(reminders, stack, window, qtbot):
    reminders.show_aftermath(BOTH, [PORTAL], LATER)
    assert stack.focus_first()
    stack.window().focusWidget().click()
    dialog = window.findChild(QDialog, "aftermathDialog")
    words = [label.text() for label in dialog.findChildren(QLabel)]
    assert f"UsrInvoices was locked by itself at {at(30)}." in words
    assert f"UsrPortal is still open until {at(48)}." in words
