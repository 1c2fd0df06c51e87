"""What a line of the terminal does: type, click, fill a modal in, look around."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack import forms, seed
from bot.sandbox.slack.client import Change, SandboxClient, Sent
from bot.sandbox.slack.lines import Line
from bot.sandbox.slack.render import label_of
from bot.sandbox.slack.transcript import Transcript
from bot.sandbox.slack.wire import Json

MESSAGES_SHOWN = 10
HELP = """\
  @aml-bot ... or /aml ...     as in Slack; @name and #channel become mentions
  as NAME / as NAME: text      be somebody else, from here on
  #channel / #channel text     be somewhere else, from here on
  dm / dm text                 the direct message with the bot
  thread N text / > text       reply in thread N, or in the last one here
  click N / click LABEL        use a button; `click N OPTION` chooses in a menu
  fill / fill LABEL = VALUE    fill the open modal in, field by field or one field
  submit, close, view          send, close or show the open modal
  look, home, people, channels what this person sees here; the bot's Home tab; who and what there is
  say TEXT                     type TEXT, whatever word it begins with
  help, quit"""


class Misunderstood(Exception):
    """A line that cannot be done; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a line led to, and how its answer will be known."""

    user: str
    channel: str = ""
    delivery_ids: tuple[str, ...] = ()
    wants_answer: bool = False
    anywhere: bool = False
    answered: bool = False
    refused: str = ""

    def is_answered_by(self, change: Change) -> bool:
        """Whether this change is something of the bot's, for this person, in reply."""
        if self.user not in change.visible_to:
            return False
        if change.kind in ("view_opened", "view_updated"):
            return True
        message = change.message or {}
        if change.kind not in ("posted", "updated", "ephemeral") or message.get("user") != seed.BOT_USER_ID:
            return False
        private = change.visible_to == (self.user,)  # an ephemeral, or the person's own direct message
        return private or self.anywhere or change.channel == self.channel


