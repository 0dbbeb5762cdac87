//! Tests of srp as a whole, and against numbers that other programs computed.
#![cfg(test)]

mod cache;
mod cli;
mod exec;
mod fake;
mod house;
mod plans;
mod results;
