"""The order of the tree: unlocked on top, the most recently unlocked first, the rest by name."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hotfix_desktop.core.ordering import tree_order

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Package:
    name: str
    opened: datetime | None = None
    mark: int = 0


def names(packages: list[Package]) -> list[str]:
    return [p.name for p in packages]


def test_unlocked_packages_stand_on_top_with_the_newest_first():
    packages = [
        Package("Alpha"),
        Package("Old", NOON),
        Package("Beta"),
        Package("New", NOON + timedelta(minutes=5)),
    ]
    assert names(tree_order(packages)) == ["New", "Old", "Alpha", "Beta"]


def test_a_locked_package_returns_to_its_alphabetical_place():
    assert names(tree_order([Package("b"), Package("C", NOON), Package("a"), Package("D")])) == ["C", "a", "b", "D"]
    assert names(tree_order([Package("b"), Package("C"), Package("a"), Package("D")])) == ["a", "b", "C", "D"]


def test_packages_unlocked_at_the_same_moment_stand_by_name():
    assert names(tree_order([Package("b", NOON), Package("A", NOON)])) == ["A", "b"]


def test_the_window_can_bring_the_collation_of_its_locale():
    order = tree_order([Package("Z"), Package("Ä"), Package("B")], collate=lambda n: n.replace("Ä", "A").casefold())
    assert names(order) == ["Ä", "B", "Z"]


def test_names_that_collate_alike_keep_their_order():
    first, second = Package("CASE", mark=1), Package("Case", mark=2)
    assert tree_order([first, second]) == [first, second]
    assert tree_order([second, first]) == [second, first]


packages = st.builds(
    Package,
    name=st.text(max_size=4),
    opened=st.none() | st.integers(0, 3).map(lambda m: NOON + timedelta(minutes=m)),
    mark=st.integers(),
)


@given(st.lists(packages))
def test_nothing_is_lost_and_ordering_twice_changes_nothing(given_packages):
    ordered = tree_order(iter(given_packages))
    assert sorted(map(repr, ordered)) == sorted(map(repr, given_packages))
    assert tree_order(ordered) == ordered
    opened = [p.opened for p in ordered]
    unlocked = [o for o in opened if o is not None]
    assert opened == unlocked + [None] * (len(opened) - len(unlocked))
    assert unlocked == sorted(unlocked, reverse=True)
