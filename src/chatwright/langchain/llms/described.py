"""What an LLM is told and what tells it from others: its arguments, the options of a call, how it is written down."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict as plain_fields
from dataclasses import is_dataclass
from functools import cache
from typing import Any, ClassVar, Self, cast

from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.llms import BaseLLM
from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from chatwright.errors import UsageError
from chatwright.langchain.errors import translated
from chatwright.langchain.params import ALIASES, GENERATION, joined_stops, merged, options_of
from chatwright.model import Options

from .arguments import sorted_out
from .opened import Opened

__all__ = ["DescribedLLM", "calling"]

_OF_LANGCHAIN = ("tags", "metadata", "run_name", "run_id", "stop", "callbacks")
_call: ContextVar[tuple[object, Mapping[str, Any]] | None] = ContextVar("call", default=None)


class DescribedLLM(BaseLLM):
    """The part of an LLM that asks nobody."""

    streaming: bool = False
    model_kwargs: dict[str, Any] = Field(default_factory=dict)

    _opened: Opened = PrivateAttr(default_factory=Opened)

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,  # a token may be among it
        protected_namespaces=(),
    )
    other_names: ClassVar[Mapping[str, str]] = {}
    """Other names of fields, as constructors of other packages call them."""
    settings: ClassVar[frozenset[str]] = frozenset()
    """The fields that say where the model is; in `model_kwargs` they mean the field."""

    @model_validator(mode="before")
    @classmethod
    def _sort_arguments(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return sorted_out(
            cast("Mapping[str, Any]", given),
            cls.model_fields,
            others=cls.other_names,
            settings=cls.settings & cls.model_fields.keys(),
        )

    @abstractmethod
    def _where(self) -> dict[str, Any]:
        """What tells this model from every other one, without a secret in it."""

    @property
    @abstractmethod
    def known_model(self) -> str:
        """The model's name as far as it is known without asking anybody; may be empty."""

    def _speaks_tgi(self) -> bool:
        """Does the server take TGI's own parameters?"""
        return False

    def call_options(self, stop: list[str] | None, kwargs: Mapping[str, Any]) -> Options:
        """The options of one call: its own arguments over `model_kwargs` over the fields."""
        return self._options(self._values(kwargs), stop, kwargs, tgi=self._speaks_tgi())

    def _options(
        self,
        values: dict[str, Any],
        stop: list[str] | None,
        kwargs: Mapping[str, Any],
        *,
        tgi: bool,
    ) -> Options:
        for name in kwargs:
            if self.other_names.get(name, name) in self.settings - {"model", "timeout"}:
                raise UsageError(f"{name} is no parameter of a call", "give it to the constructor")
        values = {**values, "stop_sequences": joined_stops(values.get("stop_sequences"), stop)}
        names = {*self.model_fields_set, *self.model_kwargs, *kwargs}
        return options_of(values, {ALIASES.get(name, name) for name in names}, tgi=tgi)

    def _values(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in _parameters(type(self))}
        return merged(fields, self.model_kwargs, kwargs)

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return self._identity({})

    def _identity(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        values = self._values(kwargs)
        # As if it were a TGI, so that the key does not change when the server has told what it is.
        told: dict[str, Any] = dict(self._options(values, None, kwargs, tgi=True))
        told.pop("deadline", None)
        return {
            **self._where(),
            "return_full_text": bool(values.get("return_full_text")),
            "parameters": {name: _plain(told[name]) for name in sorted(told)},
        }

    def asdict(self) -> dict[str, Any]:
        """What tells this LLM, and the call that is being made, from others."""
        # LangChain's own cache key leaves the arguments of a call out.
        caller, kwargs = _call.get() or (None, {})
        with translated():
            told = self._identity(kwargs if caller is self else {})
        return {**told, "_type": self._llm_type}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        values = self._values({k: v for k, v in kwargs.items() if k not in _OF_LANGCHAIN})
        told = LangSmithParams(ls_provider="huggingface", ls_model_type="llm")
        if name := values.get("model") or self.known_model:
            told["ls_model_name"] = str(name)
        if values.get("temperature") is not None:
            told["ls_temperature"] = values["temperature"]
        if values.get("max_new_tokens") is not None:
            told["ls_max_tokens"] = values["max_new_tokens"]
        if stops := joined_stops(values.get("stop_sequences"), stop):
            told["ls_stop"] = stops
        return told

    def __copy__(self) -> Self:
        copied = super().__copy__()
        copied._opened = Opened()  # it may get other settings next
        return copied

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """LangChain may write it down, without its secrets."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Where LangChain finds the class again: `load(..., valid_namespaces=["chatwright"])`."""
        return ["chatwright", "langchain"]

    def to_json(self) -> Any:
        """The arguments that were given, and secrets by their names only."""
        told = super().to_json()
        if "kwargs" not in told:
            return told
        given = {*self.model_fields_set, *self.lc_secrets, *self.lc_attributes}
        kwargs = {name: value for name, value in told["kwargs"].items() if name in given}
        missing = self.model_fields_set - kwargs.keys() - self.lc_secrets.keys()
        fields = type(self).model_fields
        # LangChain leaves out what is false; but who says so may mean more than who says nothing.
        kwargs |= {n: getattr(self, n) for n in sorted(missing) if not fields[n].exclude}
        return {**told, "kwargs": kwargs}


@cache
def _parameters(kind: type[DescribedLLM]) -> tuple[str, ...]:
    """The fields that are parameters of a generation."""
    return tuple(sorted(kind.model_fields.keys() & (GENERATION - kind.settings)))


@contextmanager
def calling(llm: DescribedLLM, kwargs: Mapping[str, Any]) -> Generator[None]:
    """While a call is made, `asdict` knows its arguments."""
    token = _call.set((llm, {n: value for n, value in kwargs.items() if n not in _OF_LANGCHAIN}))
    try:
        yield
    finally:
        _call.reset(token)


def _plain(value: Any) -> Any:
    """An option as data that prints the same each time."""
    if is_dataclass(value) and not isinstance(value, type):
        return {type(value).__name__: plain_fields(value)}
    return value
