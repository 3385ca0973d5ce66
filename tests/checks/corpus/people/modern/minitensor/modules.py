"""Modules in the manner of the big frameworks; gradients accumulate until zero_grad()."""

from __future__ import annotations

import math

import numpy as np

from minitensor.base import Array, Module, Parameter


class Linear(Module):
    def __init__(self, in_features: int = 4, out_features: int = 3, bias: bool = True) -> None:
        bound = 1.0 / math.sqrt(in_features)
        self.weight = Parameter(np.random.uniform(-bound, bound, (out_features, in_features)))
        self.bias = Parameter(np.random.uniform(-bound, bound, out_features)) if bias else None
        self._input: Array | None = None

    def forward(self, x: Array) -> Array:
        self._input = x
        y = x @ self.weight.data.T
        return y if self.bias is None else y + self.bias.data

    def backward(self, grad_output: Array) -> Array:
        x = self._input.reshape(-1, self._input.shape[-1])
        g = grad_output.reshape(-1, grad_output.shape[-1])
        self.weight.grad += g.T @ x
        if self.bias is not None:
            self.bias.grad += g.sum(axis=0)
        return grad_output @ self.weight.data


class GELU(Module):
    """The tanh approximation."""

    C = math.sqrt(2.0 / math.pi)

    def forward(self, x: Array) -> Array:
        self._x = x
        self._t = np.tanh(self.C * (x + 0.044715 * x**3))
        return 0.5 * x * (1.0 + self._t)

    def backward(self, grad_output: Array) -> Array:
        x, t = self._x, self._t
        du = self.C * (1.0 + 3.0 * 0.044715 * x**2)
        return grad_output * (0.5 * (1.0 + t) + 0.5 * x * (1.0 - t**2) * du)


class SiLU(Module):
    def forward(self, x: Array) -> Array:
        self._x = x
        self._sig = 1.0 / (1.0 + np.exp(-x))
        return x * self._sig

    def backward(self, grad_output: Array) -> Array:
        s = self._sig
        return grad_output * (s + self._x * s * (1.0 - s))


class LayerNorm(Module):
    def __init__(self, dim: int = 6, eps: float = 1e-5) -> None:
        self.gamma = Parameter(np.ones(dim))
        self.beta = Parameter(np.zeros(dim))
        self.eps = eps

    def forward(self, x: Array) -> Array:
        mean = x.mean(axis=-1, keepdims=True)
        self._rstd = 1.0 / np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self._xhat = (x - mean) * self._rstd
        return self.gamma.data * self._xhat + self.beta.data

    def backward(self, grad_output: Array) -> Array:
        lead = tuple(range(grad_output.ndim - 1))
        self.gamma.grad += np.sum(grad_output * self._xhat, axis=lead)
        self.beta.grad += np.sum(grad_output, axis=lead)
        g = grad_output * self.gamma.data
        mean_g = g.mean(axis=-1, keepdims=True)
        mean_gx = (g * self._xhat).mean(axis=-1, keepdims=True)
        return self._rstd * (g - mean_g - self._xhat * mean_gx)


class RMSNorm(Module):
    def __init__(self, dim: int = 5, eps: float = 1e-6) -> None:
        self.scale = Parameter(np.ones(dim))
        self.eps = eps

    def forward(self, x: Array) -> Array:
        self._x = x
        self._r = 1.0 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.eps)
        return x * self._r * self.scale.data

    def backward(self, grad_output: Array) -> Array:
        x, r = self._x, self._r
        axes = tuple(range(x.ndim - 1))
        self.scale.grad += (grad_output * x * r).sum(axis=axes)
        g = grad_output * self.scale.data
        return r * g - x * r**3 * np.mean(g * x, axis=-1, keepdims=True)


