//! Tests of srp as a whole: one binary, one module a subject.

mod cache;
mod exec;
mod fake;
