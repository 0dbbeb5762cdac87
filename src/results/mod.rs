//! Results tables.
