"""Who somebody is in Azure: from a Slack person to a principal, or a refusal."""

from collections import Counter

from bot.domain.access import Caller, Principal
from bot.domain.commands import Command
from bot.domain.errors import NotFound, NotLinked, Unavailable
from bot.ports import Links, People, Person, Policies
from bot.services.doors import open_to_everyone
from bot.services.guard import Guard, cause_of


class Identity:
    """Links come from our table and from the policy file. Whatever is unclear is nobody."""

    def __init__(self, people: People, links: Links, policies: Policies, guard: Guard) -> None:
        self._people = people
        self._links = links
        self._policies = policies
        self._guard = guard

    @open_to_everyone("it finds out who somebody is, from Slack and the links")
    def principal(self, caller: Caller, command: Command) -> Principal:
        """The principal behind `caller`, who wants to use `command`. A refusal is audited.

        Raises:
            NotLinked: a guest, a stranger, a bot, somebody deactivated, nobody linked, or two identities linked.
            Unavailable: it can't be found out at the moment.
        """
        try:
            return self.known(caller)
        except Exception as error:
            self._guard.refused(caller, command, reason=f"identity: {cause_of(error)}")
            raise

    @open_to_everyone("it finds out who somebody is, from Slack and the links")
    def known(self, caller: Caller) -> Principal:
        """The principal behind `caller`, who wants nothing in particular: not audited. Raises as `principal` does."""
        person = self._people.person(caller.team, caller.user)
        return Principal(self._object_id(caller, person), caller, person.name)

    @open_to_everyone("it finds out who somebody is, from Slack and the links")
    def linked_object_ids(self, team: str, user: str) -> frozenset[str]:
        """Every object id linked to the person, in lower case."""
        listed = {link.object_id for link in self._policies.current().links if (link.team, link.user) == (team, user)}
        return frozenset(object_id.lower() for object_id in listed | self._links.object_ids(team, user))

    @open_to_everyone("it says what somebody is called in Slack, where everybody sees it")
    def name_of(self, team: str, user: str) -> str:
        """What Slack calls a person; "" where it doesn't say at the moment."""
        try:
            return self._people.person(team, user).name
        except (NotFound, Unavailable):
            return ""

    @open_to_everyone("who is linked is shown to nobody by itself")
    def linked(self, team: str) -> dict[str, str]:
        """Slack user ids of `team` by their object ids (in lower case), where that is one to one."""
        known = {
            (link.user, link.object_id.lower())
            for link in (*self._policies.current().links, *self._links.all())
            if link.team == team
        }
        users, object_ids = Counter(user for user, _ in known), Counter(object_id for _, object_id in known)
        return {oid: user for user, oid in sorted(known) if users[user] == 1 and object_ids[oid] == 1}

    def _object_id(self, caller: Caller, person: Person) -> str:
        if person.is_deactivated or person.is_bot:
            raise NotLinked("Only people with an active account may use this.", detail="bot or deactivated account")
        if person.is_stranger:
            raise NotLinked(
                "People of other workspaces may ask questions here, but not use Azure ML through me.", detail="stranger"
            )
        if person.is_guest:
            raise NotLinked(
                "Guests may ask questions and call a human, but not use Azure ML through me. "
                "A full member of the team can do this for you.",
                detail="guest account",
            )
        linked = self.linked_object_ids(caller.team, caller.user)
        if not linked:
            raise NotLinked(
                "Your Slack account isn't linked to an Azure identity yet. Ask an administrator of this bot to run: "
                f"aml-bot link {caller.team} {caller.user} YOUR-ENTRA-OBJECT-ID",
                detail="no link",
            )
        if len(linked) > 1:
            raise NotLinked(
                "Your Slack account is linked to two Azure identities, so I can't tell who you are. "
                "Ask an administrator of this bot to remove one of them.",
                detail="two links",
            )
        return next(iter(linked))
