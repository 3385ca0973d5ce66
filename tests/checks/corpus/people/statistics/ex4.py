import numpy as np


def nn_cost_function(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lam=0.3):
    """Exercise 4: both matrices unrolled into one vector, biases in their first columns."""
    m = X.shape[0]
    cut = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:cut].reshape(hidden_layer_size, input_layer_size + 1)
    Theta2 = nn_params[cut:].reshape(num_labels, hidden_layer_size + 1)

    a1 = np.c_[np.ones(m), X]
    a2 = np.c_[np.ones(m), 1 / (1 + np.exp(-a1 @ Theta1.T))]
    a3 = 1 / (1 + np.exp(-a2 @ Theta2.T))
    Y = np.eye(num_labels)[y]
    J = -np.sum(Y * np.log(a3) + (1 - Y) * np.log(1 - a3)) / m
    J += lam / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))

    delta3 = a3 - Y
    delta2 = (delta3 @ Theta2)[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    Theta1_grad = delta2.T @ a1 / m
    Theta2_grad = delta3.T @ a2 / m
    Theta1_grad[:, 1:] += lam / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] += lam / m * Theta2[:, 1:]
    return J, np.r_[Theta1_grad.ravel(), Theta2_grad.ravel()]
