"""The files of both pages: all ours, and text is never read as markup."""

import re
from pathlib import Path

import pytest

from bot.sandbox import look
from bot.sandbox.azureml.page import routes as azure
from bot.sandbox.slack.page import routes as slack

SHARED = Path(look.__file__).parent


@pytest.mark.parametrize("page", [slack, azure], ids=["slack", "azureml"])
def test_nothing_on_a_page_comes_from_elsewhere_or_reads_text_as_markup(page: object) -> None:
    own = Path(str(getattr(page, "__file__", ""))).parent / "static"
    found = [*own.iterdir(), *(file for file in SHARED.iterdir() if look.kind_of(file.name))]
    files = {file.name: file.read_text(encoding="utf-8") for file in found}
    assert len(files) == len(found), "a page's own file hides a shared one"
    assert {"page.html", "app.js", "theme.css"} <= set(files)

    for name, text in files.items():
        assert len(text.splitlines()) < 400, name
        addresses = set(re.findall(r"https?://[\w.]+", text)) - {"http://www.w3.org"}
        assert not addresses, name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), name
    shell = files["page.html"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", shell)
    for linked in re.findall(r'(?:src|href)="(?:/studio/)?static/([^"]+)"', shell):
        assert linked in files
    for name in (each for each in files if each.endswith(".js")):
        for imported in re.findall(r'from "\./([^"]+)"', files[name]):
            assert imported in files, name
