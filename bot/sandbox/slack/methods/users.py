"""People and user groups."""

from bot.sandbox.slack import seed
from bot.sandbox.slack.methods.registry import Method, page
from bot.sandbox.slack.sandbox import Sandbox
from bot.sandbox.slack.seed import Person
from bot.sandbox.slack.wire import Args, Json, SlackError


def described(person: Person) -> Json:
    """A person as `users.info` gives it; a stranger's mail address stays with their organisation."""
    profile: Json = {
        "title": person.title,
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": person.name,
        "display_name_normalized": person.name,
        "team": person.team_id,
    }
    if person.email and (person.enterprise_user or not person.is_stranger):
        profile["email"] = person.email
    if person.is_bot:
        profile |= {"bot_id": seed.BOT_ID, "api_app_id": seed.APP_ID}
    row: Json = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "real_name": person.real_name,
        "deleted": person.deleted,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": profile,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if person.deleted:
        return row
    row |= {
        "is_admin": person.is_owner,
        "is_owner": person.is_owner,
        "is_primary_owner": person.is_owner,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": bool(person.email) and person.email_confirmed,
    }
    if person.is_workflow_bot:
        row["is_workflow_bot"] = True
    if person.enterprise_user:
        row["enterprise_user"] = {
            "id": person.enterprise_user,
            "enterprise_id": seed.ENTERPRISE_ID,
            "enterprise_name": "Sandbox Organisation",
            "is_admin": False,
            "is_owner": False,
            "teams": sorted({person.team_id, seed.TEAM_ID}),
        }
    if person.is_stranger and not person.enterprise_user:
        row["is_stranger"] = False  # false for somebody who shares a channel with us: it tells nothing
    return row


def info(sandbox: Sandbox, args: Args) -> Json:
    """One person."""
    person = sandbox.world.people.get(args.text("user"))
    if person is None:
        raise SlackError("user_not_found")
    return {"user": described(person)}


def list_(sandbox: Sandbox, args: Args) -> Json:
    """Everybody."""
    found, following = page(args, list(sandbox.world.people.values()))
    return {"members": [described(each) for each in found], "response_metadata": {"next_cursor": following}}


def lookup_by_email(sandbox: Sandbox, args: Args) -> Json:
    """The colleague with this mail address."""
    wanted = args.text("email").casefold()
    for person in sandbox.world.people.values():
        if person.email.casefold() == wanted and not person.deleted and not person.is_stranger:
            return {"user": described(person)}
    raise SlackError("users_not_found")


def usergroup_users(sandbox: Sandbox, args: Args) -> Json:
    """Who is in a user group."""
    members = sandbox.world.usergroups.get(args.text("usergroup"))
    if members is None:
        raise SlackError("no_such_subteam")
    return {"users": list(members)}


METHODS = {
    "users.info": Method(info, ("user",)),
    "users.list": Method(list_),
    "users.lookupByEmail": Method(lookup_by_email, ("email",)),
    "usergroups.users.list": Method(usergroup_users, ("usergroup",)),
}
