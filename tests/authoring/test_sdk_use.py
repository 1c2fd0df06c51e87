"""What of the Azure ML SDK an entry may use: the one that is installed is asked."""

import pytest

from bot.authoring import sdk_use, snippets
from tests.authoring.code import entry

WORKSPACE = "from azureml.core import Experiment, Workspace\nws = Workspace.from_config()\nexp = Experiment(ws, 'e')\n"
TARGET = (
    WORKSPACE + "from azureml.core import ComputeTarget\ntarget = ComputeTarget(workspace=ws, name='cpu-cluster')\n"
)
SERVICE = WORKSPACE + "from azureml.core import Model, Webservice\nservice = Webservice(ws, 'x')\n"
ENVIRONMENT = "from azureml.core import Environment\nenv = Environment('e')\n"


def found(*blocks: str) -> list[tuple[int, str, str]]:
    """Line, rule and message of each finding."""
    parsed, unparsable = snippets.parsed(entry(*blocks))
    assert unparsable == []
    return [(each.line, each.rule, each.message) for each in sdk_use.faults("a.md", parsed)]


@pytest.mark.parametrize(
    "blocks",
    [
        (WORKSPACE + "run = exp.start_logging(snapshot_directory=None)\nrun.log('a', 1)\nrun.complete()",),
        (WORKSPACE + "with exp.start_logging() as run:\n    run.log_list('a', [1])",),
        (WORKSPACE, "run = exp.submit(config)\nrun.wait_for_completion(show_output=True)\nrun.get_metrics()"),
        (WORKSPACE + "exp.submit(config, show_output=True)",),  # handed on
        (
            ENVIRONMENT
            + "env.python.conda_dependencies = 1\nenv.docker.base_image = 'x'\nenv.environment_variables = {}",
        ),
        (ENVIRONMENT + "env.python.user_managed_dependencies = True\nprint(env.name, env.version)",),
        ("import azureml.core\nprint(azureml.core.VERSION)\nazureml.core.Workspace.get(name='w')",),
        ("import azureml.core as core\ncore.Workspace.list('s')",),
        ("from azureml.core.compute import AmlCompute, ComputeTarget\nComputeTarget(workspace=1, name='c')",),
        ("from azureml.core import Run\nrun = Run.get_context()\nrun.parent.log('a', 1)\nrun.input_datasets['x']",),
        ("from azureml.core import Workspace\nWorkspace = object()\nWorkspace.whatever(1)",),
        ("from azureml.core import Workspace\ndef f(Workspace):\n    return Workspace.whatever\nf",),
        (WORKSPACE + "options = {'name': 'x'}\nExperiment(**options)\nExperiment(*[ws, 'e'])",),
        ("import other\nother.anything(x=1)",),
        (
            TARGET + "made = ComputeTarget.create(ws, 'cpu-cluster', 1)",
            "made.wait_for_completion(show_output=True, min_node_count=None, timeout_in_minutes=20)",
        ),
        (TARGET + "target.update(min_nodes=0, max_nodes=2)",),
        (WORKSPACE + "ws.get_default_datastore().upload(src_dir='data', target_path='data')",),
        (
            WORKSPACE
            + "from azureml.core import Datastore\nDatastore(ws, 'x').upload(src_dir='data', target_path='data')",
        ),
        (SERVICE + "service.update(models=[Model(ws, 'm')])\nservice.run(input_data='{}')",),
        (ENVIRONMENT + "env.build_local(1, useDocker=True, pushImageToWorkspaceAcr=True)",),  # in an example
        ("try:\n    import azureml.train.dnn\nexcept ImportError:\n    raise SystemExit('install it') from None",),
        ("try:\n    from azureml.core import Gone\nexcept (KeyError, ModuleNotFoundError):\n    Gone = 1",),
        ("try:\n    import azureml.train.dnn\nexcept:\n    pass\nelse:\n    from azureml.train.dnn import X",),
        ("try:\n    from azureml.core import Run\nexcept ImportError:\n    from azureml.train.dnn import Run",),
    ],
)
def test_what_the_sdk_has_is_left_alone(blocks: tuple[str, ...]) -> None:
    assert found(*blocks) == []


