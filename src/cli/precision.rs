//! How a user names what a model multiplies in while it translates.

#[cfg(feature = "nn")]
use crate::config::{DecodingPrecision, DeviceChoice};

#[derive(Debug, clap::Args)]
pub(super) struct Precision {
    /// What affine maps multiply in
    #[arg(long, value_enum, default_value_t = Which::Float32)]
    precision: Which,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Which {
    /// 32-bit floats
    Float32,
    /// 8-bit integers: faster on the CPU, the only device that does so, and not quite the same translations
    Int8,
}

#[cfg(feature = "nn")]
impl Precision {
    pub(super) fn get(&self) -> DecodingPrecision {
        match self.precision {
            Which::Float32 => DecodingPrecision::Float32,
            Which::Int8 => DecodingPrecision::Int8,
        }
    }

    /// The device, if it may be any: only the CPU computes in integers.
    pub(super) fn device(&self, choice: DeviceChoice) -> DeviceChoice {
        match (self.precision, choice) {
            (Which::Int8, DeviceChoice::Auto) => DeviceChoice::Cpu,
            _ => choice,
        }
    }
}
