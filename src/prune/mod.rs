//! Selectively Regularized Pruning.
