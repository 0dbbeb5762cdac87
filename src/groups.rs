//! One value for each prunable group of a model: the connectivity vectors' names, and whatever goes with them.
//!
//! Sizes, connectivity tensors, gradients, removed indices and kept indices all come as "one for each vector of
//! connectivity parameters". [`Groups`] holds any of them, in the one order that everything else relies on.

use std::fmt;

/// The two halves of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Reads the source.
    Encoder,
    /// Writes the target.
    Decoder,
}

/// The attention modules of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttentionModule {
    /// Queries and keys from the same side.
    SelfAttention,
    /// Queries from the decoder, keys and values from the encoder's output.
    CrossAttention,
}

/// The name of one connectivity vector (SPEC §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupName {
    /// The embedding dimensions of a side.
    Embedding(Side),
    /// The query and key dimensions of a module, head after head.
    Qk(Side, usize, AttentionModule),
    /// The value dimensions of a module, head after head.
    Vo(Side, usize, AttentionModule),
    /// The neurons of a feed-forward block.
    FeedForward(Side, usize),
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encoder => "encoder",
            Self::Decoder => "decoder",
        })
    }
}

impl fmt::Display for AttentionModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SelfAttention => "self_attn",
            Self::CrossAttention => "encoder_attn",
        })
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedding(side) => write!(f, "{side}.embedding_c"),
            Self::Qk(side, layer, module) => write!(f, "{side}.layers.{layer}.{module}_qk_c"),
            Self::Vo(side, layer, module) => write!(f, "{side}.layers.{layer}.{module}_vo_c"),
            Self::FeedForward(side, layer) => write!(f, "{side}.layers.{layer}.fc_c"),
        }
    }
}

/// One value for each connectivity vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups<T> {
    /// Those of the encoder.
    pub encoder: EncoderGroups<T>,
    /// Those of the decoder.
    pub decoder: DecoderGroups<T>,
}

/// The encoder's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncoderGroups<T> {
    /// Of the embedding dimensions.
    pub embedding: T,
    /// Of the layers.
    pub layers: Vec<EncoderLayerGroups<T>>,
}

/// The decoder's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecoderGroups<T> {
    /// Of the embedding dimensions.
    pub embedding: T,
    /// Of the layers.
    pub layers: Vec<DecoderLayerGroups<T>>,
}

/// The values of an encoder layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncoderLayerGroups<T> {
    /// Of the self-attention.
    pub self_attention: AttentionGroups<T>,
    /// Of the feed-forward neurons.
    pub feed_forward: T,
}

/// The values of a decoder layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecoderLayerGroups<T> {
    /// Of the self-attention.
    pub self_attention: AttentionGroups<T>,
    /// Of the attention to the encoder's output.
    pub cross_attention: AttentionGroups<T>,
    /// Of the feed-forward neurons.
    pub feed_forward: T,
}

/// The values of an attention module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttentionGroups<T> {
    /// Of queries and keys.
    pub qk: T,
    /// Of values and the output projection's input.
    pub vo: T,
}

impl<T> Groups<T> {
    /// A value for every vector of a model with so many layers, made in the order of [`Groups::iter`].
    pub fn build(
        encoder_layers: usize,
        decoder_layers: usize,
        mut make: impl FnMut(GroupName) -> T,
    ) -> Self {
        use AttentionModule::{CrossAttention, SelfAttention};
        let make = &mut make;
        Self {
            encoder: EncoderGroups {
                embedding: make(GroupName::Embedding(Side::Encoder)),
                layers: (0..encoder_layers)
                    .map(|layer| EncoderLayerGroups {
                        self_attention: AttentionGroups::build(
                            make,
                            Side::Encoder,
                            layer,
                            SelfAttention,
                        ),
                        feed_forward: make(GroupName::FeedForward(Side::Encoder, layer)),
                    })
                    .collect(),
            },
            decoder: DecoderGroups {
                embedding: make(GroupName::Embedding(Side::Decoder)),
                layers: (0..decoder_layers)
                    .map(|layer| DecoderLayerGroups {
                        self_attention: AttentionGroups::build(
                            make,
                            Side::Decoder,
                            layer,
                            SelfAttention,
                        ),
                        cross_attention: AttentionGroups::build(
                            make,
                            Side::Decoder,
                            layer,
                            CrossAttention,
                        ),
                        feed_forward: make(GroupName::FeedForward(Side::Decoder, layer)),
                    })
                    .collect(),
            },
        }
    }