class Hands:
    """One person at a time, in one place at a time."""

    def __init__(self, client: SandboxClient, transcript: Transcript, person: str, place: str) -> None:
        self._client = client
        self._transcript = transcript
        self._filled: dict[str, dict[str, dict[str, Any]]] = {}
        self.person = person
        self.place = place
        self._ids: dict[str, str] = {}

    def person_id(self, name: str = "") -> str:
        """The id of a person, of the one whose hands these are by default."""
        wanted = (name or self.person).lower()
        if wanted not in self._ids:
            self._ids = {each["name"]: each["id"] for each in self._client.people() if not each["is_bot"]}
        if wanted not in self._ids:
            raise Misunderstood(f"There is nobody called {wanted!r}; there are: {', '.join(self._ids)}.")
        return self._ids[wanted]

    def move(self, line: Line) -> None:
        """Become the person, and go to the place, that a line names.

        Raises:
            Misunderstood: there is none.
        """
        if line.person:
            self.person_id(line.person)
            self.person = line.person.lower()
        if line.place and line.place != "dm":
            names = [f"#{each['name']}" for each in self._client.channels() if each["kind"] != "im"]
            if line.place not in names:
                raise Misunderstood(f"There is no channel {line.place}; there are: {', '.join(names)}.")
        self.place = line.place or self.place

    def as_typed(self, line: Line) -> str:
        """The line without its prefixes, as it is shown after the prompt."""
        return {"say": line.text, "reply": f"> {line.text}"}.get(line.verb, f"{line.verb} {line.text}".rstrip())

    def perform(self, line: Line) -> Done:
        """Do what the line says.

        Raises:
            Misunderstood: it cannot be done.
            ControlError: the sandbox refuses.
        """
        deeds: dict[str, Callable[[str], Done]] = {
            "say": self._type,
            "reply": self._reply,
            "thread": self._into_thread,
            "click": self._click,
            "fill": self._fill,
            "submit": lambda _: self._submit(),
            "close": lambda _: self._close(),
        }
        deed = deeds.get(line.verb)
        return deed(line.text) if deed else self._look_around(line.verb)

    def _close(self) -> Done:
        sent = self._client.close_view(self.person, self._open_view()["id"])
        return Done(self.person_id(), delivery_ids=tuple(sent["delivery_ids"]))

    def _type(self, text: str, thread_ts: str | None = None, channel: str = "") -> Done:
        sent: Sent = self._client.type(self.person, channel or self.place, text, thread_ts=thread_ts)
        if sent.ts:
            self._transcript.already_seen(sent.channel, sent.ts)
        return Done(self.person_id(), sent.channel, sent.delivery_ids, wants_answer=True, refused=sent.refused)

    def _reply(self, text: str) -> Done:
        here = [each["id"] for each in self._client.channels() if f"#{each['name']}" == self.place]
        if self.place == "dm":
            mine = [each for each in self._client.channels() if each["kind"] == "im"]
            here = [each["id"] for each in mine if self.person_id() in each["members"]]
        thread = self._transcript.last_thread(here[0]) if here else None
        if thread is None:
            raise Misunderstood("There is no thread here yet.")
        return self._type(text, thread.ts, thread.channel)

    def _into_thread(self, text: str) -> Done:
        number, _, words = text.partition(" ")
        thread = self._transcript.thread(int(number))
        if thread is None:
            raise Misunderstood(f"There is no thread {number}.")
        return self._type(words, thread.ts, thread.channel)

    def _click(self, text: str) -> Done:
        name, option = text, ""
        button = self._transcript.button(text)
        if button is None:
            name, _, option = text.partition(" ")
            button = self._transcript.button(name)
        if button is None:
            raise Misunderstood(f"Nothing is called {text!r}; use the number in the square brackets.")
        action, block, value = button.action_id, button.block_id, option or None
        if button.in_view:
            sent = self._client.act_in_view(self.person, button.source, action, block_id=block, value=value)
        else:
            channel = button.channel
            sent = self._client.click(self.person, channel, button.source, action, block_id=block, value=value)
        return Done(self.person_id(), button.channel, tuple(sent["delivery_ids"]), wants_answer=True, anywhere=True)

    def _open_view(self) -> Json:
        views = self._client.views(self.person)
        if not views:
            raise Misunderstood(f"{self.person} has no modal open.")
        return views[-1]

    def _inputs(self, view: Json) -> list[tuple[Json, Json]]:
        found = [each for each in forms.elements(view["blocks"]) if each[1]["type"] in forms.FIELDS]
        return [(block, element) for block, element in found if element.get("action_id")]

    def _fill(self, text: str) -> Done:
        view = self._open_view()
        label, _, value = (part.strip() for part in text.partition("="))
        for block, element in self._inputs(view):
            name = block["label"]["text"] if "label" in block else label_of(element)
            if label.casefold() in (name.casefold(), block["block_id"].casefold()):
                self._put(view, block, element, value)
                return Done(self.person_id())
        names = [block["label"]["text"] for block, _ in self._inputs(view) if "label" in block]
        raise Misunderstood(f"The modal has no field {label!r}; it has: {', '.join(names)}.")

    def _put(self, view: Json, block: Json, element: Json, value: str) -> None:
        if element["type"].endswith("external_select") and value:
            value = self._searched(view, block, element, value)
        several = forms.FIELDS[element["type"]][0] in ("selected_options", "selected_users")
        given: Any = [each.strip() for each in value.split(",") if each.strip()] if several else value
        fields = self._filled.setdefault(view["id"], {}).setdefault(block["block_id"], {})
        fields[element["action_id"]] = given

    def _searched(self, view: Json, block: Json, element: Json, query: str) -> str:
        """Type into an external select and take what fits, or the only option offered."""
        action = element["action_id"]
        answer = self._client.options(self.person, action, query, view_id=view["id"], block_id=block["block_id"])
        offered = forms.options_of(answer)
        names: list[str] = [each["text"]["text"] for each in offered]
        if query in names or query in (each["value"] for each in offered):
            return query
        if len(offered) != 1:
            raise Misunderstood(f"The bot offers for {query!r}: {', '.join(names) or 'nothing'}.")
        return names[0]

    def fill_by_asking(self, ask: Callable[[str], str]) -> None:
        """Go through the fields of the open modal; an empty answer leaves a field as it is."""
        view = self._open_view()
        for block, element in self._inputs(view):
            name = block["label"]["text"] if "label" in block else label_of(element)
            answer = ask(f"  {name}: ").strip()
            if answer:
                self._put(view, block, element, answer)

    def _submit(self) -> Done:
        view = self._open_view()
        result = self._client.submit(self.person, view["id"], self._filled.get(view["id"]))
        ids = tuple(result["delivery_ids"])
        if result.get("ok"):
            self._filled.pop(view["id"], None)
            return Done(self.person_id(), delivery_ids=ids, wants_answer=True, anywhere=True)
        for block_id, words in result.get("errors", {}).items():
            block = next(each for each in view["blocks"] if each["block_id"] == block_id)
            self._transcript.said(f"  {block['label']['text']}: {words}", "yellow")
        return Done(self.person_id(), delivery_ids=ids, wants_answer=True, answered="errors" in result)

    def _look_around(self, verb: str) -> Done:
        match verb:
            case "people":
                rows = [f"  {each['name']:<10} {each['real_name']} ({each['title']})" for each in self._client.people()]
                self._transcript.said("\n".join(rows))
            case "channels":
                names = [f"#{each['name']}" for each in self._client.channels() if each["kind"] != "im"]
                self._transcript.said("  " + ", ".join(names))
            case "view":
                self._show_again("view_opened", self._open_view())
            case "home":
                sent = self._client.open_home(self.person)
                return Done(self.person_id(), delivery_ids=tuple(sent["delivery_ids"]), wants_answer=True)
            case "look":
                for message in self._client.screen(self.person, self.place)[-MESSAGES_SHOWN:]:
                    self._transcript.said(f"  {self._transcript.names.person(message['user'])}: {message['text']}")
            case "help":
                self._transcript.said(HELP)
        return Done(self.person_id())

    def _show_again(self, kind: str, view: Json) -> None:
        self._transcript.forget_view(view["id"])
        self._transcript.show(Change(0, 0.0, kind, (self.person_id(),), view=view))
