//! A DAG of names: order, cycles, what lies downstream.
