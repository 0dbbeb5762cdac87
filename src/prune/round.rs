//! One round of shrinking: what was selected, and where the round stands.

use super::compaction::complement;
use super::{Counts, Progress, shrunk};
use crate::config::Prune;
use crate::groups::Groups;
use crate::kernels::Learning;
use crate::model::Connectivity;
use burn::tensor::backend::Backend;
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One round of shrinking: what was selected, and where the epoch stands in it.
#[derive(Debug)]
pub(super) struct Round<B: Learning> {
    pub(super) counts: Counts,
    pub(super) kept: Groups<Vec<usize>>,
    /// 1 where an entry is selected, 0 where it stays.
    selected: Connectivity<B>,
    /// The reverse.
    pub(super) staying: Connectivity<B>,
    pub(super) progress: Progress,
}

/// What an interrupted run must know of a round.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptRound {
    counts: Counts,
    /// The entries that stay, by the name of their group.
    kept: BTreeMap<String, Vec<usize>>,
    progress: Progress,
}

impl<B: Learning> Round<B> {
    /// The connectivity vectors with the selected entries at `value`.
    pub(super) fn connectivity(&self, value: f64) -> Connectivity<B> {
        self.staying.map(|name, staying| {
            let staying = staying.clone()?;
            let selected = self.selected.get(name).clone()?;
            Some(staying + selected * value)
        })
    }

    pub(super) fn value(&self, spec: &Prune) -> f64 {
        match self.progress.step {
            0 => 1.0,
            _ => shrunk(spec.shrink, self.progress),
        }
    }

    /// The round that keeps these entries of groups of these sizes.
    pub(super) fn new(
        counts: Counts,
        kept: Groups<Vec<usize>>,
        sizes: &Groups<usize>,
        progress: Progress,
        device: &B::Device,
    ) -> Self {
        Self {
            counts,
            selected: indicator(&complement(&kept, sizes), sizes, device),
            staying: indicator(&kept, sizes, device),
            kept,
            progress,
        }
    }

    /// What an interrupted run must know of the round.
    pub(super) fn state(&self) -> KeptRound {
        let kept = self.kept.iter();
        KeptRound {
            counts: self.counts,
            kept: kept
                .map(|(name, kept)| (name.to_string(), kept.clone()))
                .collect(),
            progress: self.progress,
        }
    }

    /// The round of which this was kept, in a model of these sizes.
    pub(super) fn resume(kept: &KeptRound, sizes: &Groups<usize>, device: &B::Device) -> Self {
        let entries = |name: &str| kept.kept.get(name).cloned().unwrap_or_default();
        let entries = sizes.map(|name, _| entries(&name.to_string()));
        Self::new(kept.counts, entries, sizes, kept.progress, device)
    }
}

/// 1 at the given entries of each group, 0 at the others.
fn indicator<B: Backend>(
    entries: &Groups<Vec<usize>>,
    sizes: &Groups<usize>,
    device: &B::Device,
) -> Connectivity<B> {
    entries.map(|name, entries| {
        let mut line = vec![0.0_f32; *sizes.get(name)];
        for &index in entries {
            line[index] = 1.0;
        }
        let size = line.len();
        (size > 0).then(|| Tensor::from_data(TensorData::new(line, [size]), device))
    })
}

/// The same vectors, without a record for gradients.
pub(super) fn inner<B: Learning>(connectivity: &Connectivity<B>) -> Connectivity<B::InnerBackend> {
    connectivity.map(|_, c| c.clone().map(Tensor::inner))
}
