import numpy as np

sig = lambda v: 1 / (1 + np.exp(-v))  # noqa


class LSTM:
    """Layer over (time, batch, features). Gates live in dictionaries, keyed by i, f, o, g."""

    def __init__(self, D=3, H=4):
        r = np.random.RandomState(0)
        self.params = {}
        for gate in 'ifog':
            self.params['W' + gate] = r.randn(D + H, H) * 0.4
            self.params['b' + gate] = r.randn(H) * 0.1
        self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}
        self.H = H

    def forward(self, X):
        T, B, D = X.shape
        h, c = np.zeros((B, self.H)), np.zeros((B, self.H))
        self.tape, out = [], []
        for t in range(T):
            z = np.hstack([X[t], h])
            pre = {k: z @ self.params['W' + k] + self.params['b' + k] for k in 'ifog'}
            act = {k: np.tanh(v) if k == 'g' else sig(v) for k, v in pre.items()}
            c_old, c = c, act['f'] * c + act['i'] * act['g']
            h = act['o'] * np.tanh(c)
            self.tape.append((z, act, c_old, c))
            out.append(h)
        return np.array(out)

    def backward(self, dY):
        for g in self.grads.values():
            g.fill(0)
        T, B, H = dY.shape
        dX = []
        dh, dc = np.zeros((B, H)), np.zeros((B, H))
        for t in reversed(range(T)):
            z, act, c_old, c = self.tape[t]
            dh = dh + dY[t]
            dc = dc + dh * act['o'] * (1 - np.tanh(c) ** 2)
            d = {'o': dh * np.tanh(c), 'i': dc * act['g'], 'f': dc * c_old, 'g': dc * act['i']}
            dz = 0
            for k in 'ifog':
                slope = 1 - act[k] ** 2 if k == 'g' else act[k] * (1 - act[k])
                dpre = d[k] * slope
                self.grads['W' + k] += z.T @ dpre
                self.grads['b' + k] += dpre.sum(axis=0)
                dz = dz + dpre @ self.params['W' + k].T
            dX.append(dz[:, :-H])
            dh = dz[:, -H:]
            dc = dc * act['f']
        return np.array(dX[::-1])