@pytest.mark.parametrize(
    ("blocks", "line", "rule", "says"),
    [
        (("from azureml.core import ScriptRunConfg",), 10, "sdk-name", "Did you mean `ScriptRunConfig`?"),
        (("from azureml.core.model import Diagnostic",), 10, "sdk-name", "Name what it has instead."),
        (
            ("from azureml.core import Environment\nEnvironment.get(1, 'n', pushImageToWorkspaceAcr=1)",),
            11,
            "sdk-call",
            "It takes: workspace, name",
        ),
        (("import azureml.train.dnn",), 10, "sdk-missing", "`azureml.train.dnn`"),
        (("from azureml.train.automl import AutoMLConfig",), 10, "sdk-missing", "isn't part of the installed SDK"),
        (
            ("from azureml.core import ScriptRunConfig\n\nScriptRunConfig('.', entry_script='t.py')",),
            12,
            "sdk-call",
            "takes no argument `entry_script`",
        ),
        (("from azureml.core import Workspace\nWorkspace.from_confg()",), 11, "sdk-name", "`from_config`"),
        ((WORKSPACE, "run = exp.start_logging()\nrun.log_metric('a', 1)"), 21, "sdk-name", "`Run` has no `log_metric`"),
        (
            (WORKSPACE + "exp.submit(1).wait_for_completion(show_outputs=True)",),
            13,
            "sdk-call",
            "Did you mean `show_output`?",
        ),
        ((WORKSPACE + "with exp.start_logging() as run:\n    run.logg('a', 1)",), 14, "sdk-name", "has no `logg`"),
        ((ENVIRONMENT + "env.docker.base_imge = 'x'",), 12, "sdk-name", "Did you mean `base_image`?"),
        ((ENVIRONMENT + "env.pythn.conda_dependencies = 1",), 12, "sdk-name", "Did you mean `python`?"),
        (("from azureml.core import Environment\nEnvironment()",), 11, "sdk-call", "also needs `name`"),
        (
            ("from azureml.core import Environment\nEnvironment.get(1, 'n', 'v', 'l', 'x')",),
            11,
            "sdk-call",
            "by position",
        ),
        (
            ("from azureml.core import (\n    Run,\n    Wrkspace,\n)",),
            12,
            "sdk-name",
            "Did you mean `Workspace`?",
        ),
        (
            ("from azureml.core import Workspace\nws = (\n    Workspace\n    .from_cnfig()\n)",),
            13,
            "sdk-name",
            "has no `from_cnfig`",
        ),
        (("from azureml.core import Run\ndef f():\n    Run.get_contxt()\nf",), 12, "sdk-name", "`get_context`"),
        (("try:\n    import azureml.train.dnn\nexcept ValueError:\n    pass",), 11, "sdk-missing", "azureml.train.dnn"),
        (
            ("try:\n    import azureml.train.dnn\nexcept ImportError:\n    import azureml.train.other",),
            13,
            "sdk-missing",
            "azureml.train.other",
        ),
        (
            ("from azureml.core import Run\ntry:\n    Run.gone()\nexcept ImportError:\n    pass",),
            12,
            "sdk-name",
            "has no `gone`",
        ),
        ((TARGET + "target.wait_for_completion(show_outputs=1)",), 15, "sdk-call", "Did you mean `show_output`?"),
        ((TARGET + "target.update(most_nodes=2)",), 15, "sdk-call", "takes no argument `most_nodes`"),
        ((SERVICE + "service.run()",), 15, "sdk-call", "`Webservice.run` also needs `input`"),
        (("from azureml.core import Run\nprint([Run.gone(x) for x in ()])",), 11, "sdk-name", "has no `gone`"),
    ],
)
def test_what_the_sdk_has_not_is_reported(blocks: tuple[str, ...], line: int, rule: str, says: str) -> None:
    findings = found(*blocks)

    assert [each[:2] for each in findings] == [(line, rule)]
    assert says in findings[0][2]
