"""Problems for the compiler, small and random, and what the scalar engine and programs answer to them."""
