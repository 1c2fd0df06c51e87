"""The Azure actions that commands need; looked up by name nowhere else."""

_ML = "Microsoft.MachineLearningServices/workspaces"

RUN_SUBMIT = f"{_ML}/experiments/runs/submit/action"
RUN_READ = f"{_ML}/experiments/runs/read"
RUN_CANCEL = f"{_ML}/experiments/runs/write"
ENVIRONMENT_READ = f"{_ML}/environments/read"
ARTIFACT_WRITE = f"{_ML}/metadata/artifacts/write"
MODEL_READ = f"{_ML}/models/read"
MODEL_WRITE = f"{_ML}/models/write"
ENVIRONMENT_WRITE = f"{_ML}/environments/write"
ROLE_ASSIGNMENT_READ = "Microsoft.Authorization/roleAssignments/read"
ROLE_ASSIGNMENT_WRITE = "Microsoft.Authorization/roleAssignments/write"