    /// The value of one vector.
    ///
    /// # Panics
    /// If the model has no such layer, or the encoder is asked for cross-attention.
    pub fn get(&self, name: GroupName) -> &T {
        match name {
            GroupName::Embedding(Side::Encoder) => &self.encoder.embedding,
            GroupName::Embedding(Side::Decoder) => &self.decoder.embedding,
            GroupName::Qk(side, layer, module) => &self.attention(side, layer, module).qk,
            GroupName::Vo(side, layer, module) => &self.attention(side, layer, module).vo,
            GroupName::FeedForward(Side::Encoder, layer) => {
                &self.encoder.layers[layer].feed_forward
            }
            GroupName::FeedForward(Side::Decoder, layer) => {
                &self.decoder.layers[layer].feed_forward
            }
        }
    }

    fn attention(&self, side: Side, layer: usize, module: AttentionModule) -> &AttentionGroups<T> {
        match (side, module) {
            (Side::Encoder, AttentionModule::SelfAttention) => {
                &self.encoder.layers[layer].self_attention
            }
            (Side::Decoder, AttentionModule::SelfAttention) => {
                &self.decoder.layers[layer].self_attention
            }
            (Side::Decoder, AttentionModule::CrossAttention) => {
                &self.decoder.layers[layer].cross_attention
            }
            (Side::Encoder, AttentionModule::CrossAttention) => {
                panic!("encoder layer {layer} has no cross-attention")
            }
        }
    }

    /// A value computed from each.
    pub fn map<U>(&self, mut f: impl FnMut(GroupName, &T) -> U) -> Groups<U> {
        Groups::build(
            self.encoder.layers.len(),
            self.decoder.layers.len(),
            |name| f(name, self.get(name)),
        )
    }

    /// The names of all vectors: the encoder's, then the decoder's; embedding, then layer by layer.
    pub fn names(&self) -> Vec<GroupName> {
        let mut names = Vec::new();
        self.map(|name, _| names.push(name));
        names
    }

    /// All values, in the order of [`Groups::names`].
    pub fn iter(&self) -> impl Iterator<Item = (GroupName, &T)> {
        self.names().into_iter().map(|name| (name, self.get(name)))
    }
}

impl<T> AttentionGroups<T> {
    fn build(
        make: &mut impl FnMut(GroupName) -> T,
        side: Side,
        layer: usize,
        module: AttentionModule,
    ) -> Self {
        Self {
            qk: make(GroupName::Qk(side, layer, module)),
            vo: make(GroupName::Vo(side, layer, module)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification_in_order() {
        let names = Groups::build(1, 1, |name| name.to_string());
        let all: Vec<_> = names
            .iter()
            .map(|(name, text)| (name.to_string(), text.clone()))
            .collect();
        assert!(all.iter().all(|(name, text)| name == text));
        let all: Vec<_> = all.into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            all,
            [
                "encoder.embedding_c",
                "encoder.layers.0.self_attn_qk_c",
                "encoder.layers.0.self_attn_vo_c",
                "encoder.layers.0.fc_c",
                "decoder.embedding_c",
                "decoder.layers.0.self_attn_qk_c",
                "decoder.layers.0.self_attn_vo_c",
                "decoder.layers.0.encoder_attn_qk_c",
                "decoder.layers.0.encoder_attn_vo_c",
                "decoder.layers.0.fc_c",
            ]
        );
    }
}
