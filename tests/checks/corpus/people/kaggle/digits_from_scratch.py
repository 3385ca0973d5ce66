import numpy as np

# the data set is not in this repository: stand-ins of the same kind, pixels x samples
rng = np.random.default_rng(0)
X_train = rng.uniform(size=(9, 12))
Y_train = rng.integers(0, 4, 12)


def init_params():
    W1 = rng.uniform(-0.5, 0.5, (5, 9))
    b1 = rng.uniform(-0.5, 0.5, (5, 1))
    W2 = rng.uniform(-0.5, 0.5, (4, 5))
    b2 = rng.uniform(-0.5, 0.5, (4, 1))
    return W1, b1, W2, b2


def ReLU(Z):
    return np.maximum(Z, 0)


def softmax(Z):
    return np.exp(Z) / np.sum(np.exp(Z), axis=0)


def one_hot(Y):
    table = np.zeros((Y.size, 4))
    table[np.arange(Y.size), Y] = 1
    return table.T


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def get_loss(A2, Y):
    return -np.mean(np.log(A2[Y, np.arange(Y.size)]))


def ReLU_deriv(Z):
    return Z > 0


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * ReLU_deriv(Z1)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2


W1, b1, W2, b2 = init_params()
