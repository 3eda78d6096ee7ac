"""How long a difference takes to be painted once it is compared, and how long a frame of it takes while it scrolls.

``python -m benchmarks.painting_changes`` prints both for a text of 3 MB with 500 changed lines, and for one of 3 MB in
a single line. Offscreen; the comparison itself is ``benchmarks.changes``.
"""

from __future__ import annotations

import os
import random
import time

from hotfix_desktop.services.differences import difference

LINES = 75_000
CHANGED = 500
FRAMES = 200
PAINTED_MS = 100.0
FRAME_MS = 16.7


def texts() -> tuple[bytes, bytes]:
    """Make a ``metadata.json`` of some 3 MB, and one with 500 lines changed."""
    chance = random.Random(5)
    before = [f'      "A{chance.randrange(10**9)}": "value {number % 977}",' for number in range(LINES)]
    after = list(before)
    for number in chance.sample(range(LINES), CHANGED):
        after[number] = after[number].replace("value", f"changed {number}")
    return "\r\n".join(before).encode(), "\r\n".join(after).encode()


def main() -> int:
    """Measure; 1 when a limit is passed."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from hotfix_desktop.runtime.lane import Lane
    from hotfix_desktop.ui.diff_view import DiffView
    from hotfix_desktop.ui.theme import Scheme, Theme

    class Nothing:
        def close(self) -> None:
            """Own nothing."""

    app = QApplication(["painting_changes", "-style", "Fusion"])
    lane: Lane[Nothing] = Lane(Nothing, "colours", app)
    view = DiffView(Theme(app, Scheme.LIGHT), lambda work: lane.run(lambda owned, progress: work(progress)))
    view.resize(1180, 740)
    view.show()
    app.processEvents()
    slow = 0
    long = b'{"a":' + b'"xyz 123, ",' * 300_000 + b"}"
    for name, (before, after) in {
        "500 changed lines": texts(),
        "one line": (long, long[:1_500_000] + b"CHANGED" + long[1_500_000:]),
    }.items():
        lines = difference(b"Schemas/X/metadata.json", before, after).meaning
        assert lines is not None, "both are texts"
        begun = time.perf_counter()
        view.show_lines(b"metadata.json", lines)
        view.viewport().repaint()
        painted = (time.perf_counter() - begun) * 1e3
        frames = []
        bars = view.verticalScrollBar() if view.verticalScrollBar().maximum() else view.horizontalScrollBar()
        for _ in range(FRAMES):
            begun = time.perf_counter()
            bars.setValue(bars.value() + 3)
            app.processEvents()
            frames.append((time.perf_counter() - begun) * 1e3)
        lost = sum(1 for frame in frames if frame > FRAME_MS)
        slow += painted > PAINTED_MS
        median = sorted(frames)[FRAMES // 2]
        print(f"{name}: painted in {painted:.1f} ms; {lost} of {FRAMES} frames lost, the median {median:.1f} ms")
    lane.close()
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
