//! What is left of each kind of group, layer by layer.

use crate::figure::{Cell, HeatMap};
use crate::groups::{AttentionModule, GroupName, Side};
use crate::results::Sizes;

/// The columns, and which groups stand in each.
const COLUMNS: [&str; 6] = [
    "embedding",
    "self-attn\nQK",
    "self-attn\nVO",
    "cross-attn\nQK",
    "cross-attn\nVO",
    "feed-\nforward",
];

/// What is left of each group of a model, beside what it began with.
pub fn groups(title: &str, sizes: &Sizes) -> HeatMap {
    let (kept, original) = (sizes.shape.groups(), sizes.original.groups());
    let layers = |side| match side {
        Side::Encoder => kept.encoder.layers.len(),
        Side::Decoder => kept.decoder.layers.len(),
    };
    let rows = |side: Side| (1..=layers(side)).map(move |layer| format!("{side} {layer}"));
    let first = |side| match side {
        Side::Encoder => 0,
        Side::Decoder => layers(Side::Encoder),
    };
    // A model that lost whole layers has none to compare the rest with.
    let fits = kept.names() == original.names();
    let cells = kept.iter().filter(|_| fits).map(|(name, left)| {
        let (side, rows, column) = place(name, &first, &layers);
        let whole = *original.get(name);
        let share = *left as f64 / whole.max(1) as f64;
        let what = COLUMNS[column].replace("-\n", "-").replace('\n', " ");
        let where_ = match name {
            GroupName::Embedding(_) => side.to_string(),
            _ => format!("{side} {}", rows.0 + 1 - first(side)),
        };
        Cell {
            rows,
            column,
            share,
            text: (left.to_string(), format!("of {whole}")),
            tip: format!(
                "{where_}, {what}: {left} of {whole} left, {:.1} %{}",
                100.0 * share,
                heads(name, *left, sizes.shape.heads)
            ),
        }
    });
    HeatMap {
        title: title.to_owned(),
        scale: "share of the entries that is left".to_owned(),
        columns: COLUMNS.map(str::to_owned).to_vec(),
        rows: rows(Side::Encoder).chain(rows(Side::Decoder)).collect(),
        cells: cells.collect(),
    }
}

/// How the entries of an attention lie in its heads, all of which have as many.
fn heads(name: GroupName, left: usize, heads: usize) -> String {
    match name {
        GroupName::Qk(..) | GroupName::Vo(..) if heads > 0 => {
            format!(", {} in each of {heads} heads", left / heads)
        }
        _ => String::new(),
    }
}

/// The side, the rows and the column of a group.
fn place(
    name: GroupName,
    first: &dyn Fn(Side) -> usize,
    layers: &dyn Fn(Side) -> usize,
) -> (Side, (usize, usize), usize) {
    use AttentionModule::{CrossAttention, SelfAttention};
    let row = |side, layer| (first(side) + layer, first(side) + layer + 1);
    match name {
        GroupName::Embedding(side) => (side, (first(side), first(side) + layers(side)), 0),
        GroupName::Qk(side, layer, SelfAttention) => (side, row(side, layer), 1),
        GroupName::Vo(side, layer, SelfAttention) => (side, row(side, layer), 2),
        GroupName::Qk(side, layer, CrossAttention) => (side, row(side, layer), 3),
        GroupName::Vo(side, layer, CrossAttention) => (side, row(side, layer), 4),
        GroupName::FeedForward(side, layer) => (side, row(side, layer), 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::Shape;

    fn sizes() -> Sizes {
        let architecture = r#"
            d-model = 16
            d-ff = 32
            heads = 2
            encoder-layers = 2
            decoder-layers = 1
            layer-norm = "weighted"
            max-positions = 64
        "#;
        let original = Shape::unpruned(&toml::from_str(architecture).unwrap(), 100, 80);
        let mut left = original.groups();
        left.encoder.embedding = 8;
        left.decoder.layers[0].cross_attention.vo = 4;
        Sizes {
            shape: original.with_groups(&left),
            original,
        }
    }

    #[test]
    fn every_group_has_a_cell_of_its_own() {
        let map = groups("Kept", &sizes());
        assert_eq!(map.rows, ["encoder 1", "encoder 2", "decoder 1"]);
        assert_eq!(map.cells.len(), 2 + 2 * 3 + 5);
        let tips: Vec<&str> = map.cells.iter().map(|cell| &*cell.tip).collect();
        assert!(
            tips.contains(&"encoder, embedding: 8 of 16 left, 50.0 %"),
            "{tips:?}"
        );
        assert!(
            tips.contains(&"decoder 1, cross-attn VO: 4 of 16 left, 25.0 %, 2 in each of 2 heads"),
            "{tips:?}"
        );
        assert!(
            tips.contains(&"encoder 2, feed-forward: 32 of 32 left, 100.0 %"),
            "{tips:?}"
        );
    }

    #[test]
    fn a_large_model_has_a_row_for_each_layer_and_tells_how_wide_its_heads_are() {
        let architecture = r#"
            d-model = 1024
            d-ff = 4096
            heads = 16
            encoder-layers = 12
            decoder-layers = 12
            layer-norm = "weighted"
            max-positions = 64
        "#;
        let original = Shape::unpruned(&toml::from_str(architecture).unwrap(), 100, 80);
        let mut left = original.groups();
        left.encoder.layers[11].self_attention.qk = 16 * 5;
        let shape = original.with_groups(&left);
        let map = groups("Kept", &Sizes { shape, original });
        assert_eq!((map.rows.len(), map.cells.len()), (24, 2 + 12 * 3 + 12 * 5));
        let narrow = map.cells.iter().find(|cell| cell.text.0 == "80").unwrap();
        assert_eq!(narrow.rows, (11, 12));
        let tip = "encoder 12, self-attn QK: 80 of 1024 left, 7.8 %, 5 in each of 16 heads";
        assert_eq!(narrow.tip, tip);
    }
}
