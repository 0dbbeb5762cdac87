//! srp
fn main() {}
