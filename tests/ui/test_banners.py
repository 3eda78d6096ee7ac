"""The banner stack on its own, and what the reminders put into it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget

from hotfix_desktop.core.errors import StoreError, WorkspaceError
from hotfix_desktop.core.lifecycle import Ending, Kept, PackageState, PackageStatus
from hotfix_desktop.core.settings import Settings
from hotfix_desktop.core.writers import Writer
from hotfix_desktop.services.beat import Beat
from hotfix_desktop.ui import banners
from hotfix_desktop.ui.banners import Banner, BannerStack, Weight
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.reminders import Offers, Reminders
from hotfix_desktop.ui.theme import Role, Scheme, Theme, contrast
from tests.ui.sample_catalogue import NOW, after, catalogue, drift, hotfix, locked, package, unlocked


def nothing() -> None:
    """Do nothing."""


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, Scheme.LIGHT)
    yield made
    made.apply(Scheme.SYSTEM)


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(600, 300)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.fixture
def stack(window, theme):
    made = BannerStack(theme, Icons(theme), window)
    made.resize(600, 100)
    return made


def texts(stack: BannerStack) -> list[str]:
    """Give what is on the screen, top to bottom."""
    labels = [label for label in stack.findChildren(QLabel, "bannerText") if label.isVisible()]
    return [label.text() for label in sorted(labels, key=lambda label: label.parentWidget().y())]


def buttons(stack: BannerStack) -> list[str]:
    return [b.text() for b in stack.findChildren(QPushButton) if b.isVisible()]


def settle(stack: BannerStack) -> None:
    """Let new banners be laid out and shown, which Qt does at the next turn of its loop."""
    QApplication.processEvents()


# The stack


def test_without_banners_there_is_nothing(stack):
    assert not stack.isVisible()
    assert stack.sentences == []
    assert not stack.focus_first()


def test_the_most_important_stands_on_top(stack):
    for key, weight in (("a", Weight.INFO), ("b", Weight.ERROR), ("c", Weight.UNDELIVERED), ("d", Weight.EXPIRY)):
        stack.show_banner(Banner(key, weight, key))
    assert stack.sentences == ["b", "d", "c", "a"]
    settle(stack)
    assert texts(stack) == ["b", "d"]
    more = stack.findChild(QToolButton, "bannerMore")
    assert more.isVisible()
    assert more.text() == "and 2 more"
    assert ">c\na<" in more.toolTip()
    stack.remove("b")
    settle(stack)
    assert texts(stack) == ["d", "c"]
    assert more.text() == "and 1 more"
    stack.remove("a")
    assert not more.isVisible()
    stack.clear()
    assert not stack.isVisible()


def test_the_rest_is_shown_by_the_keyboard_and_hidden_again(stack, qtbot):
    for key in "abcd":
        stack.show_banner(Banner(key, Weight.INFO, key))
    settle(stack)
    more = stack.findChild(QToolButton, "bannerMore")
    more.setFocus()
    qtbot.keyClick(more, Qt.Key.Key_Space)
    settle(stack)
    assert (texts(stack), more.text()) == (["a", "b", "c", "d"], "Show fewer")
    qtbot.keyClick(more, Qt.Key.Key_Space)
    settle(stack)
    assert (texts(stack), more.text()) == (["a", "b"], "and 2 more")
    qtbot.keyClick(more, Qt.Key.Key_Space)
    for key in "bcd":
        stack.remove(key)
    for key in "bcd":
        stack.show_banner(Banner(key, Weight.INFO, key))
    settle(stack)
    assert texts(stack) == ["a", "b"], "whoever wanted to see all of them has"


def test_long_ones_leave_a_small_window_its_room(stack, window):
    for key in "ab":
        stack.show_banner(Banner(key, Weight.INFO, f"{key} " * 120, (("Show", nothing), ("Deliver…", nothing))))
    settle(stack)
    more = stack.findChild(QToolButton, "bannerMore")
    assert (len(texts(stack)), more.text()) == (1, "and 1 more")
    window.resize(1200, 900)
    stack.resize(1200, 100)
    settle(stack)
    assert len(texts(stack)) == 2
    assert not more.isVisible()


def test_a_banner_with_the_same_key_takes_the_place_of_the_first(stack):
    stack.show_banner(Banner("a", Weight.INFO, "one"))
    stack.show_banner(Banner("a", Weight.INFO, "two"))
    assert stack.sentences == ["two"]
    assert texts(stack) == ["two"]


def test_a_banner_that_grows_worse_moves_up(stack):
    stack.show_banner(Banner("a", Weight.EXPIRY, "a"))
    stack.show_banner(Banner("b", Weight.INFO, "b"))
    stack.show_banner(Banner("b", Weight.ERROR, "b"))
    settle(stack)
    assert texts(stack) == ["b", "a"]


def test_buttons_do_what_the_newest_banner_says(stack, qtbot):
    done = []
    for number in (1, 2):
        pair = (("Do", lambda n=number: done.append(n)), ("Not", nothing))
        stack.show_banner(Banner("a", Weight.INFO, "x", pair))
    qtbot.mouseClick(stack.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert done == [2]
    assert buttons(stack) == ["Do", "Not"]
    stack.show_banner(Banner("a", Weight.INFO, "x", (("Other", nothing),)))
    settle(stack)
    assert buttons(stack) == ["Other"]


def test_the_focus_stays_where_it_is_whatever_happens_to_other_banners(stack):
    stack.show_banner(Banner("a", Weight.EXPIRY, "a", (("Do", nothing),)))
    assert stack.focus_first()
    button = stack.window().focusWidget()
    assert button.text() == "Do"
    stack.show_banner(Banner("a", Weight.EXPIRY, "a, later", (("Do", nothing),)))
    stack.show_banner(Banner("b", Weight.ERROR, "b"))
    stack.show_banner(Banner("c", Weight.INFO, "c"))
    stack.show_banner(Banner("c", Weight.INFO, "c, later"))
    stack.remove("b")
    assert stack.window().focusWidget() is button


def test_the_focus_goes_to_the_first_banner_with_a_button(stack):
    stack.show_banner(Banner("a", Weight.ERROR, "a", dismissible=False))
    stack.show_banner(Banner("b", Weight.INFO, "b", (("Do", nothing),)))
    assert stack.focus_first()
    assert stack.window().focusWidget().text() == "Do"


def test_what_was_dismissed_stays_away_until_it_says_more(stack, qtbot):
    stack.show_banner(Banner("a", Weight.INFO, "1 hotfix"))
    cross = next(b for b in stack.findChildren(QToolButton) if b.accessibleName() == "Dismiss")
    qtbot.mouseClick(cross, Qt.MouseButton.LeftButton)
    assert not stack.isVisible()
    stack.show_banner(Banner("a", Weight.INFO, "1 hotfix"))
    assert stack.sentences == []
    stack.show_banner(Banner("a", Weight.INFO, "2 hotfixes"))
    assert stack.sentences == ["2 hotfixes"]
    stack.dismiss("a")
    stack.remove("a")  # its reason went, and comes again
    stack.show_banner(Banner("a", Weight.INFO, "2 hotfixes"))
    assert stack.sentences == ["2 hotfixes"]


def test_some_cannot_be_dismissed(stack):
    stack.show_banner(Banner("a", Weight.ERROR, "a", dismissible=False))
    assert not [b for b in stack.findChildren(QToolButton) if b.isVisible()]


def test_a_new_banner_is_announced_once_and_errors_at_once(stack, monkeypatch):
    heard = []

    class Ears:
        AnnouncementPoliteness = QAccessible.AnnouncementPoliteness

        @staticmethod
        def updateAccessibility(event):
            heard.append((event.message(), event.politeness()))

    monkeypatch.setattr(banners, "QAccessible", Ears)
    stack.show_banner(Banner("a", Weight.EXPIRY, "5:00"))
    stack.show_banner(Banner("a", Weight.EXPIRY, "4:59"))
    stack.show_banner(Banner("b", Weight.INFO, "news"))
    polite = QAccessible.AnnouncementPoliteness
    assert heard == [("5:00", polite.Assertive), ("news", polite.Polite)]


def test_each_stage_of_what_gets_worse_is_announced(stack, monkeypatch):
    heard = []

    class Ears:
        AnnouncementPoliteness = QAccessible.AnnouncementPoliteness

        @staticmethod
        def updateAccessibility(event):
            heard.append((event.message(), event.politeness()))

    monkeypatch.setattr(banners, "QAccessible", Ears)
    for left, stage in (("5:00", 5), ("4:59", 5), ("1:00", 1), ("0:59", 1)):
        stack.show_banner(Banner("a", Weight.EXPIRY, left, stage=stage))
    assert heard == [(left, QAccessible.AnnouncementPoliteness.Assertive) for left in ("5:00", "1:00")]


def test_text_is_plain(stack):
    stack.show_banner(Banner("a", Weight.INFO, "<b>Usr</b> & co"))
    label = stack.findChild(QLabel, "bannerText")
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert "&lt;b&gt;" in label.toolTip()


def test_a_long_word_does_not_push_the_window_wide(stack):
    stack.show_banner(Banner("a", Weight.INFO, "x" * 2000, (("Do", nothing),)))
    assert stack.minimumSizeHint().width() < 300


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_every_banner_can_be_read(stack, theme, scheme, qapp):
    theme.apply(scheme)
    qapp.processEvents()
    for weight in Weight:
        stack.clear()
        stack.show_banner(Banner("a", weight, "x"))
        frame = next(f for f in stack.findChildren(QWidget, "banner") if f.isVisible())
        paper = frame.palette().color(frame.backgroundRole())
        assert contrast(theme.colour_on(Role.TEXT, paper), paper) >= 4.5
        assert contrast(frame.findChild(QLabel, "bannerText").palette().windowText().color(), paper) >= 4.5


def icon_ink(stack) -> int:
    frame = next(f for f in stack.findChildren(QWidget, "banner") if f.isVisible())
    image = next(label for label in frame.findChildren(QLabel) if not label.pixmap().isNull()).pixmap().toImage()
    spots = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(spot.lightness() for spot in spots if spot.alpha() > 200)


def test_a_banner_gets_icons_of_the_new_ink(stack, theme, qapp):
    stack.show_banner(Banner("a", Weight.INFO, "x"))
    settle(stack)
    light = icon_ink(stack)
    theme.apply(Scheme.DARK)
    settle(stack)
    assert icon_ink(stack) - light > 100


# The reminders


class Desk:
    """What the buttons did."""

    def __init__(self):
        self.did = []

    def offers(self) -> Offers:
        return Offers(
            lock=lambda status: self.did.append(("lock", status.name)),
            extend=lambda status: self.did.append(("extend", status.name)),
            show_only=lambda text: self.did.append(("show", text)),
            protect_packages=lambda packages: self.did.append(("protect", [p.name for p in packages])),
            protect_folder=lambda: self.did.append(("protect folder",)),
        )


@pytest.fixture
def heard():
    return Desk()


@pytest.fixture
def reminders(stack, heard):
    return Reminders(stack, heard.offers(), stack.window())


def press(stack, qtbot, text: str) -> None:
    button = next(b for b in stack.findChildren(QPushButton) if b.isVisible() and b.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    ("warn", "passed", "said"),
    [
        ((5, 1), 24, []),
        ((5, 1), 25, ["Case locks in 5:00."]),
        ((5, 1), 29, ["Case locks in 1:00."]),
        ((5, 1), 30, []),
        ((), 29, []),
        ((20,), 12, ["Case locks in 18:00."]),
    ],
)
def test_warnings_are_those_of_the_settings(reminders, stack, warn, passed, said):
    shown = catalogue(unlocked(1, "Case"), settings=Settings(warn_before=warn))
    reminders.show_catalogue(shown, after(minutes=passed))
    assert stack.sentences == said


def test_the_first_to_lock_is_not_hidden_by_the_others(reminders, stack):
    names = [("Case", 25), ("Deal", 23), ("Lead", 27)]
    packages = [unlocked(n, name, minutes=minutes) for n, (name, minutes) in enumerate(names)]
    reminders.show_catalogue(catalogue(*packages), after(minutes=22, seconds=30))
    settle(stack)
    assert "Deal locks in 0:30." in stack.sentences


def test_an_extension_takes_the_warning_away(reminders, stack, heard, qtbot):
    shown = catalogue(unlocked(1, "Case"))
    reminders.show_catalogue(shown, after(minutes=26))
    press(stack, qtbot, "Extend 15 min")
    press(stack, qtbot, "Lock now")
    assert heard.did == [("extend", "Case"), ("lock", "Case")]
    longer = hotfix("Case", 1)
    longer = catalogue(package(1, "Case", PackageState.UNLOCKED, hotfix=hotfix("Case", 1, minutes=45)))
    reminders.show_catalogue(longer, after(minutes=26))
    assert stack.sentences == []


def test_a_lock_takes_the_warning_away(reminders, stack):
    reminders.show_catalogue(catalogue(unlocked(1, "Case")), after(minutes=26))
    reminders.show_catalogue(catalogue(package(1, "Case")), after(minutes=26))
    assert stack.sentences == []


def test_undelivered_hotfixes_are_named_the_oldest_first(reminders, stack, heard, qtbot):
    waiting = [locked(1, "New", minutes=5), locked(2, "Old", days=3), locked(3, "Mid", hours=2)]
    reminders.show_catalogue(catalogue(*waiting), NOW)
    assert stack.sentences == ["3 hotfixes are not delivered to development: Old (3 days), Mid (2 h), New (5 min)."]
    press(stack, qtbot, "Show")
    assert heard.did == [("show", "undelivered")]
    waiting += [locked(4, "Four", minutes=1), locked(5, "Five", minutes=1)]
    reminders.show_catalogue(catalogue(*waiting), NOW)
    assert stack.sentences[0].startswith("5 hotfixes are")
    assert stack.sentences[0].endswith("Mid (2 h), New (5 min), and 2 more.")
    reminders.show_catalogue(catalogue(locked(1, "New", minutes=5)), NOW)
    assert stack.sentences == ["1 hotfix is not delivered to development: New (5 min)."]
    reminders.show_catalogue(catalogue(), NOW)
    assert stack.sentences == []


def test_new_packages_can_be_protected(reminders, stack, heard, qtbot):
    new = [package(n, f"P{n}", PackageState.MODIFIABLE, kept=Kept.NEW) for n in range(4)]
    reminders.show_catalogue(catalogue(*new), NOW)
    assert stack.sentences[0].startswith("4 packages are new and not protected: P0, P1, P2 …")
    press(stack, qtbot, "Protect")
    assert heard.did == [("protect", ["P0", "P1", "P2", "P3"])]
    reminders.show_catalogue(catalogue(*new, protected=False), NOW)
    assert not [s for s in stack.sentences if "new" in s], "in an unprotected folder everything is"


def test_an_unprotected_folder_cannot_be_dismissed(reminders, stack, heard, qtbot):
    reminders.show_catalogue(catalogue(protected=False), NOW)
    assert stack.sentences[0].startswith("This folder is not protected")
    assert not [b for b in stack.findChildren(QToolButton) if b.isVisible()]
    press(stack, qtbot, "Protect folder…")
    assert heard.did == [("protect folder",)]


def test_problems_and_remarks(reminders, stack):
    broken = package(1, "Bad", PackageState.NOT_SYNCHRONISED, problem="Its descriptor.json is not JSON.")
    reminders.show_catalogue(catalogue(broken), NOW)
    assert stack.sentences == ["Bad: Its descriptor.json is not JSON."]
    reminders.show_catalogue(catalogue(remarks=("The disk is read-only.",)), NOW)
    assert stack.sentences == ["The disk is read-only."]
    assert buttons(stack) == []


def relocked(number: int, name: str, ending: Ending) -> PackageStatus:
    status = locked(number, name, minutes=0)
    return replace(status, hotfix=replace(status.hotfix, ending=ending))


def automatic(sentences):
    return [s for s in sentences if "automatically" in s]


def test_an_automatic_lock_is_told_once_whichever_relocker_did_it(reminders, stack):
    reminders.show_catalogue(catalogue(unlocked(7, "Case")), NOW)
    for _ in range(2):  # the second catalogue says the same once more
        reminders.show_catalogue(catalogue(relocked(7, "Case", Ending.RELOCKED)), NOW)
    at = f"{NOW.utc.astimezone():%H:%M}"
    assert automatic(stack.sentences) == [
        f"Case was locked automatically at {at}. It is undelivered: if you changed it, carry the change to development."
    ]


def test_a_lock_by_hand_is_not_told(reminders, stack):
    reminders.show_catalogue(catalogue(unlocked(7, "Case")), NOW)
    reminders.show_catalogue(catalogue(relocked(7, "Case", Ending.LOCKED)), NOW)
    assert automatic(stack.sentences) == []


def test_what_was_locked_before_the_window_was_opened_is_not_told(reminders, stack):
    reminders.show_catalogue(catalogue(relocked(7, "Case", Ending.RELOCKED)), NOW)
    assert automatic(stack.sentences) == []


def test_a_dismissed_reminder_does_not_come_back_because_time_goes_on(reminders, stack):
    waiting = catalogue(locked(1, "Case", minutes=0))
    reminders.show_catalogue(waiting, NOW)
    assert "(just now)" in stack.sentences[0]
    reminders.show_time(waiting, after(minutes=5))
    assert "(5 min)" in stack.sentences[0]
    stack.dismiss("undelivered")
    reminders.show_time(waiting, after(minutes=9))
    assert stack.sentences == []
    reminders.show_catalogue(catalogue(locked(1, "Case", minutes=0), locked(2, "Lead", minutes=0)), after(minutes=9))
    assert len(stack.sentences) == 1, "another hotfix waits"


def test_an_overdue_package_says_when_it_is_tried_again(reminders, stack, heard, qtbot):
    start = after(minutes=-30)
    for tries in (1, 2):  # whichever relocker tried: this window's beats say nothing
        again = NOW.utc + timedelta(seconds=tries)
        late = hotfix("Case", 1, opened=start, last_error="Its folder is not there.", next_try=again)
        reminders.show_catalogue(catalogue(package(1, "Case", PackageState.OVERDUE, hotfix=late)), NOW)
        when = f"{again.astimezone():%H:%M:%S}"
        assert stack.sentences == [f"Case could not be locked: Its folder is not there. Next try at {when}."]
    reminders.show_time(catalogue(package(1, "Case", PackageState.OVERDUE, hotfix=late)), after(seconds=2))
    assert stack.sentences == ["Case could not be locked: Its folder is not there. Trying now."]
    settle(stack)
    assert not [b for b in stack.findChildren(QToolButton) if b.isVisible()], "it cannot be dismissed"
    press(stack, qtbot, "Show")
    assert heard.did == [("show", "Case")]
    still = package(1, "Case", PackageState.OVERDUE, hotfix=late)
    reminders.show_catalogue(catalogue(still), NOW)
    assert len(stack.sentences) == 1
    reminders.show_catalogue(catalogue(locked(1, "Case", minutes=0)), NOW)
    assert not [s for s in stack.sentences if "could not" in s], "another program locked it"


def test_an_overdue_package_whose_failure_is_not_kept(reminders, stack):
    late = hotfix("Case", 1, opened=after(minutes=-31))
    shown = catalogue(package(1, "Case", PackageState.OVERDUE, hotfix=late))
    reminders.show_catalogue(shown, NOW)
    assert stack.sentences == []
    reminders.on_beat(Beat(NOW, 1, (late,), (), ((late, WorkspaceError("Another program works on it.")),)))
    reminders.show_time(shown, NOW)
    assert stack.sentences == ["Case could not be locked: Another program works on it."]
    reminders.on_beat(Beat(NOW, 1, (late,)))
    reminders.show_time(shown, NOW)
    assert len(stack.sentences) == 1, "it was not tried, and is still open"


def test_the_warning_goes_when_the_time_is_over(reminders, stack):
    shown = catalogue(unlocked(1, "Case"))
    reminders.show_catalogue(shown, after(minutes=29))
    assert stack.sentences == ["Case locks in 1:00."]
    reminders.show_time(shown, after(minutes=30))
    assert stack.sentences == []


def test_a_database_that_cannot_be_read(reminders, stack):
    reminders.on_beat_failed(StoreError("The database is locked.", "Try again."))
    reminders.on_beat_failed(StoreError("The database is locked.", "Try again."))
    assert stack.sentences == ["The database is locked. Try again."]
    reminders.on_beat(Beat(NOW, 1))
    assert stack.sentences == []


def test_another_workspace_begins_without_banners(reminders, stack):
    reminders.show_catalogue(catalogue(unlocked(1, "Case"), locked(2, "Deal", days=1)), after(minutes=26))
    assert len(stack.sentences) == 2
    stack.dismiss("undelivered")
    reminders.forget()
    assert stack.sentences == []
    reminders.show_catalogue(catalogue(locked(2, "Deal", days=1)), NOW)
    assert len(stack.sentences) == 1, "what was dismissed belongs to the workspace that was left"


def test_each_warning_is_announced_and_noticed(reminders, stack, monkeypatch):
    heard, noticed = [], []
    monkeypatch.setattr(stack, "_announce", lambda banner: heard.append(banner.sentence))
    reminders.noticed.connect(lambda notice: noticed.append((notice.package_id, notice.sentence, notice.urgent)))
    shown = catalogue(unlocked(1, "Case"))
    for minutes, seconds in ((24, 59), (25, 0), (25, 1), (29, 0), (29, 1)):
        reminders.show_time(shown, after(minutes=minutes, seconds=seconds))
    assert heard == ["Case locks in 5:00.", "Case locks in 1:00."]
    assert noticed == [(1, sentence, True) for sentence in heard]


def test_an_extension_that_needs_a_reason_says_that_it_asks(reminders, stack, qtbot, heard):
    shown = catalogue(unlocked(1, "Case"), settings=Settings(extension_reason=True))
    reminders.show_catalogue(shown, after(minutes=26))
    press(stack, qtbot, "Extend 15 min…")
    assert heard.did == [("extend", "Case")]


GEDIT = Writer(4711, "gedit", "Schemas/A.js")
PYTHON = Writer(812, "python3", "Files/x")


def written(*writers: Writer, ending: Ending = Ending.LOCKED) -> PackageStatus:
    status = relocked(7, "Case", ending)
    return replace(status, hotfix=replace(status.hotfix, writers=writers))


def about_writers(stack) -> list[str]:
    return [sentence for sentence in stack.sentences if "is locked, but" in sentence]


@pytest.mark.parametrize("ending", [Ending.LOCKED, Ending.RELOCKED])
def test_who_can_still_write_is_named_after_a_lock(reminders, stack, ending):
    reminders.show_catalogue(catalogue(unlocked(7, "Case")), NOW)
    for _ in range(2):
        reminders.show_catalogue(catalogue(written(GEDIT, ending=ending)), NOW)
    assert about_writers(stack) == [
        "Case is locked, but gedit (process 4711) still has Schemas/A.js open for writing."
        " What it writes from now on is reported as drift."
    ]
    stack.dismiss("writers-7")
    reminders.show_catalogue(catalogue(written(GEDIT, ending=ending)), NOW)
    assert about_writers(stack) == []


def test_several_writers_are_named_and_programs_counted(reminders, stack):
    reminders.show_catalogue(catalogue(unlocked(7, "Case")), NOW)
    reminders.show_catalogue(catalogue(written(GEDIT, PYTHON)), NOW)
    assert about_writers(stack) == [
        "Case is locked, but 2 programs still have files open for writing:"
        " gedit (process 4711) in Schemas/A.js, python3 (process 812) in Files/x."
        " What they write from now on is reported as drift."
    ]
    reminders.show_catalogue(catalogue(written(GEDIT, replace(GEDIT, path="B.js"))), NOW)
    assert "1 program still has files open" in about_writers(stack)[0]
    reminders.show_catalogue(catalogue(written(replace(GEDIT, mapped=True))), NOW)
    assert "still has Schemas/A.js in memory for writing" in about_writers(stack)[0]


def test_writers_of_a_lock_long_ago_are_not_told(reminders, stack):
    reminders.show_catalogue(catalogue(written(GEDIT)), NOW)
    assert about_writers(stack) == []


def test_writers_are_forgotten_when_the_package_is_unlocked_again(reminders, stack):
    reminders.show_catalogue(catalogue(unlocked(7, "Case")), NOW)
    reminders.show_catalogue(catalogue(written(GEDIT)), NOW)
    reminders.show_catalogue(catalogue(package(7, "Case", PackageState.UNLOCKED, hotfix=hotfix("Case", 8))), NOW)
    assert about_writers(stack) == []


def test_drift_is_told_until_it_is_accepted(reminders, stack, heard, qtbot):
    reminders.show_catalogue(catalogue(package(1, "Base", drift=drift())), NOW)
    assert stack.sentences == ["Changed behind the program's back: Base (3 files)."]
    press(stack, qtbot, "Show")
    assert heard.did == [("show", "drift")]
    reminders.show_catalogue(catalogue(package(1, "Base")), NOW)
    assert stack.sentences == []
