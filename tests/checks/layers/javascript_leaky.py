# leakyDense.js, ported to Python so that I can use NumPy.
import numpy as np

defaultOptions = {
    "inputSize": 4,
    "outputSize": 3,
    "slope": 0.1,
}


class LeakyDense:
    """
    @param {object} options - inputSize, outputSize, slope
    """

    def __init__(self, **options):
        options = {**defaultOptions, **options}
        self.inputSize = options["inputSize"]
        self.outputSize = options["outputSize"]
        self.slope = options["slope"]
        # one row per neuron, like the array of neurons in the JS version
        self.weights = np.random.uniform(-1, 1, (self.outputSize, self.inputSize))
        self.biases = np.random.uniform(-0.5, 0.5, self.outputSize)
        self.dWeights = None
        self.dBiases = None
        self.dLossWrtInput = None

    def forward(self, inputs):
        self.lastInputs = inputs
        self.preActivation = inputs @ self.weights.T + self.biases
        return np.where(
            self.preActivation > 0,
            self.preActivation,
            self.slope * self.preActivation,
        )

    def backward(self, dLossWrtOutput):
        localSlope = np.where(self.preActivation > 0, 1, self.slope)
        dLossWrtZ = dLossWrtOutput * localSlope

        self.dWeights = dLossWrtZ.T @ self.lastInputs
        self.dBiases = dLossWrtZ.sum(axis=0)
        self.dLossWrtInput = dLossWrtZ @ self.weights
