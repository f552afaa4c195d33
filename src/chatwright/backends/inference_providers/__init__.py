"""The Hub's own ways to run a model: providers behind its router, and dedicated endpoints.

    InferenceProviders("org/name:provider").chat(request)
    Endpoint("my-endpoint").chat(request)

`places` says where the services stand, `catalogue` and `hints` make a refusal into something to try, `raw` finds a
provider that takes raw prompts, `lookup` finds an endpoint; `backend` and `endpoint` join them.
"""

from __future__ import annotations

from .backend import InferenceProviders, split_name
from .endpoint import Endpoint
from .lookup import split_endpoint

__all__ = ["Endpoint", "InferenceProviders", "split_endpoint", "split_name"]
