"""A network that learns nothing but the mean: rents of flats, with the measurements just as they come."""

from micrograd_bp import MLP, mse

# Living area in square metres, number of rooms, age of the house in years; the rent in hundreds of euros a month.
flats = [
    [38.0, 1.0, 52.0],
    [54.0, 2.0, 31.0],
    [61.0, 2.0, 8.0],
    [75.0, 3.0, 40.0],
    [82.0, 3.0, 15.0],
    [97.0, 4.0, 60.0],
    [110.0, 4.0, 3.0],
    [128.0, 5.0, 22.0],
]
rents = [5.1, 7.2, 9.0, 8.8, 10.9, 10.2, 15.1, 15.8]

model = MLP(3, [4, 1], activation="tanh", rng=7)

for epoch in range(200):
    predictions = [model(flat) for flat in flats]
    loss = mse(predictions, rents)
    model.zero_grad()
    loss.backward()
    for parameter in model.parameters():
        parameter.data -= 0.05 * parameter.grad
    if epoch % 40 == 0 or epoch == 199:
        print(f"epoch {epoch:3}  loss {loss.data:.3f}")

print("predicted:", " ".join(f"{prediction.data:5.1f}" for prediction in predictions))
print("wanted:   ", " ".join(f"{rent:5.1f}" for rent in rents))
largest = max(abs(parameter.grad) for parameter in model.layers[0].parameters())
print(f"largest gradient in the first layer: {largest:.2g}")
