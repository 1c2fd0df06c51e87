"""The README's three journeys, on the page and against the real bot."""

import re
import time
from pathlib import Path

from playwright.sync_api import expect

from tests.behaviours.team import Team
from tests.browser.window import Window, Workspace


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


SLOW = """
import pathlib, sys, time
from azureml.core import Run
run = Run.get_context()
go = pathlib.Path(sys.argv[1])
end = time.monotonic() + 100
for step in range(1, 7):
    run.log("score", step / 10)
    print("step", step, flush=True)
    while step == 3 and not go.exists() and time.monotonic() < end:
        time.sleep(0.05)
"""


def test_a_run_s_link_leads_to_its_log_and_metrics_as_they_come(window: Window, team: Team, tmp_path: Path) -> None:
    (team.project / "slow.py").write_text(SLOW, encoding="utf-8")
    go = tmp_path / "go"
    window.go("ml-team")
    window.say(f"/aml submit slow.py --project demo --compute cpu-cluster -- {go}")
    message = window.messages("slow.py of project demo").last
    with window.page.expect_popup() as opened:
        message.get_by_role("link", name="Open in Azure Machine Learning studio").click()
    workspace = Workspace.beside(opened.value)

    expect(workspace.heading).to_have_text(re.compile(r"^aml-[0-9a-f]{12}$"))
    expect(workspace.page.get_by_role("status").filter(has_text="Running")).to_be_visible()
    expect(workspace.page.get_by_role("img", name=re.compile("^score: 3 values, from 0.1 to 0.3"))).to_be_visible()
    expect(workspace.page.get_by_role("log", name="Log user_logs/std_log.txt")).to_contain_text("step 3")
    expect(workspace.page.get_by_role("log")).not_to_contain_text("step 4")

    go.touch()

    expect(workspace.page.get_by_role("img", name=re.compile("^score: 6 values.*highest 0.6"))).to_be_visible()
    expect(workspace.page.get_by_role("log")).to_contain_text("step 6")
    expect(workspace.page.get_by_role("status").filter(has_text="Completed")).to_be_visible()
    expect(message).to_contain_text("Completed")
    expect(workspace.page.get_by_role("link", name="Slack")).to_be_visible()
    workspace.check()


def test_a_reader_is_refused_granted_the_role_and_allowed(window: Window, team: Team) -> None:
    window.become("Rui Reis")
    window.go("ml-team")
    command = "/aml submit train.py --project demo --compute cpu-cluster -- --epochs 2"
    window.say(command)
    refusal = window.messages("Smallest role that would help: AzureML Data Scientist").last
    expect(refusal).to_contain_text("Only visible to you")
    runs = window.messages(re.compile(r"Run aml-[0-9a-f]{12}"))
    before = runs.count()

    with window.page.expect_popup() as opened:
        window.page.get_by_role("link", name="Azure ML").click()
    workspace = Workspace.beside(opened.value)
    workspace.go("Access")
    may = workspace.rows("What people may do in the workspace", "Rui Reis")
    expect(may).to_contain_text(re.compile("yes *no *no *no"))
    workspace.page.get_by_label("Who").select_option("Rui Reis")
    workspace.page.get_by_label("Role", exact=True).select_option("AzureML Data Scientist")
    workspace.page.get_by_role("button", name="Grant").click()
    expect(workspace.page.get_by_text("Rui Reis has AzureML Data Scientist now.")).to_be_visible()
    expect(may).to_contain_text(re.compile("yes *yes"))
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
        revoke = "Revoke AzureML Data Scientist of Rui Reis"
        workspace.page.get_by_role("button", name=revoke).click()
        expect(workspace.page.get_by_role("button", name=revoke)).to_have_count(0)
    workspace.check()


def test_a_newcomer_finds_the_bot_s_home_and_asks_what_it_offers(window: Window) -> None:
    window.go("aml-bot")
    window.page.get_by_role("tab", name="Home").click()
    home = window.page.locator("#home")
    expect(home).to_contain_text("In Azure you hold AzureML Data Scientist at the workspace.")
    expect(home.get_by_role("heading", name="What you can do")).to_be_visible()
    expect(home).not_to_contain_text("Looking")
    home.get_by_role("button", name="Submit a run").click()
    expect(window.modal.get_by_role("combobox", name="Compute target")).to_be_visible()
    window.page.keyboard.press("Escape")

    window.page.get_by_role("tab", name="Messages").click()
    offered = window.page.get_by_role("group", name="Ask me about Azure Machine Learning, for instance:")
    question = offered.get_by_role("button").first.inner_text()
    offered.get_by_role("button").first.click()

    expect(window.messages(question).first).to_be_visible()
    expect(window.messages("Source: ").last).to_be_visible()
    expect(offered).to_have_count(0)
    window.become("Gus Grant")
    window.page.get_by_role("tab", name="Home").click()
    expect(home).to_contain_text("Guests may ask questions")
    expect(home.get_by_role("button", name="Submit a run")).to_have_count(0)


def test_a_run_s_metrics_come_as_a_picture_with_words_for_it(window: Window) -> None:
    window.go("ml-team")
    window.say("/aml submit train.py --project demo --compute cpu-cluster -- --epochs 3")
    expect(window.messages(re.compile("Run aml-.*Completed")).last).to_contain_text("3 values")

    window.say("/aml metrics")
    metrics = window.messages("Metrics of").last
    metrics.get_by_role("button", name=re.compile(r"\d repl")).click()

    picture = window.panel.get_by_role("img", name=re.compile("accuracy"))
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
