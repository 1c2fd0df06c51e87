"""The README's three journeys, on the page and against the real bot."""

import re
import time

from playwright.sync_api import expect

from bot.sandbox.azureml import seed as azure
from tests.behaviours.team import Team
from tests.browser.window import Window


def test_a_question_is_answered_rated_and_handed_to_a_human(window: Window) -> None:
    window.say("How do I install scikit-learn for my training run?")
    window.messages("scikit-learn").last.get_by_role("button", name=re.compile(r"\d repl")).click()
    answer = window.panel.get_by_role("listitem").filter(has_text="CondaDependencies").first
    expect(answer).to_contain_text("Source: ")

    answer.get_by_role("button", name="This answer was helpful").click()
    thanks = window.panel.get_by_role("listitem").filter(has_text="Only visible to you")
    expect(thanks).to_contain_text("Thank")
    answer.get_by_role("button", name="Ask the people on call").click()

    call = window.panel.get_by_role("listitem").filter(has_text="@chen")
    expect(call.first).to_contain_text("scikit-learn")
    window.become("Rui Reis")
    expect(window.messages("scikit-learn").last).to_be_visible()
    expect(window.page.get_by_text("Only visible to you")).to_have_count(0)


def test_a_run_is_submitted_by_a_form_and_followed_to_its_metrics(window: Window) -> None:
    window.go("ml-team")
    window.say("/aml submit")
    expect(window.modal.get_by_role("combobox", name="Compute target")).to_be_visible()
    script = window.modal.get_by_role("textbox", name="Script")
    script.fill("")
    window.modal.get_by_role("button", name="Submit").click()
    expect(window.modal.get_by_role("alert").filter(has_text="Please complete this required field.")).to_be_visible()

    script.fill("train.py")
    window.modal.get_by_role("combobox", name="Compute target").click()
    window.page.keyboard.type("cpu")
    window.modal.get_by_role("option", name="cpu-cluster").click()
    window.modal.get_by_role("textbox", name="Arguments").fill("--epochs 4")
    window.modal.get_by_role("button", name="Submit").click()

    expect(window.modal).to_be_hidden()
    run = window.messages(re.compile(r"Run aml-[0-9a-f]{12}")).last
    expect(run).to_contain_text(re.compile("Queued|Running|Starting|Preparing"))
    expect(run).to_contain_text("Completed")
    expect(run).to_contain_text(re.compile(r"accuracy +0\.\d+ .*4 values"))
    expect(run).to_contain_text("(edited)")


def test_a_reader_is_refused_granted_the_role_and_allowed(window: Window, team: Team) -> None:
    window.become("Rui Reis")
    window.go("ml-team")
    command = "/aml submit train.py --project demo --compute cpu-cluster -- --epochs 2"
    window.say(command)
    refusal = window.messages("Smallest role that would help: AzureML Data Scientist").last
    expect(refusal).to_contain_text("Only visible to you")
    runs = window.messages(re.compile(r"Run aml-[0-9a-f]{12}"))
    before = runs.count()

    grant = {"principal_id": azure.RUI.object_id, "role": "AzureML Data Scientist"}
    made = team.azure.ask("POST", "/role-assignments", grant)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:  # a look-up of roles is remembered for 2 seconds
            refusals = window.messages("Smallest role that would help").count()
            window.say(command)
            expect(
                runs.nth(before).or_(window.messages("Smallest role that would help").nth(refusals)).first
            ).to_be_visible()
            if runs.count() > before:
                break
        expect(runs.nth(before)).to_contain_text("Completed")
    finally:
        team.azure.ask("DELETE", f"/role-assignments/{made['name']}")
