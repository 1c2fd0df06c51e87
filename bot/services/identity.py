"""Who somebody is in Azure: from a Slack person to a principal, or a refusal."""

from collections import Counter
from collections.abc import Iterable

from bot.domain.access import Caller, Principal
from bot.domain.commands import Command
from bot.domain.errors import NotFound, NotLinked, Unavailable
from bot.ports import Directory, Links, People, Person, Policies
from bot.services.doors import open_to_everyone
from bot.services.guard import Guard, cause_of


class Identity:
    """Links come from our table and from the policy file. Whatever is unclear is nobody.

    With a `directory` a person without a link is who has their confirmed e-mail address there, of one of `domains`
    (any where none is given).
    """

    def __init__(
        self,
        people: People,
        links: Links,
        policies: Policies,
        guard: Guard,
        *,
        directory: Directory | None = None,
        domains: Iterable[str] = (),
    ) -> None:
        self._directory = directory
        self._domains = frozenset(each.casefold().lstrip("@") for each in domains)
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

    @open_to_everyone("it finds out who somebody is, from Slack and the links")
    def object_ids_of(self, team: str, user: str) -> frozenset[str]:
        """Every object id that a colleague may be: linked ones, else the one by e-mail where that is switched on.

        Raises:
            Unavailable: it can't be found out at the moment.
        """
        linked = self.linked_object_ids(team, user)
        if linked or self._directory is None:
            return linked
        try:
            person = self._people.person(team, user)
            _refuse_who_is_no_member(person)
            return frozenset({self._by_email(team, user, person, self._directory)})
        except (NotLinked, NotFound):
            return frozenset()

    def _object_id(self, caller: Caller, person: Person) -> str:
        _refuse_who_is_no_member(person)
        linked = self.linked_object_ids(caller.team, caller.user)
        if person.enterprise and person.enterprise_user:
            linked |= self.linked_object_ids(person.enterprise, person.enterprise_user)
        if len(linked) > 1:
            raise NotLinked(
                "Your Slack account is linked to two Azure identities, so I can't tell who you are. "
                "Ask an administrator of this bot to remove one of them.",
                detail="two links",
            )
        if linked:
            return next(iter(linked))
        if self._directory is not None:
            return self._by_email(caller.team, caller.user, person, self._directory)
        raise NotLinked(
            f"Your Slack account isn't linked to an Azure identity yet. {_how_to_link(caller.team, caller.user)}",
            detail="no link",
        )

    def _by_email(self, team: str, user: str, person: Person, directory: Directory) -> str:
        instead = _how_to_link(team, user)
        if not person.email:
            raise NotLinked(
                f"Slack tells me no e-mail address of yours, so I can't find you in Entra. {instead}",
                detail="no e-mail address",
            )
        if not person.is_email_confirmed:
            raise NotLinked(
                "Your e-mail address isn't confirmed in Slack yet, so it doesn't show who you are. Confirm it with the "
                "mail that Slack has sent you, then try again.",
                detail="e-mail address not confirmed",
            )
        if self._domains and person.email.rpartition("@")[2].casefold() not in self._domains:
            raise NotLinked(
                f"E-mail addresses of your domain don't show me who somebody is in Azure. {instead}",
                detail="domain of the e-mail address not allowed",
            )
        found = directory.users_with(person.email)
        if not found:
            raise NotLinked(
                f"Nobody in Entra has the e-mail address of your Slack account. {instead}", detail="no match by e-mail"
            )
        if len(found) > 1:
            raise NotLinked(
                "More than one account in Entra has the e-mail address of your Slack account, so I can't tell which is "
                f"yours. {instead}",
                detail="two matches by e-mail",
            )
        (one,) = found
        if one.is_guest:
            raise NotLinked(
                "In Entra you are a guest, and guests of the tenant may not use Azure ML through me. A full member of "
                "the team can do this for you.",
                detail="guest in the directory",
            )
        if not one.enabled:
            raise NotLinked(
                "Your account in Entra is switched off. Whoever administers accounts can switch it on again.",
                detail="account disabled in the directory",
            )
        if self.linked(team).get(one.object_id, user) != user:
            raise NotLinked(
                "Your e-mail address leads to an Azure identity that another Slack account is linked to. "
                "Ask an administrator of this bot which of them is you.",
                detail="by e-mail somebody else's identity",
            )
        return one.object_id


def _refuse_who_is_no_member(person: Person) -> None:
    if person.is_deactivated:
        raise NotLinked("Your Slack account is deactivated, so it may do nothing here.", detail="deactivated account")
    if person.is_workflow:
        raise NotLinked(
            "A workflow may not use Azure ML through me: a person has to ask for it.", detail="workflow account"
        )
    if person.is_bot:
        raise NotLinked("Bots may not use Azure ML through me: a person has to ask for it.", detail="bot account")
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


def _how_to_link(team: str, user: str) -> str:
    return f"Ask an administrator of this bot to run: aml-bot link {team} {user} YOUR-ENTRA-OBJECT-ID"
