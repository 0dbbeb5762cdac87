//! A request to stop, from outside of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A request to stop: once made, it stays. Stages look at it now and then, the executor before each stage.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked to stop.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What a signal handler may set.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }
}
