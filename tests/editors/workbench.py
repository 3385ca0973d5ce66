"""VS Code as a person has it: what can be pressed there, and what can be read."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

BUTTONS = {
    "continue": "continue",
    "step over": "step-over",
    "step into": "step-into",
    "step out": "step-out",
    "step back": "step-back",
    "reverse": "reverse-continue",
    "restart": "restart",
    "stop": "stop",
    "disconnect": "disconnect",
}
"""The buttons of the debugger's toolbar, by what VS Code calls their pictures."""


@dataclass
class Workbench:
    """One window.

    Attributes:
        page: the tab of the browser that it is in.
        pictures: the folder for pictures of it, or None.
        done: what was pressed and typed so far.
    """

    page: Page
    pictures: Path | None = None
    done: list[str] = field(default_factory=list)

    # ---- what a person does

    def open(self, address: str, file: str) -> None:
        """Opens a folder, trusts it, and opens a file."""
        self.page.goto(address)
        self.page.get_by_role("button", name="Yes, I trust the authors").click(timeout=120_000)
        self.page.locator(".explorer-folders-view").get_by_role("treeitem", name=file, exact=True).dblclick()
        expect(self.page.locator(".view-line").first).to_be_visible()

    def widen(self, width: int) -> None:
        """Drags the border between the variables and the script."""
        bar = self.page.locator(".part.sidebar").bounding_box()
        assert bar is not None
        border, middle = bar["x"] + bar["width"], bar["y"] + bar["height"] / 2
        self.page.mouse.move(border, middle)
        self.page.mouse.down()
        self.page.mouse.move(border + 20, middle, steps=5)
        self.page.mouse.move(bar["x"] + width, middle, steps=5)
        self.page.mouse.up()

    def start(self) -> None:
        """Presses F5; once more where the window has not found its extensions yet, as soon after it was opened."""
        self.done.append("F5")
        for _ in range(6):
            self.page.keyboard.press("F5")
            with suppress(AssertionError):
                expect(self.page.locator(".debug-toolbar")).to_be_visible(timeout=5_000)
                return
        raise AssertionError("F5 starts nothing")

    def press(self, button: str) -> None:
        """Presses a button of the toolbar, when the one before has been answered."""
        self.done.append(f"button {button}")
        self.page.locator(f".debug-toolbar .codicon-debug-{BUTTONS[button]}:not(.disabled)").click()

    def check(self, label: str, *, on: bool = True) -> None:
        """Sets a check box under *Breakpoints*."""
        self.done.append(f"check box {label}")
        row = self.page.locator(".debug-breakpoints .monaco-list-row").filter(has_text=label).first
        row.locator("input").set_checked(on)

    def click_in_gutter(self, line: int) -> None:
        """Sets a breakpoint on a line of the file that is shown, or takes it away."""
        self.done.append(f"gutter {line}")
        number = self.page.locator(".margin-view-overlays .line-numbers").get_by_text(str(line), exact=True)
        number.click(position={"x": -8, "y": 9}, force=True)  # left of it

    def unfold(self, name: str) -> None:
        """Opens a variable."""
        self.done.append(f"unfold {name}")
        self.variable(name).locator(".monaco-tl-twistie").click()

    def hover(self, line: str, word: str, text: str) -> None:
        """Rests the mouse on a word of the line that begins so, until a text appears."""
        self.page.mouse.move(5, 5)
        self.done.append(f"hover {word}")
        start = re.compile(r"^\s*" + r"\s".join(map(re.escape, line.split())))  # VS Code shows spaces that do not break
        shown = self.page.locator(".view-line").filter(has_text=start).first
        place: dict[str, float] = shown.evaluate(
            """(line, word) => {
                const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
                while (walker.nextNode()) {
                    const start = walker.currentNode.data.indexOf(word);
                    if (start < 0) continue;
                    const range = document.createRange();
                    range.setStart(walker.currentNode, start);
                    range.setEnd(walker.currentNode, start + word.length);
                    const { x, y, width, height } = range.getBoundingClientRect();
                    return { x: x + width / 2, y: y + height / 2 };
                }
            }""",
            word,
        )
        self.page.mouse.move(place["x"], place["y"])
        expect(self.page.locator(".debug-hover-widget").filter(visible=True).first).to_contain_text(text)

    def say(self, text: str) -> str:
        """Types a line into the debug console; gives the answer."""
        self.done.append(f"typed {text}")
        rows = self.page.locator(".repl-tree .monaco-list-row")
        self.page.locator(".repl-input-wrapper .monaco-editor").first.click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Escape")  # the completions
        self.page.keyboard.press("Enter")
        expect(rows.nth(-2)).to_have_text(re.compile(re.escape(text)))
        return rows.last.inner_text()

    def choose(self, configuration: str) -> None:
        """Chooses what F5 starts."""
        self.done.append(f"choose {configuration}")
        self.page.locator(".start-debug-action-item select").select_option(label=configuration)

    def menu(self, name: str, item: str) -> None:
        """Chooses from the context menu of a variable."""
        self.done.append(f"menu {item}")
        self.page.wait_for_timeout(1000)  # a menu closes when the rows below it are written again
        self.variable(name).click(button="right")
        self.page.wait_for_timeout(1000)  # and does not take a click that comes at once
        self.page.get_by_role("menuitem", name=item).click()

    # ---- what a person reads

    def variable(self, name: str) -> Locator:
        """The first row of the variables with this name."""
        rows = self.page.locator(".debug-variables .monaco-list-row")
        return rows.filter(has_text=re.compile(rf"^\s*{re.escape(name)}\s*=")).first

    def reads(self, name: str, text: str) -> None:
        """Waits until a variable is shown so."""
        expect(self.variable(name)).to_contain_text(text)

    def is_at(self, position: str) -> None:
        """Waits until the title of the call stack says where the walk is."""
        expect(self.page.locator(".call-stack-state-message .label")).to_contain_text(position)

    def on_line(self, line: int) -> None:
        """Waits until the yellow line, and so the cursor, is there."""
        expect(self.page.locator(".statusbar").get_by_role("button", name=re.compile(rf"^Ln {line}, "))).to_be_visible()

    def frames(self) -> Locator:
        """The rows of the call stack."""
        return self.page.locator(".debug-call-stack .monaco-list-row")

    def complaint(self) -> Locator:
        """What stands below the yellow line where a check box has stopped the walk."""
        return self.page.locator(".exception-widget")

    def picture(self, name: str) -> None:
        """Takes a picture of the window, with as many colours as are needed."""
        if self.pictures is not None:
            import io

            from PIL import Image

            self.page.wait_for_timeout(1000)  # until nothing fades in or out
            shot = Image.open(io.BytesIO(self.page.screenshot()))
            shot.convert("RGB").quantize(96).save(self.pictures / f"{name}.png", optimize=True)
