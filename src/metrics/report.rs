//! What a test stage leaves behind.

use crate::shape::Shape;
use serde::{Deserialize, Serialize};

/// The content of `report.json`: the same bytes for the same model and test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TestReport {
    /// Name of the test set.
    pub split: String,
    /// Its sentences.
    pub sentences: usize,
    /// BLEU of detokenised text, 0 to 100.
    pub bleu: f64,
    /// The settings of `bleu`.
    pub bleu_signature: String,
    /// chrF of detokenised text, 0 to 100.
    pub chrf: f64,
    /// The settings of `chrf`.
    pub chrf_signature: String,
    /// fairseq's BLEU of tokenised text, 0 to 100.
    pub tokenized_bleu: f64,
    /// Trained numbers of the model.
    pub parameters: u64,
    /// Trained numbers of the model before pruning.
    pub original_parameters: u64,
    /// `parameters` over `original-parameters`.
    pub parameter_ratio: f64,
    /// Operations of one translation by greedy search with cached keys and values.
    pub flops: u64,
    /// Source and target length, in tokens, that `flops` was counted for.
    pub flops_length: usize,
    /// Sizes of the model.
    pub shape: Shape,
}

/// How fast a test set was translated. Kept apart from the report, because no two runs agree on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecodeSpeed {
    /// Sentences translated.
    pub sentences: usize,
    /// Wall-clock time that it took, in seconds.
    pub seconds: f64,
    /// Sentences a second.
    pub sentences_per_second: f64,
    /// Target tokens a second, ends of sentences included.
    pub tokens_per_second: f64,
    /// Threads that computed.
    pub threads: usize,
    /// The device, in words.
    pub device: String,
    /// The mean number of processors that other programs kept busy meanwhile, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_load: Option<f64>,
    /// How fast some of its sentences were in batches of a fixed size; earlier versions of srp did not measure that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed_batches: Vec<FixedBatch>,
}

impl FixedBatch {
    /// Sentences of its largest batch.
    pub fn held(&self) -> usize {
        self.batch.min(self.sentences)
    }
}

impl DecodeSpeed {
    /// One sentence at a time, or the largest batches that were measured.
    pub fn fixed_batch(&self, in_batches: bool) -> Option<&FixedBatch> {
        let mut sizes = self.fixed_batches.iter();
        match in_batches {
            true => sizes
                .filter(|size| size.batch > 1)
                .max_by_key(|size| size.batch),
            false => sizes.find(|size| size.batch == 1),
        }
    }
}

/// How fast batches of a fixed size were translated, by the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FixedBatch {
    /// Most sentences of a batch.
    pub batch: usize,
    /// Sentences of a run.
    pub sentences: usize,
    /// Runs, after one that does not count.
    pub runs: usize,
    /// The median run, in milliseconds for each sentence.
    pub median_ms: f64,
    /// The fastest.
    pub least_ms: f64,
    /// The slowest.
    pub most_ms: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OutputProjection;
    use crate::shape::{DecoderShape, EncoderShape};

    fn report() -> TestReport {
        TestReport {
            split: "test".to_owned(),
            sentences: 100,
            bleu: 34.5,
            bleu_signature: "nrefs:1".to_owned(),
            chrf: 56.7,
            chrf_signature: "nrefs:1".to_owned(),
            tokenized_bleu: 33.2,
            parameters: 20,
            original_parameters: 100,
            parameter_ratio: 0.2,
            flops: 3_571_838_600,
            flops_length: 50,
            shape: Shape {
                original_d_model: 8,
                heads: 2,
                source_vocab: 16,
                target_vocab: 16,
                output_projection: OutputProjection::Tied,
                encoder: EncoderShape {
                    d_model: 6,
                    layers: Vec::new(),
                },
                decoder: DecoderShape {
                    d_model: 7,
                    layers: Vec::new(),
                },
            },
        }
    }

    #[test]
    fn a_report_survives_json() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["bleu-signature"], "nrefs:1");
        assert_eq!(json["shape"]["original-d-model"], 8);
        assert_eq!(
            serde_json::from_value::<TestReport>(json).unwrap(),
            report()
        );
    }

    #[test]
    fn a_report_refuses_what_it_does_not_know() {
        let mut json = serde_json::to_value(report()).unwrap();
        json["seconds"] = 12.into();
        assert!(serde_json::from_value::<TestReport>(json).is_err());
    }
}
