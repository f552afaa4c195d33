"""nano's network: a small Llama, laid out so that llama.cpp reads its weights as they are.

from model import Config, Llama
logits = Llama(Config())(ids)                  # (batch, time) -> (batch, time, vocab)
logits = Llama(Config())(ids, keep=mask)       # only where mask is true: (kept, vocab)
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Config:
    vocab: int = 2048
    dim: int = 256  # width of the stream
    layers: int = 6
    heads: int = 4  # of 64 each; keys and values have as many
    ff: int = 704  # inner width of the SwiGLU
    eps: float = 1e-5  # of the norms
    theta: float = 10_000.0  # base of the rotary angles


def rotary_angles(config: Config, time: int, device: torch.device) -> Tensor:
    """A turn for each position and pair of channels, as complex numbers (time, head / 2)."""
    head = config.dim // config.heads
    speed = config.theta ** (-torch.arange(0, head, 2, device=device).float() / head)
    angle = torch.outer(torch.arange(time, device=device).float(), speed)
    return torch.polar(torch.ones_like(angle), angle)


def rotate(x: Tensor, turn: Tensor) -> Tensor:
    """Turn the channel pairs (0, 1), (2, 3), ... of x (batch, time, heads, head).

    Neighbours make a pair, as in llama.cpp's llama; Hugging Face pairs the two halves instead
    and has to permute its weights on export. Complex numbers do it in one pass over memory.
    """
    pairs = torch.view_as_complex(x.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turn[:, None]).flatten(-2).type_as(x)


class Block(nn.Module):
    """Attention, then SwiGLU, each on a normed copy of the stream and added back to it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        dim, self.heads = config.dim, config.heads
        self.attn_norm = nn.RMSNorm(dim, config.eps)
        self.q = nn.Linear(dim, dim, bias=False)
        self.k = nn.Linear(dim, dim, bias=False)
        self.v = nn.Linear(dim, dim, bias=False)
        self.o = nn.Linear(dim, dim, bias=False)
        self.ff_norm = nn.RMSNorm(dim, config.eps)
        self.gate = nn.Linear(dim, config.ff, bias=False)
        self.up = nn.Linear(dim, config.ff, bias=False)
        self.down = nn.Linear(config.ff, dim, bias=False)

    def forward(self, x: Tensor, turn: Tensor) -> Tensor:
        q, k, v = self.qkv(x, turn)
        return self.rest(x, F.scaled_dot_product_attention(q, k, v, is_causal=True))

    def behind(self, head: Tensor, x: Tensor, turn: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The same for rows `x` that all begin with the tokens of `head` (1, time, dim)."""
        at, rows = head.shape[1], x.shape[0]
        q0, k0, v0 = self.qkv(head, turn[:at])
        q, k, v = self.qkv(x, turn[at:])
        k = torch.cat((k0.expand(rows, -1, -1, -1), k), 2)
        v = torch.cat((v0.expand(rows, -1, -1, -1), v), 2)
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        first = F.scaled_dot_product_attention(q0, k0, v0, is_causal=True)
        return self.rest(head, first), self.rest(x, seen)

    def qkv(self, x: Tensor, turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.attn_norm(x)
        q, k, v = (w(h).unflatten(-1, (self.heads, -1)) for w in (self.q, self.k, self.v))
        q, k = rotate(q, turn), rotate(k, turn)
        return q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)

    def rest(self, x: Tensor, seen: Tensor) -> Tensor:
        x = x + self.o(seen.transpose(1, 2).flatten(2))
        h = self.ff_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Llama(nn.Module):
    """Ids in, logits out; the embedding is also the output matrix."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab, config.dim)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.dim, config.eps)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                # The two that write into the stream start smaller, for there are many of them.
                writes = name.endswith(("o.weight", "down.weight"))
                nn.init.normal_(weight, std=0.02 / (2 * config.layers) ** 0.5 if writes else 0.02)

    def hidden(self, ids: Tensor, shared: Tensor | None = None) -> Tensor:
        at = 0 if shared is None else shared.shape[0]
        turn = rotary_angles(self.config, at + ids.shape[1], ids.device)
        x = self.embed(ids)
        if shared is None:
            for block in self.blocks:
                x = block(x, turn)
            return x
        head, time = self.embed(shared)[None], ids.shape[1]
        mask = torch.ones(time, at + time, dtype=torch.bool, device=ids.device).tril(at)
        for block in self.blocks:
            head, x = block.behind(head, x, turn, mask)
        return x

    def forward(self, ids: Tensor, keep: Tensor | None = None, shared: Tensor | None = None) -> Tensor:
        """Logits for every position, or only for those where `keep` is true.

        `shared` (time,) are tokens that come before every row: computed once, not once a row.

        Padding goes at the end of a row: attention looks back only, so it needs no mask.
        """
        x = self.hidden(ids, shared)
        if keep is not None:
            x = x[keep]
        return F.linear(self.norm(x), self.embed.weight)
