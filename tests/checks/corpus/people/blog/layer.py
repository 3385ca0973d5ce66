class Layer:
    def __init__(self):
        self.input = None
        self.output = None

    def forward(self, input):
        # TODO: return output
        raise NotImplementedError

    def backward(self, output_gradient, learning_rate):
        # TODO: update parameters and return input gradient
        raise NotImplementedError
