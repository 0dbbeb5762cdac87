//! What is measured of translations and of models.

pub mod report;
