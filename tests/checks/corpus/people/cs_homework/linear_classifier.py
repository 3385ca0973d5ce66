import numpy as np


def softmax_loss_naive(W, X, y, reg):
    """Softmax loss with loops. W: (D, C), X: (N, D), y: (N,) labels."""
    loss = 0.0
    dW = np.zeros_like(W)
    num_train = X.shape[0]
    num_classes = W.shape[1]

    for i in range(num_train):
        scores = X[i].dot(W)
        scores = scores - np.max(scores)
        p = np.exp(scores) / np.sum(np.exp(scores))
        loss += -np.log(p[y[i]])
        for j in range(num_classes):
            dW[:, j] += (p[j] - (j == y[i])) * X[i]

    loss = loss / num_train + reg * np.sum(W * W)
    dW = dW / num_train + 2 * reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg):
    N = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(N), y].reshape(-1, 1)
    margin = np.maximum(scores - correct + 1, 0)
    margin[np.arange(N), y] = 0
    loss = margin.sum() / N + reg * np.sum(W ** 2)

    hit = np.where(margin > 0, 1.0, 0.0)
    hit[np.arange(N), y] = -hit.sum(axis=1)
    dW = X.T.dot(hit) / N + 2 * reg * W
    return loss, dW


class LinearClassifier(object):
    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100):
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
        history = []
        for it in range(num_iters):
            loss, grad = softmax_loss_naive(self.W, X, y, reg)
            history.append(loss)
            self.W -= learning_rate * grad
        return history
