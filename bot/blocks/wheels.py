"""A private wheel that was added."""

from bot.blocks import mrkdwn
from bot.blocks.layout import Layout
from bot.blocks.message import Message
from bot.domain.wheels import AddedWheel


def wheel_added(added: AddedWheel) -> Message:
    """Where the wheel is now, what it is, and the line that uses it."""
    wheel = added.wheel
    layout = Layout().header(f"Wheel {wheel.name} {wheel.version}")
    if added.new:
        layout.text("The workspace keeps this wheel now.", keep=True)
    elif added.same:
        layout.text("The workspace keeps this very wheel already, byte for byte; I changed nothing.", keep=True)
    else:
        layout.text(
            "*The workspace keeps another file of this name*, and it doesn't replace wheels: I changed nothing, and "
            "the address below leads to the old file. Raise the version of your package, build it and share it again.",
            keep=True,
        )
    layout.text(
        f"Your file: {mrkdwn.code(wheel.file)}, {_size(wheel.size)}\nSHA-256: {mrkdwn.code(wheel.sha256)}", keep=True
    )
    layout.text("In your own code:", keep=True).code(f'packages.add_pip_package("{added.address}")')
    use = mrkdwn.code(f"/aml env create NAME --wheel {wheel.file}")
    return layout.context(f"Or put it into an environment here: {use}").message()


def _size(size: int) -> str:
    if size < 10_000:
        return f"{size} bytes"
    return f"{size / 1e3:.0f} kB" if size < 10_000_000 else f"{size / 1e6:.0f} MB"
