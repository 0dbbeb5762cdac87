//! The Transformer with connectivity.
