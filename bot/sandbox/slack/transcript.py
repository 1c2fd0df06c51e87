"""What people see, printed as it happens: each state of a message once, with numbers for buttons and threads."""

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from bot.sandbox.slack import forms, seed
from bot.sandbox.slack.client import Change, SandboxClient
from bot.sandbox.slack.render import Line, Renderer, label_of
from bot.sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class Button:
    """An element that a number or a label stands for."""

    number: int
    label: str
    channel: str
    source: str
    block_id: str
    action_id: str
    in_view: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A message that can be replied to."""

    number: int
    channel: str
    ts: str


class Directory:
    """Names of people and channels, asked for once and again when an unknown id turns up."""

    def __init__(self, client: SandboxClient) -> None:
        self._client = client
        self._people: dict[str, str] = {}
        self._channels: dict[str, Json] = {}

    def person(self, user_id: str) -> str:
        """A person's name; the id itself when nobody has it."""
        if user_id not in self._people:
            self._people = {each["id"]: each["name"] for each in self._client.people()}
        return self._people.get(user_id, user_id)

    def channel(self, channel_id: str) -> str:
        """A channel's name."""
        return str(self._row(channel_id).get("name", channel_id))

    def place(self, channel_id: str) -> str:
        """How to say where something was said."""
        row = self._row(channel_id)
        if row.get("kind") != "im":
            return f"#{row.get('name', channel_id)}"
        others = [self.person(member) for member in row["members"] if member != seed.BOT_USER_ID]
        return f"{others[0]}'s DM"

    def _row(self, channel_id: str) -> Json:
        if channel_id not in self._channels:
            self._channels = {each["id"]: each for each in self._client.channels()}
        return self._channels.get(channel_id, {})


class Transcript:
    """Prints changes; knows the buttons and threads that it has printed."""

    def __init__(self, client: SandboxClient, console: Console) -> None:
        self.console = console
        self.names = Directory(client)
        self.buttons: list[Button] = []
        self.threads: list[Thread] = []
        self._shown: dict[tuple[str, str], str] = {}
        self._numbers: dict[tuple[str, ...], int] = {}

    def typed(self, who: str, place: str, line: str) -> None:
        """What somebody is typing (in a script: at the prompt it is there already)."""
        self.console.print(Text.assemble((f"{who} {place}> ", "bold green"), line), soft_wrap=True, highlight=False)

    def said(self, text: str, style: str = "dim") -> None:
        """A word of the terminal's own."""
        for line in text.split("\n"):
            self.console.print(Text(line, style), highlight=False)

    def already_seen(self, channel: str, ts: str) -> None:
        """The next first sight of this message needs no printing: its author just typed it."""
        self._shown[channel, ts] = ""

    def forget_view(self, view_id: str) -> None:
        """Print this view in full the next time, even if nothing in it has changed."""
        self._shown.pop(("view", view_id), None)

    def is_own_line(self, change: Change) -> bool:
        """Whether this is the first sight of what somebody has just typed here."""
        return change.kind == "posted" and self._shown.get((change.channel, change.ts)) == ""

    def show(self, change: Change) -> None:
        """Print a change, unless it shows nothing new."""
        match change.kind:
            case "posted" | "updated" | "ephemeral":
                self._message(change)
            case "deleted":
                if self._shown.pop((change.channel, change.ts), None) is not None:
                    self.said(f"(a message in {self.names.place(change.channel)} was deleted)")
            case "view_opened" | "view_updated" | "view_closed":
                self._view(change)
            case "notice":
                self.said(f"Slack, only visible to {self._people(change)}: {change.text}", "yellow")

    def _people(self, change: Change) -> str:
        return ", ".join(self.names.person(user) for user in change.visible_to)

    def _message(self, change: Change) -> None:
        message = change.message or {}
        key = (change.channel, change.ts)
        before = self._shown.get(key)
        own = self.is_own_line(change)
        lines = self._renderer(change.channel, change.ts, in_view=False).message(message)
        words = "\n".join(line.text.plain for line in lines)
        self._shown[key] = words
        if before == words or own:
            return
        header = self._header(change, message, is_edit=before is not None and change.kind != "posted")
        self._print(header, lines, inside=bool(change.thread_ts and change.thread_ts != change.ts))

    def _header(self, change: Change, message: Json, *, is_edit: bool) -> str:
        words = f"{self.names.person(str(message.get('user')))} in {self.names.place(change.channel)}"
        if change.kind == "ephemeral":
            words += f", only visible to {self._people(change)}"
        elif message.get("bot_id"):
            words += f", thread {self._number_thread(change.channel, str(message.get('thread_ts') or change.ts))}"
        elif change.thread_ts and change.thread_ts != change.ts:
            words += ", in a thread"
        return words + (" (edited)" if is_edit else "")

    def _view(self, change: Change) -> None:
        view = change.view or {}
        who = self._people(change)
        if change.kind == "view_closed":
            self._shown.pop(("view", view["id"]), None)
            self.said(f"({who}: the modal {view['title']['text']!r} is closed)")
            return
        lines = self._renderer("view", view["id"], in_view=True).view(view)
        words = "\n".join(line.text.plain for line in lines)
        if self._shown.get(("view", view["id"])) == words:
            return
        again = ("view", view["id"]) in self._shown
        self._shown["view", view["id"]] = words
        name = view["title"]["text"] if view["type"] == "modal" else "Home"
        kind = "modal" if view["type"] == "modal" else "tab"
        self._print(f"{who} sees the {kind} {name!r}{' (updated)' if again else ''}", lines, inside=False)

    def _print(self, header: str, lines: list[Line], *, inside: bool) -> None:
        indent = 4 if inside else 0
        Line(Text(f"{header}:", "bold blue")).print_on(self.console, indent)
        for line in lines:
            line.print_on(self.console, indent + 2)

    def _renderer(self, channel: str, source: str, *, in_view: bool) -> Renderer:
        def label(block: Json, element: Json) -> str:
            if element["type"] in forms.TYPED:
                return ""
            key = (channel, source, element["action_id"], str(element.get("value", "")))
            number = self._numbers.setdefault(key, len(self._numbers) + 1)
            button = Button(
                number, label_of(element), channel, source, block["block_id"], element["action_id"], in_view
            )
            self.buttons = [*(each for each in self.buttons if each.number != number), button]
            return str(number)

        return Renderer(self.names, label)

    def _number_thread(self, channel: str, ts: str) -> int:
        known = next((each for each in self.threads if (each.channel, each.ts) == (channel, ts)), None)
        thread = known or Thread(len(self.threads) + 1, channel, ts)
        self.threads = [*(each for each in self.threads if each is not known), thread]
        return thread.number

    def button(self, name: str) -> Button | None:
        """The newest element with this number or label."""
        wanted = name.casefold()
        fitting = [each for each in self.buttons if wanted in (str(each.number), each.label.casefold())]
        return fitting[-1] if fitting else None

    def thread(self, number: int) -> Thread | None:
        """The thread with this number."""
        return next((each for each in self.threads if each.number == number), None)

    def last_thread(self, channel: str) -> Thread | None:
        """The thread that was last spoken in, in this channel."""
        fitting = [each for each in self.threads if each.channel == channel]
        return fitting[-1] if fitting else None
