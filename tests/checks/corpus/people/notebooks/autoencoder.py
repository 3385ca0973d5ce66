import numpy as np

# ---- parameters in a list, as the cells above made them ----
rs = np.random.RandomState(7)
params = [rs.randn(6, 3) * 0.4, np.zeros(3), rs.randn(3, 6) * 0.4, np.zeros(6)]


def softplus(z):
    return np.log1p(np.exp(z))


def reconstruct(params, x):
    We, be, Wd, bd = params
    code = softplus(x @ We + be)
    return code @ Wd + bd, code


def objective(params, x):
    xr, _ = reconstruct(params, x)
    return 0.5 * np.sum((xr - x) ** 2) / x.shape[0]


def grad_objective(params, x):
    We, be, Wd, bd = params
    xr, code = reconstruct(params, x)
    delta = (xr - x) / x.shape[0]
    gWd = code.T @ delta
    gbd = delta.sum(0)
    dcode = delta @ Wd.T
    dpre = dcode * (1 - np.exp(-code))   # softplus' = sigmoid = 1 - exp(-softplus)
    gWe = x.T @ dpre
    gbe = dpre.sum(0)
    return [gWe, gbe, gWd, gbd]
