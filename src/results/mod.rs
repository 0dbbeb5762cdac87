//! Results tables: one row for each test stage at each sweep point, read from artifacts alone.
//!
//! `record` reads a row, `columns` lays rows out as a tidy table, `table` writes that to files, `markdown`
//! prints what a person wants to see of it, `origin` finds the artifacts that a table was
//! made from, `training` reads what trainings leave of themselves. The same artifacts give the same bytes.

mod columns;
mod conditions;
mod error;
mod markdown;
mod origin;
mod record;
#[cfg(feature = "tables")]
mod rows;
#[cfg(feature = "tables")]
mod source;
#[cfg(feature = "tables")]
mod table;
mod training;

pub use columns::{Column, Values, columns};
pub use conditions::Conditions;
pub use error::ResultsError;
pub use markdown::{duration, markdown};
pub use origin::{Origin, origins};
pub use record::{Record, records};
#[cfg(feature = "tables")]
pub use rows::{Format, Rows};
#[cfg(feature = "tables")]
pub use source::{Source, SourceError, StoredTable};
#[cfg(feature = "tables")]
pub use table::write;
pub use training::{Epoch, Sizes, epochs, sizes};
