//! Small data sets, built and read again.
