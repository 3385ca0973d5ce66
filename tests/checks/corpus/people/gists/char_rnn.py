"""
Character-level vanilla RNN, after an evening. Public domain.
"""
import numpy as np

data = 'hello world, hello rnn'
chars = sorted(set(data))
vocab_size = len(chars)
char_to_ix = {ch: i for i, ch in enumerate(chars)}

# hyperparameters
hidden_size = 7
seq_length = 5
learning_rate = 1e-1

# model parameters
rng = np.random.RandomState(1)
Wxh = rng.randn(hidden_size, vocab_size) * 0.3
Whh = rng.randn(hidden_size, hidden_size) * 0.3
Why = rng.randn(vocab_size, hidden_size) * 0.3
bh = np.zeros((hidden_size, 1))
by = np.zeros((vocab_size, 1))


def lossFun(inputs, targets, hprev):
    """inputs and targets: indices of characters. Gives loss, gradients in the order of the parameters, last state."""
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        ys[t] = Why @ hs[t] + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])

    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dh = Why.T @ dy + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += dhraw @ xs[t].T
        dWhh += dhraw @ hs[t - 1].T
        dhnext = Whh.T @ dhraw
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


if __name__ == '__main__':
    ix = [char_to_ix[c] for c in data]
    for epoch in range(20):
        h = np.zeros((hidden_size, 1))
        for p in range(0, len(ix) - seq_length - 1, seq_length):
            loss, *grads, h = lossFun(ix[p:p + seq_length], ix[p + 1:p + seq_length + 1], h)
            for param, grad in zip([Wxh, Whh, Why, bh, by], grads):
                param -= learning_rate * np.clip(grad, -5, 5)
        print(epoch, loss)
