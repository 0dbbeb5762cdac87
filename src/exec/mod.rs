//! The walk over the graph: skip, run, stop.
