"""What a chat model is made of: its fields, the model behind it, what it is called, and how it counts tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import BaseMessage
from pydantic import AliasChoices, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from chatwright.errors import UsageError
from chatwright.langchain.errors import translated
from chatwright.langchain.llms import RemoteLLM
from chatwright.langchain.params import merged
from chatwright.model import Model
from chatwright.templates import ChatTemplate
from chatwright.templates.lookup import chosen

from . import counting
from .construction import PARAMETERS, llm_of, sorted_out, with_settings
from .identity import key_of, static_name
from .memory import Memory
from .options import without_empty
from .question import Question
from .source import Route, Source

__all__ = ["ChatFields"]


class ChatFields(BaseChatModel):
    """The fields of `ChatHuggingFace`, and all that it can do without asking the model anything."""

    llm: Any
    given_model_id: str | None = Field(default=None, alias="model_id")
    chat_template: Any = None
    route: Route = "auto"
    format: str | None = None
    reask: int = Field(default=0, ge=0)

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    typical_p: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop: list[str] | None = None
    logprobs: bool | int | None = None
    top_logprobs: int | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    extra_body: dict[str, Any] | None = None
    model_kwargs: dict[str, Any] = Field(default_factory=dict)

    api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("api_key", "huggingfacehub_api_token", "token")
    )
    timeout: float | None = None
    max_retries: int | None = Field(default=None, ge=0)
    streaming: bool = False
    stream_usage: bool = True

    _memory: Memory = PrivateAttr(default_factory=Memory)

    model_config = ConfigDict(
        extra="forbid",
        populate_by_name=True,
        hide_input_in_errors=True,  # a token may be among it
        protected_namespaces=(),
        validate_assignment=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _sort_arguments(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return sorted_out(cast("Mapping[str, Any]", given), cls.model_fields)

    @model_validator(mode="after")
    def _check(self) -> Self:
        with translated():
            if isinstance(self.llm, BaseChatModel):
                raise UsageError(
                    f"{type(self.llm).__name__} is a chat model already", "give a text LLM as llm="
                )
            if isinstance(self.llm, str):
                self.llm = llm_of(self.llm)
            self._template()  # says at once what is wrong with it
        return self

    @classmethod
    def from_model(cls, name: str | Model = "nano", **kwargs: Any) -> Self:
        """A chat model over what the string names: `nano`, `local:file.gguf`, a URL, `org/name`, `endpoint:NAME`."""
        return cls(llm=name, **kwargs)

    # -- the model behind it -------------------------------------------------------------------------------------

    @property
    def model_id(self) -> str:
        """The model's name: the one that was given, else what its server or file says. Asked when first needed."""
        if self.given_model_id is not None:
            return self.given_model_id
        with translated():
            return self._find().name

    @model_id.setter
    def model_id(self, name: str | None) -> None:
        self.given_model_id = name

    @property
    def model_name(self) -> str:
        """What the model is called as far as that is known without asking anybody."""
        return self.given_model_id or static_name(self.llm)

    def open(self) -> Model:
        """The `Model` that answers: opened when first needed, and the same one each time."""
        with translated():
            return self._find().open()

    def _to_chat_prompt(
        self, messages: LanguageModelInput, tools: Sequence[Any] | None = None, **kwargs: Any
    ) -> str:
        """The exact text that the model sees, or would see where its server renders it."""
        with translated():
            question = self._question(None, {"tools": tools, **kwargs})
            source = self._find()
            model = source.showing()
            asked = question.asked(model, source, self._messages(messages))
            return asked.prompt(question.variables())

    def _messages(self, given: LanguageModelInput) -> list[BaseMessage]:
        return self._convert_input(given).to_messages()

    def _find(self) -> Source:
        """Where answers come from, by the fields as they are now."""
        key = (
            id(self.llm), self.given_model_id, self.chat_template, self.route, self.format,
            self.api_key, self.timeout, self.max_retries, self._copied(),
        )  # fmt: skip
        return self._memory.get(key, self._made_source)

    def _copied(self) -> dict[str, Any] | None:
        """The fields of an LLM that is not used itself, but a copy of it with settings of ours."""
        settings = (self.api_key, self.timeout, self.max_retries)
        mine = any(value is not None for value in settings) and isinstance(self.llm, RemoteLLM)
        return dict(self.llm.__dict__) if mine else None

    def _made_source(self) -> Source:
        token = self.api_key.get_secret_value() if self.api_key else None
        llm = with_settings(self.llm, token, self.timeout, self.max_retries)
        return Source(llm, self.given_model_id, self._template(), self.route, self.format, token)

    def _template(self) -> ChatTemplate | None:
        given = self.chat_template
        return None if given is None else chosen(given)

    # -- questions -----------------------------------------------------------------------------------------------

    def _parameters(self) -> dict[str, Any]:
        """What the constructor says of a generation."""
        said = {name: value for name in PARAMETERS if (value := getattr(self, name)) is not None}
        if self.timeout is not None and not isinstance(self.llm, RemoteLLM):
            said["timeout"] = self.timeout
        if self.stop is not None:
            said["stop"] = self.stop
        return {**said, "reask": self.reask} if self.reask else said

    def _question(self, stop: Sequence[str] | None, kwargs: Mapping[str, Any]) -> Question:
        question = Question.of((self._parameters(), self.model_kwargs), stop, kwargs)
        question.usage = question.given.get("stream_usage", self.stream_usage)
        return question

    # -- counting ------------------------------------------------------------------------------------------------

    def get_token_ids(self, text: str) -> list[int]:
        """The ids of the tokens that the model reads for this text, as its engine or its server tells them."""
        if self.custom_get_token_ids is not None:
            return self.custom_get_token_ids(text)
        with translated():
            return counting.ids(self._find().open(), text)

    def get_num_tokens(self, text: str) -> int:
        """How many tokens that is; where nobody can tell, an estimate and a warning that it is one."""
        if self.custom_get_token_ids is not None:
            return len(self.custom_get_token_ids(text))
        with translated():
            return counting.count(self._find().open(), text)

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """How many tokens the whole prompt has, with what the template writes around the messages and the tools."""
        with translated():
            question = self._question(None, {"tools": tools})
            source = self._find()
            model = source.open()
            asked = question.asked(model, source, messages)
            if self.custom_get_token_ids is not None and model.template is not None:
                return len(self.custom_get_token_ids(asked.prompt(question.variables())))
            return counting.of_messages(model, asked.messages, asked.tools)

    # -- who it is -----------------------------------------------------------------------------------------------

    @property
    def _llm_type(self) -> str:
        return "chatwright-chat"

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        said = self._parameters()
        said.pop("timeout", None)
        named = {"model_id": self.given_model_id, "format": self.format, "template": self._hash()}
        route = None if self.route == "auto" else self.route
        told = without_empty(
            {**named, "route": route, **said, "model_kwargs": self.model_kwargs or None}
        )
        return {**told, "llm": self._memory.identity(self.llm)}

    def _hash(self) -> str | None:
        template = self._find().template
        return template.sha256 if template else None

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        asked = without_empty({**kwargs, "stop": stop})
        return key_of({"model": self._identifying_params, "type": self._llm_type, "asked": asked})

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        given = merged(self._parameters(), self.model_kwargs, without_empty(kwargs))
        name = given.get("model") or self.model_name
        told = LangSmithParams(
            ls_provider="huggingface", ls_model_type="chat", ls_model_name=str(name)
        )
        if isinstance(temperature := given.get("temperature"), int | float):
            told["ls_temperature"] = temperature
        if isinstance(limit := given.get("max_new_tokens"), int):
            told["ls_max_tokens"] = limit
        if stops := stop or self.stop:
            told["ls_stop"] = list(stops)
        return told

    def _resolve_model_profile(self) -> ModelProfile | None:
        return ModelProfile(
            text_inputs=True,
            text_outputs=True,
            tool_calling=True,
            tool_choice=True,
            structured_output=True,
        )

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """LangChain may write it down, without its secrets."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Where LangChain finds the class again."""
        return ["chatwright", "langchain"]

    @property
    def lc_secrets(self) -> dict[str, str]:
        """The names of what LangChain must not write down."""
        return {"api_key": "HUGGINGFACEHUB_API_TOKEN"}

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        fields = {**state["__dict__"], "api_key": None}
        fields.pop("_serialized", None)
        return {**state, "__dict__": fields}
