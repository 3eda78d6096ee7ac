"""The tray icon: what it shows, says and offers; and that nothing needs it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QListWidget, QSystemTrayIcon, QWidget

from hotfix_desktop.core.lifecycle import PackageState
from hotfix_desktop.core.roles import Role
from hotfix_desktop.ui.icons import Icons
from hotfix_desktop.ui.reminders import Notice
from hotfix_desktop.ui.theme import Scheme, Theme
from hotfix_desktop.ui.tray import Tray, system_tray
from tests.ui.fake_tray import FakeTray
from tests.ui.real_window import PATIENCE, choose, writable
from tests.ui.sample_catalogue import NOW, after, catalogue, hotfix, package, unlocked

Reason = QSystemTrayIcon.ActivationReason
Message = QSystemTrayIcon.MessageIcon


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, Scheme.LIGHT)
    yield made
    made.apply(Scheme.SYSTEM)


@pytest.fixture
def shared(qapp):
    return QAction("Lock &all"), QAction("&Quit")


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def tray(theme, shared, window):
    return Tray(FakeTray(window), Icons(theme), shared, window)


def overdue(number: int, name: str):
    return package(number, name, PackageState.OVERDUE, hotfix=hotfix(name, number, opened=after(minutes=-40)))


@pytest.mark.parametrize(
    ("packages", "tip"),
    [
        ((), "Hotfix Desktop: nothing is unlocked"),
        ((unlocked(1, "Case"), unlocked(2, "Deal", minutes=90)), "2 unlocked, next lock in 12:41"),
        ((unlocked(1, "Case"), overdue(3, "UsrInvoices")), "Overdue: UsrInvoices"),
    ],
)
def test_the_tooltip_says_what_is_open(tray, packages, tip):
    tray.show_catalogue(catalogue(*packages), after(minutes=17, seconds=19))
    assert tray.icon.tips[-1] == tip


def test_one_that_is_due_is_overdue_before_anybody_says_so(tray):
    tray.show_catalogue(catalogue(unlocked(1, "Case")), after(minutes=30))
    assert tray.icon.tips[-1] == "Overdue: Case"


def picture(tray):
    return tray.icon.icon.pixmap(16).toImage()


def test_the_icon_tells_open_overdue_and_closed_apart(tray):
    pictures = []
    for packages in ((), (unlocked(1, "Case"),), (overdue(2, "Old"),), ()):
        tray.show_catalogue(catalogue(*packages), NOW)
        pictures.append(picture(tray))
    assert pictures[0] == pictures[3]
    assert pictures[0] != pictures[1]
    assert pictures[1] != pictures[2]
    assert pictures[0] != pictures[2]


def test_the_icon_follows_the_theme(tray, theme):
    tray.show_catalogue(catalogue(unlocked(1, "Case")), NOW)
    light = picture(tray)
    theme.apply(Scheme.DARK)
    assert picture(tray) != light


def test_it_is_told_only_what_is_new(tray):
    shown = catalogue(unlocked(1, "Case"))
    told = len(tray.icon.tips)
    for _ in range(3):
        tray.show_catalogue(shown, NOW)
    assert len(tray.icon.tips) == told + 1


def test_the_menu_offers_the_window_the_locks_and_the_end(tray, shared):
    assert tray.icon.texts() == ["Show window", "Lock all", "Quit"]
    tray.show_catalogue(catalogue(unlocked(1, "R&D"), unlocked(2, "Deal")), NOW)
    assert tray.icon.texts() == ["Show window", "Lock all", "Lock R&D now", "Lock Deal now", "Quit"]
    heard = []
    tray.window_wanted.connect(lambda: heard.append("window"))
    tray.lock_wanted.connect(lambda status: heard.append(status.name))
    shared[0].triggered.connect(lambda: heard.append("all"))
    for action in tray.icon.actions()[:4]:
        action.trigger()
    assert heard == ["window", "all", "R&D", "Deal"]
    shared[0].setEnabled(False)
    tray.show_catalogue(catalogue(unlocked(1, "R&D"), unlocked(2, "Deal")), NOW)
    assert not tray.icon.actions()[2].isEnabled(), "who may not lock all may lock none"


def test_a_click_shows_the_window_and_the_menu_key_does_not(tray):
    heard = []
    tray.window_wanted.connect(lambda: heard.append("window"))
    tray.icon.activated.emit(Reason.Context)
    assert heard == []
    tray.icon.activated.emit(Reason.Trigger)
    assert heard == ["window"]


def test_a_message_leads_to_its_package(tray):
    heard = []
    tray.window_wanted.connect(lambda: heard.append("window"))
    tray.package_wanted.connect(heard.append)
    tray.icon.messageClicked.emit()
    tray.tell(Notice(7, "A package locks soon", "Case locks in 5:00.", urgent=True))
    tray.tell(Notice(8, "A package was locked", "Deal was locked."))
    assert tray.icon.messages == [
        ("A package locks soon", "Case locks in 5:00.", Message.Warning),
        ("A package was locked", "Deal was locked.", Message.Information),
    ]
    tray.icon.messageClicked.emit()
    assert heard == ["window", 8]


def test_where_there_is_no_tray_there_is_no_icon(qapp):
    assert not QSystemTrayIcon.isSystemTrayAvailable(), "the offscreen platform has none"
    assert system_tray(qapp) is None


@pytest.mark.qt_log_ignore("No such signal QPlatformNativeInterface")  # the offscreen platform says this
def test_qts_own_icon_will_do(qtbot, theme, shared, window):
    tray = Tray(QSystemTrayIcon(window), Icons(theme), shared, window)
    tray.show_catalogue(catalogue(unlocked(1, "Case")), NOW)
    tray.tell(Notice(1, "A package locks soon", "Case locks in 5:00."))
    assert tray.icon.toolTip() == "1 unlocked, next lock in 30:00"
    assert not tray.icon.icon().isNull()
    heard = []
    tray.package_wanted.connect(heard.append)
    tray.icon.messageClicked.emit()
    assert heard == [1]
    tray.end()
    assert not tray.icon.isVisible()


# In the window


@pytest.fixture
def made(desk):
    """The trays that a window asked for."""
    icons: list[FakeTray] = []

    def make(parent):
        icons.append(FakeTray(parent))
        return icons[-1]

    desk.tray_icon = make
    return icons


@pytest.fixture
def opened(desk, made):
    desk.protect().unlock("Beta")
    window = desk.opened()
    desk.qtbot.waitUntil(lambda: bool(made), timeout=PATIENCE)
    return window


def test_a_window_without_a_tray_is_whole(desk):
    desk.tray_icon = lambda _parent: None
    window = desk.protect().opened()
    assert window.tray.tray is None
    window.close()
    assert not window.isVisible()


def test_it_comes_after_the_first_paint(desk, made):
    window = desk.window()
    assert made == []
    desk.show(window)
    desk.qtbot.waitUntil(lambda: bool(made), timeout=PATIENCE)
    assert made[0].visible
    assert made[0].tips[-1] == "Hotfix Desktop: nothing is unlocked"


def test_it_keeps_up_with_the_window(desk, opened, made):
    desk.beat(opened, minutes=10)
    assert made[0].tips[-1] == "1 unlocked, next lock in 20:00"
    opened.abandon()
    assert made[0].tips[-1] == "Hotfix Desktop: nothing is unlocked"
    assert made[0].texts() == ["Show window", "Lock all", "Quit"]


def test_each_warning_and_the_lock_are_told_once(desk, opened, made):
    desk.edit("Beta")
    for seconds in (24 * 60 + 59, 1, 1, 4 * 60 - 1, 1, 59):
        desk.beat(opened, seconds=seconds)
    at = f"{desk.clock.wall.astimezone():%H:%M}"
    assert [(title, sentence) for title, sentence, _icon in made[0].messages] == [
        ("A package locks soon", "Beta locks in 5:00."),
        ("A package locks soon", "Beta locks in 1:00."),
        (
            "A package was locked",
            f"Beta was locked automatically at {at}. 1 change is not delivered.",
        ),
    ]


def test_an_overdue_package_is_told_once(desk, opened, made):
    desk.block("Beta")
    desk.beat(opened, minutes=30)
    desk.beat(opened, minutes=1)
    told = [sentence for title, sentence, _icon in made[0].messages if title == "A package is overdue"]
    assert len(told) == 1
    assert told[0].startswith("Beta could not be locked: ")
    assert made[0].tips[-1] == "Overdue: Beta"
    desk.unblock("Beta")


def test_a_message_that_is_clicked_shows_its_package(desk, opened, made):
    desk.beat(opened, minutes=25)
    choose(opened, "Zeta")
    opened.filter.setText("zeta")
    opened.showMinimized()
    made[0].messageClicked.emit()
    assert not opened.isMinimized()
    assert opened.tree.chosen.name == "Beta"


def test_a_package_is_locked_from_the_tray(desk, opened, made):
    next(action for action in made[0].actions() if "Beta" in action.text()).trigger()
    desk.qtbot.waitUntil(lambda: not opened.catalogue.open_packages, timeout=PATIENCE)
    assert writable(desk.folder / "Beta") == []


def test_closing_the_window_ends_it_and_never_hides_in_the_tray(desk, opened, made):
    desk.lock("Beta")
    desk.beat(opened)
    opened.close()
    assert not opened.isVisible()
    assert not made[0].visible
    assert opened.workspace is None


def test_it_goes_and_comes_back_as_the_user_wants(desk, opened, made):
    for visible in (False, True):
        opened.actions_["actionSettings"].trigger()
        dialog = desk.dialog(opened, "settingsDialog")
        pages = dialog.findChild(QListWidget, "settingsPages")
        pages.setCurrentRow(pages.count() - 1)
        dialog.findChild(QCheckBox, "trayIcon").click()
        ok = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
        desk.qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
        assert made[-1].visible is visible
        assert opened.state.tray is visible
    assert len(made) == 2
    desk.beat(opened, minutes=25)
    assert made[0].messages == []
    assert len(made[1].messages) == 1


def test_no_icon_where_the_user_wants_none(desk, made):
    desk.settings.setValue("tray/show", False)
    window = desk.protect().opened()
    assert window.tray.tray is None
    assert made == []


def test_an_auditor_cannot_lock_from_the_tray(desk, made):
    desk.protect().unlock("Beta")
    desk.assign("eve", Role.AUDITOR)
    desk.opened("eve")
    desk.qtbot.waitUntil(lambda: bool(made), timeout=PATIENCE)
    assert {a.text().replace("&", ""): a.isEnabled() for a in made[0].actions()} == {
        "Show window": True,
        "Lock all": False,
        "Lock Beta now": False,
        "Quit": True,
    }
