"""At which line of a TOML document each key, table and element begins: `tomllib` reads values and forgets their places.

Source: TOML v1.0.0. Only for documents that `tomllib` has accepted, so nothing is checked here a second time.
"""

import tomllib

Place = tuple[str | int, ...]
"""The keys and indices that lead to a value."""

_SPACE = " \t\r\n"
_ENDS_BARE = " \t\r\n.=]"


def lines_of(text: str) -> dict[Place, int]:
    """The line, counted from 1, of everything in `text`; the document itself is ()."""
    return _Scanner(text.replace("\r\n", "\n")).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._counted_to = 1, 0
        self._found: dict[Place, int] = {(): 1}
        self._arrays: dict[Place, int] = {}

    def scan(self) -> dict[Place, int]:
        table: Place = ()
        while self._skip():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _header(self) -> Place:
        line = self._here()
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        *above, last = self._keys()
        self._skip()
        self._at += 2 if many else 1
        place = (*self._resolved(above), last)
        if many:
            self._note(place, line)
            self._arrays[place] = self._arrays.get(place, -1) + 1
            place = (*place, self._arrays[place])
        else:
            place = self._resolved([*above, last])
        self._note(place, line)
        return place

    def _resolved(self, keys: list[str]) -> Place:
        """The place of a table that keys lead to: of an array of tables its last one is meant."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            self._note(place, self._here())
            if place in self._arrays:
                place = (*place, self._arrays[place])
        return place

    def _pair(self, table: Place) -> None:
        line = self._here()
        place = table
        for key in self._keys():
            place = (*place, key)
            self._note(place, line)
        self._at += 1  # the equals sign
        self._value(place)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip()
            begin = self._at
            if self._text[begin] in "\"'":
                self._string()
                raw = self._text[begin : self._at]
                keys.append(next(iter(tomllib.loads(f"{raw} = 0"))))
            else:
                while self._text[self._at] not in _ENDS_BARE:
                    self._at += 1
                keys.append(self._text[begin : self._at])
            self._skip()
            if self._text[self._at] != ".":
                return keys
            self._at += 1

    def _value(self, place: Place) -> None:
        self._skip()
        match self._text[self._at]:
            case '"' | "'":
                self._string()
            case "[":
                self._array(place)
            case "{":
                self._inline_table(place)
            case _:
                while self._at < len(self._text) and self._text[self._at] not in ",]}#\n":
                    self._at += 1

    def _array(self, place: Place) -> None:
        self._at += 1
        index = 0
        while self._skip() and self._text[self._at] != "]":
            self._note((*place, index), self._here())
            self._value((*place, index))
            index += 1
            self._skip()
            self._at += self._text[self._at] == ","
        self._at += 1

    def _inline_table(self, place: Place) -> None:
        self._at += 1
        while self._skip() and self._text[self._at] != "}":
            self._pair(place)
            self._skip()
            self._at += self._text[self._at] == ","
        self._at += 1

    def _string(self) -> None:
        quote = self._text[self._at]
        mark = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        self._at += len(mark)
        while not self._text.startswith(mark, self._at):
            self._at += 2 if quote == '"' and self._text[self._at] == "\\" else 1
        self._at += len(mark)
        # Up to two quotes may stand before the three that end a text of several lines.
        while len(mark) == 3 and self._text.startswith(quote, self._at):
            self._at += 1

    def _skip(self) -> bool:
        """Over blanks, line ends and comments; False at the end."""
        while self._at < len(self._text):
            if self._text[self._at] == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif self._text[self._at] in _SPACE:
                self._at += 1
            else:
                return True
        return False

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = max(self._counted_to, self._at)
        return self._line

    def _note(self, place: Place, line: int) -> None:
        self._found.setdefault(place, line)
