# %% [markdown]
# # A small MLP on two moons

# %%
import numpy as np

np.random.seed(42)
D, H = 2, 6
W1 = np.random.randn(D, H) * 0.5
b1 = np.zeros(H)
W2 = np.random.randn(H, 1) * 0.5
b2 = np.zeros(1)
lam = 0.01

# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

# %%
def loss_and_grads(X, y):
    # forward
    z1 = X @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2 + b2
    p = sigmoid(z2)[:, 0]
    n = len(X)
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + lam / 2 * ((W1**2).sum() + (W2**2).sum())

    # backward
    dz2 = ((p - y) / n)[:, None]
    dW2 = a1.T @ dz2 + lam * W2
    db2 = dz2.sum(axis=0)
    da1 = dz2 @ W2.T
    dz1 = da1 * (1 - a1**2)
    dW1 = X.T @ dz1 + lam * W1
    db1 = dz1.sum(axis=0)
    return loss, (dW1, db1, dW2, db2)

# %%
t = np.random.rand(60) * np.pi
X_train = np.vstack([np.c_[np.cos(t[:30]), np.sin(t[:30])], np.c_[1 - np.cos(t[30:]), 0.5 - np.sin(t[30:])]])
y_train = np.r_[np.zeros(30), np.ones(30)]
for step in range(5):
    loss, (dW1, db1, dW2, db2) = loss_and_grads(X_train, y_train)
    W1 -= 0.5 * dW1
    b1 -= 0.5 * db1
    W2 -= 0.5 * dW2
    b2 -= 0.5 * db2
