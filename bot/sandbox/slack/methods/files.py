"""Uploads in three steps: an address, the bytes, and the message that shows them."""

import mimetypes
import secrets
from typing import Any

from bot.sandbox.slack import seed
from bot.sandbox.slack.methods.registry import Method, joined_channel
from bot.sandbox.slack.outgoing import content, escaped, signed_by_bot, thread_of
from bot.sandbox.slack.sandbox import File, Sandbox
from bot.sandbox.slack.wire import Args, Json, SlackError
from bot.sandbox.slack.world import new_id

ALT_TEXT = 1_000


def get_upload_url(sandbox: Sandbox, args: Args) -> Json:
    """An address that takes this many bytes."""
    length = args.number("length", 0)
    if length <= 0:
        raise SlackError("missing_argument")
    alt = args.text("alt_txt")
    if len(alt) > ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    file = File(new_id("F"), args.text("filename"), length, secrets.token_hex(12), alt=alt)
    sandbox.files[file.id] = file
    return {"upload_url": f"{sandbox.base_url}/upload/{file.id}/{file.secret}", "file_id": file.id}


def complete_upload(sandbox: Sandbox, args: Args) -> Json:
    """Show uploaded files in a channel; without one they stay private."""
    wanted = args.structure("files")
    if not isinstance(wanted, list) or not wanted:
        raise SlackError("invalid_arguments", ["[ERROR] missing required field: files"])
    files = [_uploaded(sandbox, each) for each in wanted]
    target = args.text("channel_id") or args.text("channels")
    if target:
        channel = joined_channel(sandbox, target)
        if channel.is_archived:
            raise SlackError("is_archived")
        comment = args.text("initial_comment")
        # Blocks stand in place of a comment, never beside one.
        fields = content(args) if args.text("blocks") and not comment else {"text": escaped(comment)}
        shown = {**fields, "files": [described(sandbox, each) for each in files], "upload": False}
        sandbox.publish(channel, signed_by_bot({**shown, **thread_of(args)}))
    for file in files:
        file.shared = bool(target)
    return {"files": [described(sandbox, each) for each in files]}


def _uploaded(sandbox: Sandbox, wanted: Any) -> File:
    file = sandbox.files.get(str(wanted.get("id"))) if isinstance(wanted, dict) else None
    if file is None or file.body is None:
        raise SlackError("file_not_found")
    file.title = str(wanted.get("title") or file.name)
    return file


def described(sandbox: Sandbox, file: File) -> Json:
    """A file as messages and `files.info` give it."""
    address = f"{sandbox.base_url}/files/{file.id}/{file.name}"
    ending = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    found = {
        "id": file.id,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        "filetype": "text" if ending == "txt" else ending or "binary",
        "size": len(file.body or b""),
        "user": seed.BOT_USER_ID,
        "mode": "hosted",
        "is_external": False,
        "url_private": address,
        "url_private_download": f"{address}?download=1",
    }
    return found | {"alt_txt": file.alt} if file.alt else found


def info(sandbox: Sandbox, args: Args) -> Json:
    """One file."""
    file = sandbox.files.get(args.text("file"))
    if file is None or file.body is None:
        raise SlackError("file_not_found")
    return {"file": described(sandbox, file)}


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, ("filename", "length")),
    "files.completeUploadExternal": Method(complete_upload, ("files",)),
    "files.info": Method(info, ("file",)),
}
