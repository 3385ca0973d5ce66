import numpy as np


class LeakyReluLayer:
    """
    A dense layer with a leaky rectifier.

    :author: M. K.
    :since: 1.2
    """

    DEFAULT_SLOPE = 0.01

    def __init__(self, inputSize=3, outputSize=4, slope=DEFAULT_SLOPE):
        self.__slope = slope
        self.__weights = np.random.normal(0.0, 1.0 / np.sqrt(inputSize), (inputSize, outputSize))
        self.__biases = np.zeros((1, outputSize))
        self.__weightGradients = np.zeros((inputSize, outputSize))
        self.__biasGradients = np.zeros((1, outputSize))

    @property
    def weights(self):
        return self.__weights

    @property
    def biases(self):
        return self.__biases

    @property
    def weightGradients(self):
        return self.__weightGradients

    @property
    def biasGradients(self):
        return self.__biasGradients

    def forward(self, input):
        """
        :param input: one sample per row
        :return: the activations, one sample per row
        """
        self.__input = input
        self.__sum = np.matmul(input, self.__weights) + self.__biases
        return np.maximum(self.__sum, self.__slope * self.__sum)

    def backward(self, outputGradient):
        """
        :param outputGradient: derivative of the loss by the activations
        :return: derivative of the loss by the input
        """
        sumGradient = np.where(self.__sum > 0, outputGradient, self.__slope * outputGradient)
        self.__weightGradients = np.matmul(self.__input.T, sumGradient)
        self.__biasGradients = np.mean(sumGradient, axis=0, keepdims=True)
        return np.matmul(sumGradient, self.__weights.T)