class GroupNorm(Module):
    def __init__(self, num_groups: int = 2, num_channels: int = 4, eps: float = 1e-5) -> None:
        self.num_groups = num_groups
        self.weight = Parameter(np.ones(num_channels))
        self.bias = Parameter(np.zeros(num_channels))
        self.eps = eps

    def forward(self, x: Array) -> Array:
        n, c, h, w = x.shape
        grouped = x.reshape(n, self.num_groups, -1)
        mean = grouped.mean(axis=2, keepdims=True)
        var = grouped.var(axis=2, keepdims=True)
        self._inv_std = 1.0 / np.sqrt(var + self.eps)
        self._normed = ((grouped - mean) * self._inv_std).reshape(n, c, h, w)
        return self._normed * self.weight.data[None, :, None, None] + self.bias.data[None, :, None, None]

    def backward(self, grad_output: Array) -> Array:
        n, c, h, w = grad_output.shape
        self.weight.grad += np.sum(grad_output * self._normed, axis=(0, 2, 3))
        self.bias.grad += np.sum(grad_output, axis=(0, 2, 3))
        g = (grad_output * self.weight.data[None, :, None, None]).reshape(n, self.num_groups, -1)
        z = self._normed.reshape(n, self.num_groups, -1)
        m = z.shape[2]
        dx = (g - g.sum(axis=2, keepdims=True) / m - z * (g * z).sum(axis=2, keepdims=True) / m) * self._inv_std
        return dx.reshape(n, c, h, w)


class Embedding(Module):
    def __init__(self, num_embeddings: int = 7, embedding_dim: int = 3) -> None:
        self.table = Parameter(np.random.randn(num_embeddings, embedding_dim))

    def forward(self, ids: np.ndarray) -> Array:
        self._ids = ids
        return self.table.data[ids]

    def backward(self, grad_output: Array) -> None:
        np.add.at(self.table.grad, self._ids, grad_output)


class MultiHeadAttention(Module):
    """Self-attention with a causal mask."""

    def __init__(self, d_model: int = 6, n_heads: int = 2) -> None:
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        self.q_proj = Linear(d_model, d_model)
        self.k_proj = Linear(d_model, d_model)
        self.v_proj = Linear(d_model, d_model)
        self.out_proj = Linear(d_model, d_model)

    def _split(self, x: Array) -> Array:
        b, t, _ = x.shape
        return x.reshape(b, t, self.n_heads, self.d_head).transpose(0, 2, 1, 3)

    def _merge(self, x: Array) -> Array:
        b, h, t, d = x.shape
        return x.transpose(0, 2, 1, 3).reshape(b, t, h * d)

    def forward(self, x: Array) -> Array:
        t = x.shape[1]
        self._q, self._k, self._v = (self._split(p(x)) for p in (self.q_proj, self.k_proj, self.v_proj))
        scores = self._q @ self._k.swapaxes(-1, -2) / math.sqrt(self.d_head)
        future = np.triu(np.ones((t, t), dtype=bool), k=1)
        scores = np.where(future, -1e9, scores)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        self._a = weights / weights.sum(axis=-1, keepdims=True)
        return self.out_proj(self._merge(self._a @ self._v))

    def backward(self, grad_output: Array) -> Array:
        dcontext = self._split(self.out_proj.backward(grad_output))
        dv = self._a.swapaxes(-1, -2) @ dcontext
        da = dcontext @ self._v.swapaxes(-1, -2)
        dscores = self._a * (da - np.sum(da * self._a, axis=-1, keepdims=True))
        dscores = dscores / math.sqrt(self.d_head)
        dq = dscores @ self._k
        dk = dscores.swapaxes(-1, -2) @ self._q
        dx = self.q_proj.backward(self._merge(dq))
        dx = dx + self.k_proj.backward(self._merge(dk))
        dx = dx + self.v_proj.backward(self._merge(dv))
        return dx


class FeedForwardBlock(Module):
    """x + W2 gelu(W1 norm(x)): a residual block with pre-normalisation."""

    def __init__(self, dim: int = 4, hidden: int = 8) -> None:
        self.norm = LayerNorm(dim)
        self.fc1 = Linear(dim, hidden)
        self.act = GELU()
        self.fc2 = Linear(hidden, dim)

    def forward(self, x: Array) -> Array:
        return x + self.fc2(self.act(self.fc1(self.norm(x))))

    def backward(self, grad_output: Array) -> Array:
        branch = self.fc2.backward(grad_output)
        branch = self.act.backward(branch)
        branch = self.fc1.backward(branch)
        branch = self.norm.backward(branch)
        return grad_output + branch
