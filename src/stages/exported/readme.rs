//! What an exported folder says of itself.

use crate::config::{LayerNorm, OutputProjection};
use crate::model::Blueprint;
use crate::shape::Shape;

/// The README of an exported model.
pub(super) fn text(blueprint: &Blueprint) -> String {
    let shape = &blueprint.shape;
    let layer_norm = match blueprint.layer_norm {
        LayerNorm::Weighted => {
            "the mean and the variance of the `n` entries that are there".to_owned()
        }
        LayerNorm::Unweighted => format!(
            "sums over the `n` entries that are there, divided by {d}, the width before pruning; the variance has \
             `({d} - n) * mean^2` more under its sum",
            d = shape.original_d_model
        ),
    };
    let projection = match shape.output_projection {
        OutputProjection::Tied => {
            "`decoder.embed_tokens.weight`, which is also the embedding table"
        }
        OutputProjection::Separate => "`decoder.output_projection.weight`",
    };
    format!(
        r#"# A translation model

A Transformer encoder-decoder with {parameters} parameters, {ratio:.4} of the {original} that it had before pruning,
written by `srp export`. Nothing here needs srp.

| file | content |
|---|---|
| `model.safetensors` | the tensors, 32-bit floats |
| `config.json` | the sizes of every block, the kept position columns, the special tokens |
| `dict.LANGUAGE.txt` | one symbol and its count a line; symbols are numbered from 4 on, after `<s>` 0, `<pad>` 1, `</s>` 2, `<unk>` 3 |
| `codes.bpe` | merges of byte pair encoding, in subword-nmt's format |
| `dataset.json` | languages, tokenizer, and whether text was lowercased |

## Load it

```python
import json
from safetensors.torch import load_file

tensors = load_file("model.safetensors")
config = json.load(open("config.json"))
```

or `import.exported.folder` in an experiment of srp.

## Compute with it

`SIDE` is `encoder` or `decoder`, `N` a layer from 0. Weights are `[out, in]`. Sizes differ from block to block, so take
them from the tensors; a tensor that is not there has no entries, and the block adds only its bias.

- Sources end in `</s>`. The decoder starts with `</s>` and stops at it.
- Input: `sqrt({d}) * SIDE.embed_tokens.weight[token] + P[position]`, with the columns of `P` that
  `model.SIDE-columns` lists. `P` is the sinusoidal table of width {d}: `sin(p w_i)` for all `i` below {half}, then
  `cos(p w_i)`, with `w_i = 10000^(-i / {last})`. The first token has position 2; padding has a row of zeros.
- Every block is `layer_norm(x + block(x))`. Layer norm is `(x - mean) / (deviation + 1e-5) * weight + bias`, the
  epsilon outside of the root, with {layer_norm}.
- Attention has {heads} heads: `q = (x q_proj) / sqrt({d_head})`, the head width before pruning; scores are `q k`,
  then softmax over the keys that are not padding (and not to the right, in the decoder's `self_attn`), then `v_proj`
  and `out_proj`. `encoder_attn` takes keys and values from the encoder. Layer norms: `self_attn_layer_norm`,
  `encoder_attn_layer_norm`.
- Feed-forward: `fc2(relu(fc1(x)))`, then `final_layer_norm`.
- Logits: the decoder's output times {projection}, transposed.

## Sizes

| block | query and key | value | neurons |
|---|---|---|---|
{sizes}"#,
        parameters = shape.parameters(),
        original = blueprint.original.parameters(),
        ratio = shape.parameters() as f64 / blueprint.original.parameters() as f64,
        d = shape.original_d_model,
        half = shape.original_d_model / 2,
        last = (shape.original_d_model / 2).saturating_sub(1).max(1),
        heads = shape.heads,
        d_head = shape.original_d_head(),
        sizes = sizes(shape),
    )
}

fn sizes(shape: &Shape) -> String {
    let mut rows = vec![format!(
        "| widths: encoder {}, decoder {} | | | |",
        shape.encoder.d_model, shape.decoder.d_model
    )];
    for (number, layer) in shape.encoder.layers.iter().enumerate() {
        let a = layer.self_attention;
        rows.push(format!(
            "| encoder {number} | {} | {} | {} |",
            a.qk, a.vo, layer.d_ff
        ));
    }
    for (number, layer) in shape.decoder.layers.iter().enumerate() {
        let (own, cross) = (layer.self_attention, layer.cross_attention);
        rows.push(format!(
            "| decoder {number}: self, cross | {}, {} | {}, {} | {} |",
            own.qk, cross.qk, own.vo, cross.vo, layer.d_ff
        ));
    }
    rows.join("\n") + "\n"
}
