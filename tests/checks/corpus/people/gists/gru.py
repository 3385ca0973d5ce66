import numpy as np


def sigma(v):
    return 1 / (1 + np.exp(-v))


class GRUCell:
    """One step of a gated recurrent unit, h' = (1 - z) * h + z * candidate"""

    def __init__(self, n_in=3, n_hid=4, seed=0):
        r = np.random.default_rng(seed)
        def mat(a, b):
            return r.normal(scale=0.4, size=(a, b))
        self.Wz, self.Uz, self.bz = mat(n_in, n_hid), mat(n_hid, n_hid), np.zeros(n_hid)
        self.Wr, self.Ur, self.br = mat(n_in, n_hid), mat(n_hid, n_hid), np.zeros(n_hid)
        self.Wn, self.Un, self.bn = mat(n_in, n_hid), mat(n_hid, n_hid), np.zeros(n_hid)

    def forward(self, x, h):
        z = sigma(x @ self.Wz + h @ self.Uz + self.bz)
        r = sigma(x @ self.Wr + h @ self.Ur + self.br)
        n = np.tanh(x @ self.Wn + (r * h) @ self.Un + self.bn)
        self.saved = x, h, z, r, n
        return (1 - z) * h + z * n

    def backward(self, dh_new):
        x, h, z, r, n = self.saved
        dn = dh_new * z * (1 - n * n)
        dz = dh_new * (n - h) * z * (1 - z)
        drh = dn @ self.Un.T
        dr = drh * h * r * (1 - r)

        self.dWz, self.dUz, self.dbz = x.T @ dz, h.T @ dz, dz.sum(0)
        self.dWr, self.dUr, self.dbr = x.T @ dr, h.T @ dr, dr.sum(0)
        self.dWn, self.dUn, self.dbn = x.T @ dn, (r * h).T @ dn, dn.sum(0)

        dx = dz @ self.Wz.T + dr @ self.Wr.T + dn @ self.Wn.T
        dh = dh_new * (1 - z) + drh * r + dz @ self.Uz.T + dr @ self.Ur.T
        return dx, dh


class GRU:
    """The whole sequence: (batch, time, n_in) -> (batch, time, n_hid), starting from zeros"""

    def __init__(self, n_in=3, n_hid=4):
        self.cell = GRUCell(n_in, n_hid)
        self.n_hid = n_hid

    def forward(self, xs):
        h = np.zeros((xs.shape[0], self.n_hid))
        self.steps, hs = [], []
        for t in range(xs.shape[1]):
            h = self.cell.forward(xs[:, t], h)
            self.steps.append(self.cell.saved)
            hs.append(h)
        return np.stack(hs, axis=1)

    def backward(self, dhs):
        names = [g + k for k in 'zrn' for g in ('W', 'U', 'b')]
        self.grads = {name: np.zeros_like(getattr(self.cell, name)) for name in names}
        dxs = []
        dh = np.zeros_like(dhs[:, 0])
        for t in range(dhs.shape[1] - 1, -1, -1):
            self.cell.saved = self.steps[t]
            dx, dh = self.cell.backward(dhs[:, t] + dh)
            for name in names:
                self.grads[name] += getattr(self.cell, 'd' + name)
            dxs.insert(0, dx)
        return np.stack(dxs, axis=1)
