//! What stages that run at the same time may use: each has a slot of its own.

use crate::config::{DeviceChoice, Resources};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// The variable that the CPU back end's thread pool goes by.
pub(super) const THREADS: &str = "RAYON_NUM_THREADS";

/// What one stage at a time may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Slot {
    /// Where its tensors live.
    pub device: DeviceChoice,
    /// The threads that it may use.
    pub threads: usize,
}

impl Slot {
    /// The slots of a run on `resources`: one for each GPU, and as many on the CPU, if that is named, as `jobs` leaves
    /// it, but no more than there are `stages`. `auto` is a GPU if `auto_is_gpu`. `threads` are divided among them.
    pub fn divide(
        resources: &Resources,
        stages: usize,
        auto_is_gpu: bool,
        threads: usize,
    ) -> Vec<Self> {
        let named = match resources.devices.as_deref() {
            None | Some([]) => &[DeviceChoice::Auto],
            Some(named) => named,
        };
        let jobs = resources.jobs.map_or(named.len(), NonZeroUsize::get);
        let jobs = jobs.min(stages.max(1));
        let shared = |device: &&DeviceChoice| match device {
            DeviceChoice::Cpu => true,
            DeviceChoice::Auto => !auto_is_gpu,
            DeviceChoice::Cuda(_) => false,
        };
        let cpu = named.iter().find(shared);
        let more = cpu
            .into_iter()
            .cycle()
            .take(jobs.saturating_sub(named.len()));
        let devices: Vec<_> = named.iter().chain(more).take(jobs).copied().collect();
        let threads = (threads / devices.len()).max(1);
        devices
            .into_iter()
            .map(|device| Self { device, threads })
            .collect()
    }

    /// The threads of this process: what the environment says, or else one for each core.
    pub fn all_threads() -> usize {
        let asked = std::env::var(THREADS).ok();
        let asked = asked.and_then(|threads| threads.parse().ok());
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        asked.filter(|&threads| threads > 0).unwrap_or_else(all)
    }
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            device: DeviceChoice::Auto,
            threads: Self::all_threads(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeviceChoice::{Auto, Cpu, Cuda};

    fn slots(
        devices: &[DeviceChoice],
        jobs: Option<usize>,
        auto_is_gpu: bool,
    ) -> Vec<(DeviceChoice, usize)> {
        let resources = Resources {
            devices: Some(devices.to_vec()),
            jobs: jobs.and_then(NonZeroUsize::new),
        };
        let slots = Slot::divide(&resources, 1000, auto_is_gpu, 8);
        slots
            .into_iter()
            .map(|slot| (slot.device, slot.threads))
            .collect()
    }

    #[test]
    fn without_a_word_one_stage_has_everything() {
        assert_eq!(slots(&[], None, false), [(Auto, 8)]);
    }

    #[test]
    fn jobs_on_the_cpu_divide_the_threads() {
        assert_eq!(slots(&[], Some(3), false), [(Auto, 2); 3]);
        assert_eq!(slots(&[Cpu], Some(20), false), [(Cpu, 1); 20]);
    }

    #[test]
    fn there_are_no_more_slots_than_stages() {
        let resources = Resources {
            devices: None,
            jobs: Some(NonZeroUsize::MAX),
        };
        assert_eq!(Slot::divide(&resources, 3, false, 8).len(), 3);
        assert_eq!(Slot::divide(&resources, 0, false, 8).len(), 1);
    }

    #[test]
    fn a_gpu_works_on_one_stage_at_a_time() {
        let two = [Cuda(0), Cuda(1)];
        assert_eq!(slots(&two, None, false), [(Cuda(0), 4), (Cuda(1), 4)]);
        assert_eq!(slots(&two, Some(5), false).len(), 2);
        assert_eq!(slots(&two, Some(1), false), [(Cuda(0), 8)]);
        assert_eq!(slots(&[], Some(4), true), [(Auto, 8)]);
    }

    #[test]
    fn the_cpu_beside_a_gpu_takes_the_other_jobs() {
        let both = slots(&[Cuda(0), Cpu], Some(4), false);
        assert_eq!(both, [(Cuda(0), 2), (Cpu, 2), (Cpu, 2), (Cpu, 2)]);
    }
}
