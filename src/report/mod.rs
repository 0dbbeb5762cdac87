//! What people look at: figures of an experiment's results, and one page that tells all about it.
//!
//! `pareto`, `training` and `groups` turn rows, epochs and sizes into figures; `page` puts them on a page with the
//! `table`, the `translations` and the `stages`; `alike` says which rows stand in one plot, `column` what people call
//! columns. All is read from artifacts: the same cache gives the same bytes.

mod alike;
mod column;
mod error;
mod groups;
mod page;
mod pareto;
mod sections;
mod stages;
mod table;
mod training;
mod translations;

pub use error::ReportError;
pub use groups::groups;
pub use page::{Stage, Subject, page};
pub use pareto::{Wish, measured_on, pareto};
pub use training::{Course, is_training, model_of, trained_by, training};
