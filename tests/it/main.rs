//! Tests of srp as a whole, and against numbers that other programs computed.
#![cfg(test)]

mod house;
mod plans;
