//! The sizes of the Transformer before anything is pruned.

use super::Contradiction;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::num::NonZeroUsize;

/// The unpruned model. The same width on both sides; vocabulary sizes come from the data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Architecture {
    /// Width of embeddings and layers. A multiple of `heads`.
    pub d_model: NonZeroUsize,
    /// Neurons of each feed-forward block.
    pub d_ff: NonZeroUsize,
    /// Attention heads of each attention module.
    pub heads: NonZeroUsize,
    /// Layers of the encoder.
    pub encoder_layers: NonZeroUsize,
    /// Layers of the decoder.
    pub decoder_layers: NonZeroUsize,
    /// How layer norm treats dimensions that are being pruned.
    pub layer_norm: LayerNorm,
    /// Longest sentence, in tokens with its end-of-sentence, on either side.
    pub max_positions: NonZeroUsize,
    /// Whose weights score the words of the target dictionary. Left out, they are tied, as in SPEC §2.
    #[serde(
        default,
        deserialize_with = "OutputProjection::or_tied",
        skip_serializing_if = "OutputProjection::is_tied"
    )]
    pub output_projection: OutputProjection,
}

/// Whose weights score the words of the target dictionary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputProjection {
    /// The decoder's embedding table (SPEC §2).
    #[default]
    Tied,
    /// A matrix of its own, without a bias, as fairseq's plain transformers have.
    Separate,
}

impl OutputProjection {
    /// Whether the decoder's embedding table is the output projection; such a model is written without saying so.
    pub(crate) fn is_tied(&self) -> bool {
        *self == Self::Tied
    }

    /// Reads a key that may be left out, which a plan asks for as an `Option`.
    fn or_tied<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or_default())
    }
}

impl Architecture {
    /// Whether the heads divide the width among them; `keys` are those of the two values, the width first.
    pub(super) fn check(&self, keys: &'static [&'static str]) -> Result<(), Contradiction> {
        let (d_model, heads) = (self.d_model, self.heads);
        if d_model.get().is_multiple_of(heads.get()) {
            return Ok(());
        }
        Err(Contradiction {
            keys,
            rule: format!("`d-model`, {d_model}, is no multiple of `heads`, {heads}"),
        })
    }
}

/// How layer norm treats dimensions that are being pruned (SPEC §3); the same for a model that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LayerNorm {
    /// Mean and variance weigh each dimension by its connectivity parameter.
    Weighted,
    /// Pruned dimensions count as zeros; the divisor stays the original width.
    Unweighted,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: &str = r#"
        d-model = 16
        d-ff = 32
        heads = 2
        encoder-layers = 1
        decoder-layers = 1
        layer-norm = "weighted"
        max-positions = 64
    "#;

    #[test]
    fn a_tied_projection_is_written_as_if_the_key_did_not_exist() {
        let silent: Architecture = toml::from_str(SIZES).unwrap();
        let said: Architecture =
            toml::from_str(&format!("{SIZES}\noutput-projection = \"tied\"")).unwrap();
        assert_eq!(silent, said);
        let written = serde_json::to_string(&said).unwrap();
        assert_eq!(
            written,
            concat!(
                r#"{"d-model":16,"d-ff":32,"heads":2,"encoder-layers":1,"decoder-layers":1,"#,
                r#""layer-norm":"weighted","max-positions":64}"#
            )
        );
    }

    #[test]
    fn a_separate_projection_is_read_and_written() {
        let separate: Architecture =
            toml::from_str(&format!("{SIZES}\noutput-projection = \"separate\"")).unwrap();
        assert_eq!(separate.output_projection, OutputProjection::Separate);
        let written = serde_json::to_value(&separate).unwrap();
        assert_eq!(written["output-projection"], "separate");
    }
}
