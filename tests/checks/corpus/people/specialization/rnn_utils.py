import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_cell_forward(xt, a_prev, parameters):
    """xt: (n_x, m), a_prev: (n_a, m)"""
    Wax, Waa, ba = parameters["Wax"], parameters["Waa"], parameters["ba"]
    a_next = np.tanh(np.dot(Waa, a_prev) + np.dot(Wax, xt) + ba)
    cache = (a_next, a_prev, xt, parameters)
    return a_next, cache


def rnn_cell_backward(da_next, cache):
    (a_next, a_prev, xt, parameters) = cache
    Wax, Waa = parameters["Wax"], parameters["Waa"]

    dtanh = (1 - a_next ** 2) * da_next
    dxt = np.dot(Wax.T, dtanh)
    dWax = np.dot(dtanh, xt.T)
    da_prev = np.dot(Waa.T, dtanh)
    dWaa = np.dot(dtanh, a_prev.T)
    dba = np.sum(dtanh, axis=1, keepdims=True)
    return {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}


def lstm_cell_forward(xt, a_prev, c_prev, Wf, bf, Wi, bi, Wc, bc, Wo, bo):
    concat = np.concatenate((a_prev, xt), axis=0)
    ft = sigmoid(np.dot(Wf, concat) + bf)
    it = sigmoid(np.dot(Wi, concat) + bi)
    cct = np.tanh(np.dot(Wc, concat) + bc)
    c_next = ft * c_prev + it * cct
    ot = sigmoid(np.dot(Wo, concat) + bo)
    a_next = ot * np.tanh(c_next)
    cache = (a_next, c_next, a_prev, c_prev, concat, ft, it, cct, ot, Wf, Wi, Wc, Wo)
    return a_next, c_next, cache


def lstm_cell_backward(da_next, dc_next, cache):
    (a_next, c_next, a_prev, c_prev, concat, ft, it, cct, ot, Wf, Wi, Wc, Wo) = cache
    n_a = a_next.shape[0]

    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dc = dc_next + da_next * ot * (1 - np.tanh(c_next) ** 2)
    dcct = dc * it * (1 - cct ** 2)
    dit = dc * cct * it * (1 - it)
    dft = dc * c_prev * ft * (1 - ft)

    dWf, dWi, dWc, dWo = [np.dot(d, concat.T) for d in (dft, dit, dcct, dot)]
    dbf, dbi, dbc, dbo = [d.sum(axis=1, keepdims=True) for d in (dft, dit, dcct, dot)]

    dconcat = np.dot(Wf.T, dft) + np.dot(Wi.T, dit) + np.dot(Wc.T, dcct) + np.dot(Wo.T, dot)
    da_prev, dxt = dconcat[:n_a], dconcat[n_a:]
    dc_prev = dc * ft
    gradients = {"dxt": dxt, "da_prev": da_prev, "dc_prev": dc_prev, "dWf": dWf, "dbf": dbf, "dWi": dWi,
                 "dbi": dbi, "dWc": dWc, "dbc": dbc, "dWo": dWo, "dbo": dbo}
    return gradients


np.random.seed(1)
xt = np.random.randn(3, 4)
a_prev = np.random.randn(5, 4)
c_prev = np.random.randn(5, 4)
Wf, bf = np.random.randn(5, 5 + 3), np.random.randn(5, 1)
Wi, bi = np.random.randn(5, 5 + 3), np.random.randn(5, 1)
Wc, bc = np.random.randn(5, 5 + 3), np.random.randn(5, 1)
Wo, bo = np.random.randn(5, 5 + 3), np.random.randn(5, 1)
parameters = {"Wax": np.random.randn(5, 3), "Waa": np.random.randn(5, 5), "ba": np.random.randn(5, 1)}

a_next, cache = rnn_cell_forward(xt, a_prev, parameters)
gradients = rnn_cell_backward(np.random.randn(5, 4), cache)
