from __future__ import annotations

import numpy as np

from minitensor.base import Array


class CrossEntropyLoss:
    """Takes logits and class indices, with label smoothing."""

    def __init__(self, label_smoothing: float = 0.1) -> None:
        self.label_smoothing = label_smoothing

    def forward(self, logits: Array, targets: np.ndarray) -> float:
        n, k = logits.shape
        z = logits - logits.max(axis=1, keepdims=True)
        self._log_probs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        smooth = self.label_smoothing
        self._soft = np.full((n, k), smooth / k)
        self._soft[np.arange(n), targets] += 1.0 - smooth
        return float(-(self._soft * self._log_probs).sum() / n)

    def backward(self) -> Array:
        return (np.exp(self._log_probs) - self._soft) / len(self._soft)


class BCEWithLogitsLoss:
    def forward(self, logits: Array, targets: Array) -> float:
        self.logits, self.targets = logits, targets
        loss = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
        return loss.mean()

    def backward(self) -> Array:
        probability = 1.0 / (1.0 + np.exp(-self.logits))
        return (probability - self.targets) / self.logits.size


class HuberLoss:
    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def forward(self, prediction: Array, target: Array) -> float:
        self._error = prediction - target
        small = np.abs(self._error) <= self.delta
        squared = 0.5 * self._error**2
        linear = self.delta * (np.abs(self._error) - 0.5 * self.delta)
        return np.where(small, squared, linear).mean()

    def backward(self) -> Array:
        return np.clip(self._error, -self.delta, self.delta) / self._error.size


class KLDivLoss:
    """KL(target || softmax(logits)), averaged over the batch."""

    def forward(self, logits: Array, target: Array) -> float:
        z = logits - logits.max(axis=-1, keepdims=True)
        self._q = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
        self._p = target
        return np.sum(target * (np.log(target) - np.log(self._q))) / logits.shape[0]

    def backward(self) -> Array:
        mass = self._p.sum(axis=-1, keepdims=True)
        return (self._q * mass - self._p) / self._q.shape[0]
