import numpy as np


def softmax(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def scaled_dot_product_forward(Q, K, V):
    """Q: (Tq, d), K: (Tk, d), V: (Tk, dv)"""
    d = Q.shape[-1]
    S = Q @ K.T / np.sqrt(d)
    P = softmax(S)
    return P @ V, (Q, K, V, P)


def scaled_dot_product_backward(dO, cache):
    Q, K, V, P = cache
    d = Q.shape[-1]
    dV = P.T @ dO
    dP = dO @ V.T
    dS = P * (dP - (dP * P).sum(-1, keepdims=True))
    dQ = dS @ K / np.sqrt(d)
    dK = dS.T @ Q / np.sqrt(d)
    return dQ, dK, dV


class SelfAttention:
    """Single head, batched, with its own projections."""

    def __init__(self, d_in=4, d_k=3):
        self.W_q = np.random.randn(d_in, d_k) / np.sqrt(d_in)
        self.W_k = np.random.randn(d_in, d_k) / np.sqrt(d_in)
        self.W_v = np.random.randn(d_in, d_k) / np.sqrt(d_in)
        self.scale = np.sqrt(d_k)

    def forward(self, x):
        self.x = x
        self.q, self.k, self.v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        self.attn = softmax(np.einsum('bqd,bkd->bqk', self.q, self.k) / self.scale)
        return np.einsum('bqk,bkd->bqd', self.attn, self.v)

    def backward(self, dout):
        dattn = np.einsum('bqd,bkd->bqk', dout, self.v)
        dv = np.einsum('bqk,bqd->bkd', self.attn, dout)
        inner = np.einsum('bqk,bqk->bq', dattn, self.attn)[..., None]
        dscore = self.attn * (dattn - inner) / self.scale
        dq = np.einsum('bqk,bkd->bqd', dscore, self.k)
        dk = np.einsum('bqk,bqd->bkd', dscore, self.q)

        self.dW_q = np.einsum('bti,btd->id', self.x, dq)
        self.dW_k = np.einsum('bti,btd->id', self.x, dk)
        self.dW_v = np.einsum('bti,btd->id', self.x, dv)
        return dq @ self.W_q.T + dk @ self.W_k.T + dv @ self.W_v.T


class PositionalEmbedding:
    """Token vectors plus learned positions."""

    def __init__(self, vocab=6, block=8, d=4):
        self.wte = np.random.randn(vocab, d) * 0.5
        self.wpe = np.random.randn(block, d) * 0.5

    def forward(self, tokens):
        self.tokens = tokens
        T = tokens.shape[1]
        return self.wte[tokens] + self.wpe[:T]

    def backward(self, dout):
        self.dwte = np.zeros_like(self.wte)
        self.dwpe = np.zeros_like(self.wpe)
        np.add.at(self.dwte, self.tokens, dout)
        self.dwpe[:dout.shape[1]] = dout.sum(axis=0)
