"""What a person can do about a refusal of the router: the error stays what it is, its hint gets better."""

from __future__ import annotations

import re

from chatwright.errors import BackendError, did_you_mean

from .catalogue import Offers

__all__ = ["GET_A_TOKEN", "explain", "wants_offers"]

_SITE = "https://huggingface.co"
GET_A_TOKEN = f"set HF_TOKEN to a token from {_SITE}/settings/tokens that may make calls to Inference Providers"
_NO_SUCH = re.compile(
    r"model_not_supported|model_not_found|not supported (by|for)|no such model|unknown model"
    r"|model.{0,120}(does not|doesn't) exist|model.{0,120}not found|not a chat model"
    r"|not supported for task|no provider",
    re.IGNORECASE,
)
_GATED = re.compile(r"gated|licen[cs]e|terms|agreement|restricted|access to (this )?model", re.I)
_RIGHTS = re.compile(r"permission|scope|inference providers", re.IGNORECASE)
_MONEY = re.compile(r"credit|billing|payment|subscri", re.IGNORECASE)


def wants_offers(error: BackendError) -> bool:
    """Would the list of what is served say more?"""
    return error.status in (404, 410, 429) or _not_served(error)


def explain(
    error: BackendError, model: str, provider: str, *, sent: bool, host: str, offers: Offers
) -> BackendError:
    """The same error with the hint that this model's user needs; `sent`: a token went along."""
    hint = _hint(error, model, provider, sent, host, offers)
    if hint and hint not in error.hint:
        left = re.search(r"\([^()]*try again\)$", error.hint)  # why it was not tried again
        error.hint = f"{hint} {left[0]}" if left else hint
    return error


def _hint(
    error: BackendError, model: str, provider: str, sent: bool, host: str, offers: Offers
) -> str:
    said = f"{error} {error.error_type}"
    match error.status:
        case 401 if sent:
            return f"the token is wrong or has expired: {GET_A_TOKEN}"
        case 401:
            return _no_token(host)
        case 402:
            return _money(model)
        case 403 if _GATED.search(said) and not _RIGHTS.search(said):
            return f"accept the model's licence at {_SITE}/{model} with the token's account"
        case 403:
            rights = f"let the token make calls to Inference Providers at {_SITE}/settings/tokens"
            return f"{rights}, and accept the model's licence at {_SITE}/{model} if it has one"
        case 429:
            wait = error.retry_after
            again = "try again later" if wait is None else f"wait {max(1, round(wait))} s"
            quota = _money(model) if _MONEY.search(said) else ""
            return ", or ".join(filter(None, (again, _others(model, provider, offers), quota)))
        case 404 | 410:
            return _elsewhere(model, provider, offers)
        case _:
            return _elsewhere(model, provider, offers) if _not_served(error) else ""


def _not_served(error: BackendError) -> bool:
    refused = error.status is not None and 400 <= error.status < 500 and error.status != 401
    return refused and bool(_NO_SUCH.search(f"{error} {error.error_type}"))


def _no_token(host: str) -> str:
    if host.endswith((".huggingface.co", "//huggingface.co", ".huggingface.cloud")):
        return GET_A_TOKEN
    return f"HF_TOKEN is not sent to {host}: give open_model(..., token=...)"


def _money(model: str) -> str:
    return f"see {_SITE}/settings/billing, or run it here: {_here(model)}"


def _here(model: str) -> str:
    return f"local:{model}" if "gguf" in model.lower() else f"local:{model}-GGUF"


def _others(model: str, provider: str, offers: Offers) -> str:
    names = [o.provider for o in offers.get(model, ()) if o.live and o.provider != provider]
    if names:
        return f"take another provider: {', '.join(f'{model}:{name}' for name in names[:4])}"
    return "" if model in offers else f"take another provider: {model}:PROVIDER"


def _elsewhere(model: str, provider: str, offers: Offers) -> str:
    """Another provider that has it, a name that is near, or the ways to run it oneself."""
    own = f"run it here as {_here(model)} (if there is such a GGUF), or deploy it and use endpoint:NAME"
    if model in offers:
        others = _others(model, provider, offers)
        switched = f"switch its provider on at {_SITE}/settings/inference-providers"
        return f"{others or switched}, or {own}"
    near = did_you_mean(model, offers) if offers else ""
    if near.startswith("did you mean"):
        return f"{near} Or {own}"
    return f"no provider may have it, see {_SITE}/{model}: {own}"
