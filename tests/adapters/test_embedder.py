"""A model that can't be used is refused at start, in a sentence with what to do. No model is run here: what runs one
isn't installed with the tests, which is what most of these show; `tests/bench/semantic_figures.py` measures a real one.
"""

import hashlib
import importlib.util
import json
from pathlib import Path

import pytest

from bot.adapters.embedder import OnnxEmbedder
from bot.domain.errors import ConfigurationError

MODEL = b"not really a model"

without_the_extra = pytest.mark.skipif(
    importlib.util.find_spec("onnxruntime") is not None, reason="the extra is installed"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like an export."""
    (tmp_path / "model.onnx").write_bytes(MODEL)
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    return tmp_path


@without_the_extra
def test_without_the_extra_it_is_said_how_to_install_it(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"pip install 'aml-bot\[semantic\]'"):
        OnnxEmbedder(folder)


@without_the_extra
@pytest.mark.parametrize("upper", [False, True], ids=["lower case", "upper case"])
def test_the_pinned_model_passes_the_check(folder: Path, *, upper: bool) -> None:
    pin = hashlib.sha256(MODEL).hexdigest()

    with pytest.raises(ConfigurationError, match="isn't installed"):
        OnnxEmbedder(folder, sha256=pin.upper() if upper else pin)


def test_another_model_than_the_pinned_one_is_refused_with_both_ways_out(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"faq\.semantic_sha256") as refusal:
        OnnxEmbedder(folder, sha256="0" * 64)

    assert hashlib.sha256(MODEL).hexdigest() in refusal.value.user_message


def test_weights_beside_the_model_count_for_the_pin(folder: Path) -> None:
    pin = hashlib.sha256(MODEL).hexdigest()
    (folder / "model.onnx_data").write_bytes(b"other weights")

    with pytest.raises(ConfigurationError, match="isn't the one"):
        OnnxEmbedder(folder, sha256=pin)


@pytest.mark.parametrize(
    ("missing", "named"), [("model.onnx", "model.onnx or onnx/model.onnx"), ("tokenizer.json", "or vocab.txt")]
)
def test_a_folder_without_a_part_is_refused(folder: Path, missing: str, named: str) -> None:
    (folder / missing).unlink()

    with pytest.raises(ConfigurationError, match=named):
        OnnxEmbedder(folder)


def test_a_pooling_that_is_not_known_is_refused(folder: Path) -> None:
    (folder / "1_Pooling").mkdir()
    config = {"pooling_mode_lasttoken": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(config), encoding="utf-8")

    with pytest.raises(ConfigurationError, match="pooling_mode_lasttoken"):
        OnnxEmbedder(folder)


def test_a_broken_configuration_is_named(folder: Path) -> None:
    (folder / "sentence_bert_config.json").write_text("{", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"sentence_bert_config\.json"):
        OnnxEmbedder(folder)
