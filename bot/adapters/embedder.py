"""Sentence vectors from an ONNX export of a sentence-transformers model, in a folder on this machine.

Nothing is downloaded, and nothing of the extra (onnxruntime, tokenizers, numpy) is imported before a model is wanted.
The folder is as sentence-transformers saves it: `model.onnx` or `onnx/model.onnx`; `tokenizer.json` or `vocab.txt`; and
where they are there `1_Pooling/config.json`, `sentence_bert_config.json` and `config_sentence_transformers.json`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from bot.domain.errors import ConfigurationError, Unavailable

log = structlog.get_logger(__name__)

_BATCH = 16  # texts; more at once are no faster on a processor
_LONGEST = 512  # tokens; what these models can take at most
_SENTENCE = "sentence_embedding"  # the output of an export that pools by itself
_PASSAGE_PROMPTS = ("passage", "document")
_CHUNK = 1 << 20
_NOT_WHOLE = (
    "The model in “{folder}” has layers behind the pooling that its ONNX file hasn't. "
    "Export it with its sentence_embedding."
)


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a model wants its text, and how its output becomes a vector."""

    pooling: str  # mean, cls or max
    length: int  # tokens
    lower_case: bool
    query_prompt: str = ""
    passage_prompt: str = ""


class OnnxEmbedder:
    """A model in a folder. Any number of threads may embed at the same time.

    Raises (when made):
        ConfigurationError: the extra isn't installed; the folder has no such model; or the model's SHA-256 isn't
            `sha256` (where that isn't empty).
    """

    def __init__(self, folder: Path, *, sha256: str = "", threads: int = 1) -> None:
        model = _find(folder, "model.onnx", "onnx/model.onnx")
        words = _find(folder, "tokenizer.json", "vocab.txt")
        digest = _sha256(model, *_weights_beside(model))
        if sha256 and digest != sha256.lower():
            raise ConfigurationError(
                f"The model “{model}” isn't the one that faq.semantic_sha256 names: its SHA-256 is {digest}. "
                "Put the right model there, or correct the setting if you trust this one."
            )
        self._manner = _manner(folder)
        self.fingerprint = hashlib.sha256(f"{digest} {_sha256(words)} {self._manner}".encode()).hexdigest()
        try:
            import numpy as np
            import onnxruntime
            import tokenizers
        except ImportError as error:
            raise ConfigurationError(
                "A model is set (faq.semantic_model), but what runs it isn't installed: "
                "pip install 'aml-bot[semantic]', or remove the setting.",
                detail=str(error),
            ) from error
        self._np = np
        try:
            self._tokenizer = _tokenizer(tokenizers, words, self._manner)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            self._inputs = [each.name for each in self._session.get_inputs()]
            outputs = [each.name for each in self._session.get_outputs()]
            self._output = _SENTENCE if _SENTENCE in outputs else outputs[0]
            if self._output != _SENTENCE and _needs_more(folder):
                raise ConfigurationError(_NOT_WHOLE.format(folder=folder))  # noqa: TRY301 - the last of the checks
            self.embed(["a first sentence"])  # what is wrong with a model shows at start
        except ConfigurationError:
            raise
        except Exception as error:  # onnxruntime and tokenizers raise many kinds, and all mean this
            raise ConfigurationError(
                f"The model in “{folder}” can't be used. faq.semantic_model needs a sentence-transformers model that "
                "was exported to ONNX.",
                detail=f"{type(error).__name__}: {error}",
            ) from error
        log.info("semantic_model_loaded", sha256=digest, pooling=self._manner.pooling, length=self._manner.length)

    def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """A vector of length one for each text, in their order. What is longer than the model can take is cut."""
        return self._embed([self._manner.passage_prompt + text for text in texts])

    def embed_query(self, text: str) -> Sequence[float]:
        """The vector of a question: some models want to be told that it is one. Raises Unavailable."""
        try:
            return self._embed([self._manner.query_prompt + text])[0]
        except Exception as error:  # see above: of many kinds, and none must cost somebody an answer
            log.exception("query_not_embedded")
            raise Unavailable("The model can't read this question.", detail=type(error).__name__) from error

    def _embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        encoded = [self._tokenizer.encode(text) for text in texts]
        # Texts of about the same length together: padding is computed like text.
        order = sorted(range(len(texts)), key=lambda at: len(encoded[at].ids))
        found: dict[int, Sequence[float]] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            found.update(zip(batch, self._vectors([encoded[at] for at in batch]), strict=True))
        return [found[at] for at in range(len(texts))]

    def _vectors(self, batch: Sequence[Any]) -> list[Sequence[float]]:
        np = self._np
        ids = np.zeros((len(batch), max(len(each.ids) for each in batch)), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(batch):
            ids[row, : len(each.ids)] = each.ids
            mask[row, : len(each.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output = self._session.run([self._output], {name: given[name] for name in self._inputs})[0]
        # A vector for each token has to be put together; one for each text is the model's own.
        pooled = _pool(np, output, mask, self._manner.pooling) if output.ndim == 3 else output
        length = np.linalg.norm(pooled, axis=1, keepdims=True)
        vectors: list[Sequence[float]] = (pooled / np.maximum(length, 1e-9)).astype(np.float32).tolist()
        return vectors


def _pool(np: Any, tokens: Any, mask: Any, pooling: str) -> Any:
    if pooling == "cls":
        return tokens[:, 0]
    spread = mask[:, :, None].astype(tokens.dtype)
    if pooling == "max":
        return np.where(spread > 0, tokens, -1e9).max(axis=1)
    return (tokens * spread).sum(axis=1) / np.maximum(spread.sum(axis=1), 1e-9)


def _find(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise ConfigurationError(
        f"The folder “{folder}” has no {' or '.join(names)}. faq.semantic_model names a folder with a "
        "sentence-transformers model that was exported to ONNX."
    )


def _weights_beside(model: Path) -> list[Path]:
    """Files that hold the weights of a large model."""
    return [path for path in (Path(f"{model}_data"), Path(f"{model}.data")) if path.is_file()]


def _sha256(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        try:
            with file.open("rb") as opened:
                while chunk := opened.read(_CHUNK):
                    digest.update(chunk)
        except OSError as error:
            raise ConfigurationError(f"The file “{file}” can't be read ({error.strerror}).") from error
    return digest.hexdigest()


def _manner(folder: Path) -> _Manner:
    pooling = _json(folder / "1_Pooling" / "config.json")
    how = (
        "cls" if pooling.get("pooling_mode_cls_token") else "max" if pooling.get("pooling_mode_max_tokens") else "mean"
    )
    known = {"pooling_mode_cls_token", "pooling_mode_max_tokens", "pooling_mode_mean_tokens"}
    wanted = [name for name, on in pooling.items() if name.startswith("pooling_mode_") and on]
    if len(wanted) > 1 or not known.issuperset(wanted):
        raise ConfigurationError(f"The model in “{folder}” pools by {', '.join(wanted)}; mean, cls or max can be used.")
    length = _json(folder / "sentence_bert_config.json").get("max_seq_length") or 256
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
    return _Manner(
        pooling=how,
        length=min(int(length), _LONGEST),
        lower_case=bool(_json(folder / "tokenizer_config.json").get("do_lower_case", True)),
        query_prompt=str(prompts.get("query", "")),
        passage_prompt=next((str(prompts[name]) for name in _PASSAGE_PROMPTS if name in prompts), ""),
    )


def _needs_more(folder: Path) -> bool:
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        return any(str(module["type"]).endswith(".Dense") for module in modules)
    except FileNotFoundError:
        return False


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The model's file “{file}” can't be read.", detail=str(error)) from error
    return found if isinstance(found, dict) else {}


def _tokenizer(tokenizers: Any, words: Path, manner: _Manner) -> Any:
    if words.suffix == ".json":
        made = tokenizers.Tokenizer.from_file(str(words))
    else:
        made = tokenizers.BertWordPieceTokenizer(str(words), lowercase=manner.lower_case)
    made.no_padding()
    made.enable_truncation(max_length=manner.length)
    return made
