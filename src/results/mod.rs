//! Results tables: one row for each test stage at each sweep point, read from artifacts alone.
//!
//! `record` reads a row, `conditions` what its scores depend on, `baseline` sets it beside the unpruned model, `columns`
//! lays rows out as a tidy table, `table` writes that to files, `markdown` prints what a person wants to see of it,
//! `origin` finds the artifacts that a table was made from, `training` reads what trainings leave of themselves,
//! `translations` the sentences that test stages do. The same artifacts give the same bytes. `comparable` says what must
//! agree for rows to be ranked.
//!
//! `source` says where rows can be read from, and `rows` holds them, whatever they are from; `csv` finds what is wrong
//! with a file. `query` filters and sorts rows, with a `filter` as people type it; `compare` sets them side by side;
//! `view` writes them for people and for programs. `derived` knows the columns that are made of others, `headings` what
//! columns are called, `unit` how their numbers are shown, and `sheet` how a table fits a terminal.

mod baseline;
mod columns;
mod comparable;
#[cfg(feature = "tables")]
mod compare;
mod conditions;
mod csv;
mod derived;
mod error;
#[cfg(feature = "tables")]
mod filter;
mod headings;
mod markdown;
mod origin;
#[cfg(feature = "tables")]
mod query;
mod record;
#[cfg(feature = "tables")]
mod rows;
mod sheet;
#[cfg(feature = "tables")]
mod source;
#[cfg(feature = "tables")]
mod table;
mod training;
mod translations;
mod unit;
mod values;
#[cfg(feature = "tables")]
pub mod view;

pub use baseline::{BesideBaseline, SpeedUp};
pub use columns::{Column, Values, columns, is_parameter};
pub use comparable::{COMPARABLE, SAID_BY_TEST_SET, measured_on};
#[cfg(feature = "tables")]
pub use compare::{Bootstrap, CompareError, Comparison, Over, Ranking, Wish, compare, ranked};
pub use conditions::Conditions;
#[cfg(feature = "tables")]
pub use csv::Flaw;
pub use derived::deviation_of;
pub use error::ResultsError;
pub use headings::meant;
pub use markdown::{markdown, remarks};
pub use origin::{Origin, origins};
#[cfg(feature = "tables")]
pub use query::{Query, QueryError};
pub use record::{Record, records};
#[cfg(feature = "tables")]
pub use rows::{Format, Rows};
#[cfg(feature = "tables")]
pub use source::{Source, SourceError, StoredTable};
#[cfg(feature = "tables")]
pub use table::write;
pub use training::{Epoch, Sizes, epochs, sizes};
pub(crate) use translations::translated_lines;
pub use unit::duration;
