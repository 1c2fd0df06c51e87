"""One team for all tests of a worker; tests that kill or change it make their own."""

from collections.abc import Iterator

import pytest

from tests.behaviours.team import Team, team_in


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team with a running bot, shared: a test must not count on what others left in a channel."""
    with team_in(tmp_path_factory.mktemp("team") / "demo") as made:
        made.start()
        yield made


@pytest.fixture
def own_team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team of one's own, its bot not started yet."""
    with team_in(tmp_path_factory.mktemp("own") / "demo") as made:
        yield made
