//! What is measured of translations and of models.
