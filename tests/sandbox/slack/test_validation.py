"""What Slack refuses in blocks and views, as tables; and that what slack_sdk builds is taken."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models import blocks as model

from bot.sandbox.slack import validate
from bot.sandbox.slack.wire import SlackError

Json = dict[str, Any]


def plain(text: str = "x") -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def section(**fields: Any) -> Json:
    """A section with a text."""
    return {"type": "section", "text": mrkdwn(), **fields}


def button(**fields: Any) -> Json:
    """A button."""
    return {"type": "button", "text": plain(), "action_id": "a", **fields}


def actions(*elements: Json) -> Json:
    """An actions block."""
    return {"type": "actions", "elements": list(elements)}


def option(value: str = "v", **fields: Any) -> Json:
    """An option."""
    return {"text": plain(), "value": value, **fields}


def select(**fields: Any) -> Json:
    """A select."""
    return {"type": "static_select", "action_id": "s", "options": [option()], **fields}


def input_(**fields: Any) -> Json:
    """An input block."""
    return {"type": "input", "label": plain(), "element": {"type": "plain_text_input", "action_id": "t"}, **fields}


def table(rows: int, cells: int) -> Json:
    """A table."""
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows}


REFUSED_BLOCKS: list[tuple[str, list[Any], str, str]] = [
    ("unknown type", [{"type": "sektion"}], "unsupported type: sektion", "/blocks/0/type"),
    ("no type", [{}], "missing required field: type", "/blocks/0"),
    ("no object", ["x"], "must provide an object", "/blocks/0"),
    ("section without text", [{"type": "section"}], "missing required field: text", "/blocks/0"),
    ("section text", [section(text=mrkdwn("x" * 3001))], "must be less than 3001 characters", "/blocks/0/text/text"),
    ("empty text", [section(text=mrkdwn(""))], "must be more than 0 characters", "/blocks/0/text/text"),
    ("fields", [section(fields=[mrkdwn()] * 11)], "no more than 10 items allowed", "/blocks/0/fields"),
    ("field text", [section(fields=[mrkdwn("x" * 2001)])], "must be less than 2001", "/blocks/0/fields/0/text"),
    ("header markup", [{"type": "header", "text": mrkdwn()}], "must be a plain_text object", "/blocks/0/text/type"),
    ("header length", [{"type": "header", "text": plain("x" * 151)}], "less than 151", "/blocks/0/text/text"),
    ("context", [{"type": "context", "elements": [mrkdwn()] * 11}], "no more than 10 items", "/blocks/0/elements"),
    ("no elements", [actions()], "no fewer than 1 items allowed", "/blocks/0/elements"),
    ("actions", [actions(*[button(action_id=str(n)) for n in range(26)])], "more than 25", "/blocks/0/elements"),
    ("same action", [actions(button(), button())], "already exists", "/blocks/0/elements/1/action_id"),
    ("same block", [section(block_id="b"), section(block_id="b")], "already exists", "/blocks/1/block_id"),
    ("block_id", [section(block_id="b" * 256)], "less than 256", "/blocks/0/block_id"),
    ("button text", [actions(button(text=plain("x" * 76)))], "less than 76", "/blocks/0/elements/0/text/text"),
    ("button markup", [actions(button(text=mrkdwn()))], "plain_text", "/blocks/0/elements/0/text/type"),
    ("button value", [actions(button(value="x" * 2001))], "less than 2001", "/blocks/0/elements/0/value"),
    ("button style", [actions(button(style="green"))], "must be one of", "/blocks/0/elements/0/style"),
    ("url scheme", [actions(button(url="javascript:x"))], "must be a valid URL", "/blocks/0/elements/0/url"),
    ("no options", [actions(select(options=[]))], "no fewer than 1", "/blocks/0/elements/0/options"),
    ("options", [actions(select(options=[option(str(n)) for n in range(101)]))], "more than 100", "0/options"),
    ("option value", [actions(select(options=[option("x" * 151)]))], "less than 151", "options/0/value"),
    ("initial", [actions(select(initial_option=option("other")))], "does not match", "/elements/0/initial_option"),
    (
        "overflow",
        [actions({"type": "overflow", "action_id": "o", "options": [option()] * 6})],
        "more than 5",
        "options",
    ),
    (
        "radio",
        [actions({"type": "radio_buttons", "action_id": "r", "options": [option()] * 11})],
        "more than 10",
        "opt",
    ),
    ("image address", [{"type": "image", "image_url": "file:///x", "alt_text": "x"}], "valid URL", "/image_url"),
    (
        "image alt",
        [{"type": "image", "image_url": "https://x.y/z.png"}],
        "missing required field: alt_text",
        "/blocks/0",
    ),
    ("property", [section(colour="red")], "invalid additional property: colour", "/blocks/0"),
    ("blocks", [{"type": "divider"}] * 51, "no more than 50 items allowed", "/blocks"),
    ("table rows", [table(101, 1)], "no more than 100 items", "/blocks/0/rows"),
    ("table cells", [table(1, 21)], "no more than 20 items", "/blocks/0/rows/0"),
    ("tables", [table(1, 1), table(1, 1)], "no more than 1 table", "/blocks"),
    ("markdown", [{"type": "markdown", "text": "x" * 7000}] * 2, "less than 12001", "/blocks"),
    ("text input outside", [actions({"type": "plain_text_input", "action_id": "t"})], "unsupported type", "/type"),
    (
        "date",
        [actions({"type": "datepicker", "initial_date": "1.2.2024"})],
        "must match pattern",
        "date",
    ),
]


@pytest.mark.parametrize(("blocks", "words", "pointer"), [case[1:] for case in REFUSED_BLOCKS], ids=lambda _: "")
def test_blocks_are_refused_with_a_pointer(blocks: list[Any], words: str, pointer: str) -> None:
    with pytest.raises(SlackError) as refused:
        validate.message_blocks(blocks)

    assert refused.value.error == "invalid_blocks"
    found = [text for text in refused.value.messages if words in text]
    assert found, refused.value.messages
    assert pointer in found[0]
    assert found[0].startswith("[ERROR] ")


def view(**fields: Any) -> Json:
    """A modal with an input."""
    return {"type": "modal", "title": plain(), "submit": plain(), "blocks": [input_(block_id="i")], **fields}


REFUSED_VIEWS: list[tuple[Any, str, str]] = [
    (view(submit=None), "must define `submit`", "/view]"),
    (view(title=None), "missing required field: title", "/view]"),
    (view(title=plain("x" * 25)), "less than 25", "/view/title/text"),
    (view(title=mrkdwn()), "plain_text", "/view/title/type"),
    (view(submit=plain("x" * 25)), "less than 25", "/view/submit/text"),
    (view(private_metadata="x" * 3001), "less than 3001", "/view/private_metadata"),
    (view(callback_id="x" * 256), "less than 256", "/view/callback_id"),
    (view(blocks=[{"type": "divider"}] * 101), "no more than 100", "/view/blocks"),
    (view(blocks=[input_(block_id="i"), input_(block_id="i")]), "already exists", "/view/blocks/1/block_id"),
    (view(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type: markdown", "/view/blocks/0/type"),
    (view(blocks=[input_(label=mrkdwn())]), "plain_text", "/view/blocks/0/label/type"),
    (view(blocks=[input_(element=button())]), "unsupported type: button", "/view/blocks/0/element/type"),
    (view(type="dialog"), "unsupported type: dialog", "/view/type"),
    ({"type": "home", "title": plain(), "blocks": []}, "invalid additional property: title", "/view]"),
    (None, "must provide an object", "/view]"),
]


@pytest.mark.parametrize(("definition", "words", "pointer"), REFUSED_VIEWS, ids=lambda _: "")
def test_views_are_refused_with_a_pointer(definition: Any, words: str, pointer: str) -> None:
    with pytest.raises(SlackError) as refused:
        validate.view(definition)

    assert refused.value.error == "invalid_arguments"
    found = [text for text in refused.value.messages if words in text]
    assert found, refused.value.messages
    assert pointer in found[0]


def test_sizes_of_the_whole_are_refused_by_their_own_names() -> None:
    long = [section(text=mrkdwn("x" * 2999)) for _ in range(5)]
    large = [section(text=mrkdwn("x" * 3000), block_id=str(number)) for number in range(90)]

    with pytest.raises(SlackError, match="msg_blocks_too_long"):
        validate.message_blocks(long)
    with pytest.raises(SlackError, match="view_too_large"):
        validate.view(view(blocks=large))
    with pytest.raises(SlackError, match="invalid_blocks_format"):
        validate.message_blocks({"type": "section"})


def test_what_the_sdk_models_build_is_taken() -> None:
    confirm = model.ConfirmObject(title="Sure?", text="Really", confirm="Yes", deny="No")
    choice = model.Option(text="One", value="1", description="first")
    blocks = [
        model.HeaderBlock(text="Runs"),
        model.DividerBlock(),
        model.SectionBlock(text="*hello*", accessory=model.ButtonElement(text="Go", action_id="go", confirm=confirm)),
        model.SectionBlock(fields=["one", "two"]),
        model.ContextBlock(elements=[model.MarkdownTextObject(text="from the FAQ")]),
        model.ActionsBlock(
            elements=[
                model.ButtonElement(text="Open", action_id="open", url="https://ml.azure.com/", style="primary"),
                model.StaticSelectElement(placeholder="Choose", action_id="s", options=[choice], initial_option=choice),
                model.OverflowMenuElement(action_id="o", options=[choice]),
                model.DatePickerElement(action_id="d", initial_date="2024-01-31"),
                model.UserSelectElement(placeholder="Who", action_id="u"),
            ]
        ),
        model.ImageBlock(image_url="https://example.com/x.png", alt_text="a plot", title="Loss"),
        model.InputBlock(label="Script", element=model.PlainTextInputElement(action_id="t", multiline=True)),
        model.MarkdownBlock(text="**hello**"),
        model.RichTextBlock(
            elements=[
                model.RichTextSectionElement(elements=[model.RichTextElementParts.Text(text="hi")]),
                model.RichTextPreformattedElement(elements=[model.RichTextElementParts.Text(text="code")]),
            ]
        ),
        model.TableBlock(rows=[[{"type": "raw_text", "text": "run"}]], column_settings=[{"align": "right"}]),
    ]

    taken = validate.message_blocks([block.to_dict() for block in blocks])

    assert len(taken) == len(blocks)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "value", "label"]), inner),
    max_leaves=5,
)
FIELDS = [
    "accessory",
    "action_id",
    "block_id",
    "element",
    "elements",
    "fields",
    "initial_option",
    "initial_options",
    "option_groups",
    "options",
    "rows",
    "text",
    "url",
]
TYPES = [*validate.BLOCKS, "button", "static_select", "checkboxes", "overflow", "plain_text", "mrkdwn"]
THINGS = st.recursive(
    ANY_JSON,
    lambda inner: st.builds(
        lambda kind, fields: {"type": kind, **fields},
        st.sampled_from(TYPES),
        st.dictionaries(st.sampled_from(FIELDS), inner | st.lists(inner, max_size=3), max_size=4),
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None, database=None)
@given(THINGS)
def test_nonsense_is_refused_and_breaks_nothing(thing: Any) -> None:
    outcomes = []
    for check in (lambda: validate.message_blocks([thing]), lambda: validate.view(view(blocks=thing))):
        try:
            outcomes.append(check() is not None)
        except SlackError as error:
            outcomes.append(bool(error.error))

    assert outcomes == [True, True]
