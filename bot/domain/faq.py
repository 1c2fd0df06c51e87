"""What the FAQ is made of, and what an answer to a question is.

A *section* is what is indexed: one question with its answer. A *passage* is what is shown of it. All text is as it
stands in the Markdown file; the only change is that line ends are `\\n`.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a section. `target` is as written in the source (absolute, relative or `#anchor`); `label` is the name
    of its definition if it is one by reference, in the form in which CommonMark compares them."""

    text: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced or indented code block. `language` is the first word after the fence, or empty; `line` is the line of
    the file (from 1) on which the code itself begins."""

    language: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """What an entry says of itself, beside what it says to its readers.

    `alternates` are other ways to ask for it; `related` are locations of other entries (`file#anchor`); `answers` are
    questions that must lead here and `not_answers` questions that no entry answers. `owner` and `tags` are free text.
    """

    alternates: tuple[str, ...] = ()
    owner: str = ""
    review: date | None = None
    tags: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    not_answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One answerable entry of the FAQ.

    `path` holds the headings from the outermost to this one, `title` being its last; `level` is 1 to 6, or 0 for text
    that stands above a file's first heading. `anchor` is GitHub's for this heading. `file` is relative to the FAQ
    folder, with slashes. `line` to `end_line` (from 1, both included) are the lines of heading and body; `body` is the
    Markdown below the heading without blank lines around it, `prose` its text without markup and code.
    """

    path: tuple[str, ...]
    title: str
    level: int
    anchor: str
    file: str
    line: int
    end_line: int
    body: str
    prose: str
    code: tuple[CodeBlock, ...] = ()
    links: tuple[Link, ...] = ()
    body_line: int = 0
    metadata: Metadata = Metadata()

    @property
    def location(self) -> str:
        """File and anchor, as a link relative to the FAQ folder: `security.md#rbac`."""
        return f"{self.file}#{self.anchor}" if self.anchor else self.file


@dataclass(frozen=True, slots=True)
class Passage:
    """The part of a section's body that is shown: an unchanged piece of it that begins at `line` of `file`.
    `truncated` says that the section has more."""

    markdown: str
    file: str
    line: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class Substitution:
    """What an entry says to write instead of what stands in the entry that it refers to. Without markup."""

    replaced: str
    by: str


@dataclass(frozen=True, slots=True)
class Referred:
    """Another entry that a shown one sends its readers to, with the part of it that fits the query.

    `told` are the sentences in which the shown entry says what is different, as they stand there (empty if it says
    nothing), and `substitutions` what they say is to be replaced. The passage itself is unchanged.
    """

    section: Section
    passage: Passage
    told: str = ""
    substitutions: tuple[Substitution, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that may answer a query. `score` in [0, 1] is the estimated probability that it does. `referred` is
    what must be shown with the passage, because that only points to it."""

    section: Section
    score: float
    passage: Passage
    referred: tuple[Referred, ...] = ()


class Outcome(StrEnum):
    """What to do with an answer: show the first hit, let the person choose, or say that the FAQ doesn't know."""

    CONFIDENT = "confident"
    CHOICES = "choices"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of asking. `hits` are best first; with `Outcome.UNKNOWN` they are the nearest sections (perhaps
    none), to be named and not to be shown as an answer. `topic` is the entry that the thread was about, if the query
    was understood as going on from there."""

    query: str
    outcome: Outcome
    hits: tuple[Hit, ...]
    topic: Section | None = None

    @property
    def best(self) -> Hit | None:
        """The first hit, if there is any."""
        return self.hits[0] if self.hits else None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the FAQ that was skipped or doesn't work, for the people who write it. `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what a good answer to it is: `gold` are the locations of entries that answer it, none when
    silence is right. `kind` groups cases in reports; `split` is "tune" or "test" (never looked at while tuning)."""

    query: str
    gold: tuple[str, ...]
    kind: str = ""
    split: str = "tune"
