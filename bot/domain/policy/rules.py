"""The rules of a policy file, each with the line that it begins at."""

from dataclasses import dataclass

from bot.domain.policy.matching import ANY, About, Asker, Perhaps, Who, both, environment_named, in_channel, named


@dataclass(frozen=True, slots=True)
class Rule:
    """What all rules say: for which commands ("*" is all), of whom, where, and about what.

    Channels, projects, compute targets and environments that aren't named are all; the latter three are patterns, in
    which `*` stands for any characters. `reason` is told to whom the rule is against.
    """

    commands: tuple[str, ...] = (ANY,)
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    compute: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    reason: str = ""
    line: int = 0

    @property
    def who(self) -> Who:
        """Whom it is about."""
        return Who(self.roles, self.people, self.groups)

    @property
    def is_about_runs(self) -> bool:
        """Whether it names projects, compute targets or environments."""
        return bool(self.projects or self.compute or self.environments)

    def names(self, command: str) -> bool:
        """Whether it is for `command`."""
        return command in self.commands or ANY in self.commands

    def fits(self, asker: Asker, about: About | None, *, wide: bool) -> Perhaps:
        """Whether it is about `asker` and `about`; None stands for a run of which nothing is known yet, and is passed
        over. `wide`: names in any case of letters."""
        found = [self.who.includes(asker), in_channel(self.channels, asker.channel)]
        if about is not None:
            found += [
                named(self.projects, about.project, wide=wide),
                named(self.compute, about.compute, wide=wide),
                environment_named(self.environments, about.environment, about.version, wide=wide),
            ]
        return both(found)


@dataclass(frozen=True, slots=True)
class AllowRule(Rule):
    """Lets some use some commands."""

    def allows(self, asker: Asker, about: About | None) -> bool:
        """Whether it surely is about `asker` and `about`."""
        return self.fits(asker, about, wide=False) is True


@dataclass(frozen=True, slots=True)
class DenyRule(Rule):
    """Forbids some to use some commands, whatever allows it."""

    def denies(self, asker: Asker, about: About | None) -> bool:
        """Whether it may be about `asker` and `about`. One that is about runs waits until the run is known."""
        if about is None and self.is_about_runs:
            return False
        return self.fits(asker, about, wide=True) is not False


@dataclass(frozen=True, slots=True)
class Limit(Rule):
    """What a run may take, of those it may be about: of several limits the lowest holds. `runs` are those that one
    person may have at a time, `cost` is in the currency of the prices; None is no limit."""

    nodes: int | None = None
    runs: int | None = None
    hours: float | None = None
    cost: float | None = None

    def holds(self, command: str, asker: Asker, about: About) -> bool:
        """Whether it may be about this run."""
        return self.names(command) and self.fits(asker, about, wide=True) is not False


@dataclass(frozen=True, slots=True)
class ApprovalRule(Rule):
    """Which runs need the consent of `needed` approvers: all that it says must hold, and what can't be told holds.

    The thresholds are None where they don't matter. Approvers are told in `channel`, or each by direct message where it
    is "". `oneself`: whether who asks may be one of them. A request stays open for `open_hours`.
    """

    nodes_over: int | None = None
    hours_over: float | None = None
    cost_over: float | None = None
    by_roles: tuple[str, ...] = ()
    by_people: tuple[str, ...] = ()
    by_groups: tuple[str, ...] = ()
    needed: int = 1
    oneself: bool = False
    open_hours: float = 24.0
    channel: str = ""

    @property
    def approvers(self) -> Who:
        """Who may approve."""
        return Who(self.by_roles, self.by_people, self.by_groups)

    def wants(self, command: str, asker: Asker, about: About, *, hours: float | None, cost: float | None) -> bool:
        """Whether this run may need it; `hours` and `cost` are what it can take at most, None where nobody can tell."""
        over = (
            self.nodes_over is None or about.nodes > self.nodes_over,
            self.hours_over is None or hours is None or hours > self.hours_over,
            self.cost_over is None or cost is None or cost > self.cost_over,
        )
        return all(over) and self.names(command) and self.fits(asker, about, wide=True) is not False

    def accepts(self, approver: Asker, *, asked: Asker) -> bool:
        """Whether `approver` may approve what `asked` wants."""
        same = (approver.team, approver.user) == (asked.team, asked.user) or approver.object_id == asked.object_id
        return (self.oneself or not same) and self.approvers.includes(approver) is True
