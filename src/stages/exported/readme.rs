//! What an exported folder says of itself: enough to compute the model without srp, as `tests/it/exported_reader.rs`
//! does.

use crate::config::{LayerNorm, OutputProjection};
use crate::model::Blueprint;
use crate::shape::Shape;

/// The README of an exported model.
pub(super) fn text(blueprint: &Blueprint) -> String {
    let parts = [
        contents(blueprint),
        model(blueprint),
        TEXT.to_owned(),
        sizes(&blueprint.shape),
    ];
    parts.join("\n")
}

/// What is in the folder.
fn contents(blueprint: &Blueprint) -> String {
    let (left, original) = (
        blueprint.shape.parameters(),
        blueprint.original.parameters(),
    );
    format!(
        r#"# A translation model

A Transformer encoder-decoder with {left} parameters, {ratio:.4} of the {original} that it had before pruning,
written by `srp export`. Nothing here needs srp.

| file | content |
|---|---|
| `model.safetensors` | the tensors, 32-bit floats; matrices are `[out, in]` |
| `config.json` | under `model`, what the formulas below call by its key; the sizes of every block |
| `dict.LANGUAGE.txt` | one symbol and its count a line |
| `codes.bpe` | merges of byte pair encoding, in subword-nmt's format 0.2 |
| `dataset.json` | `source-language`, `target-language`, `tokenizer`, `case` |

## Load it

```python
import json
from safetensors.torch import load_file

tensors = load_file("model.safetensors")
config = json.load(open("config.json"))
```

or `import.exported.folder` in an experiment of srp.
"#,
        ratio = left as f64 / original as f64,
    )
}

/// The forward pass (SPEC §3).
fn model(blueprint: &Blueprint) -> String {
    let shape = &blueprint.shape;
    let layer_norm = match blueprint.layer_norm {
        LayerNorm::Weighted => "`weighted`",
        LayerNorm::Unweighted => "`unweighted`",
    };
    let projection = match shape.output_projection {
        OutputProjection::Tied => {
            "`decoder.embed_tokens.weight`, which is the embedding table as well"
        }
        OutputProjection::Separate => "`decoder.output_projection.weight`",
    };
    format!(
        r#"## Compute with it

`SIDE` is `encoder` or `decoder`, `N` a layer from 0; `NAME(x) = NAME.weight x + NAME.bias`. Pruning has left blocks
of different sizes: take them from the tensors. Three numbers are those from before pruning all the same: the width
`d = {d}` (`shape.original-d-model`), the heads `h = {heads}` (`shape.heads`) and their width `d / h = {d_head}`.

**Sentences.** A source is its tokens and `</s>`. The decoder reads `</s>` and the tokens written so far, and writes the
next one, until that is `</s>`; `<s>` is not used. Neither side may have more than {max_positions} tokens (`max-positions`).
`<pad>` fills batches up: nothing attends to it, it has no position, and its own row means nothing.

**Input.** The token `t` at place 0, 1, ... of its sentence enters as the vector with the entries

    x[j] = sqrt(d) * SIDE.embed_tokens.weight[t][j] + P[place + 2][C[j]]

where the list `C` is `SIDE-columns`, and `P` has `d` columns: with `half = d / 2`, rounded down,
`P[p][i] = sin(p * w[i])` and `P[p][half + i] = cos(p * w[i])` for `i < half`, `w[i] = 10000 ^ (-i / (half - 1))` and
`w[0] = 1`. If `d` is odd, the last column is zero.

**Layer norm.** For `x` with `n` entries,

    mean = sum(x) / D
    variance = (sum((x - mean)^2) + (D - n) * mean^2) / D
    NORM(x) = NORM.weight * (x - mean) / (sqrt(variance) + 0.00001) + NORM.bias

With `layer-norm` `weighted`, `D = n`; with `unweighted`, `D = d`, so that what was pruned counts as zeros. Here it is
{layer_norm}.

**Attention** of a vector `x` to vectors `m`. `q_proj` and `k_proj` have one number of rows, `v_proj` has another, which
may differ; `h` divides both. A head owns consecutive rows, all heads equally many: head 0 the first of `h` blocks.

    q = q_proj(x) / sqrt(d / h)        the bias is divided too
    k = k_proj(m), v = v_proj(m)       for each m
    score = sum(q * k)                 for each m, over the block of the head
    o = sum of softmax(score) * v      over all m; the blocks of all heads one after another
    ATTENTION(x) = out_proj(o)

**Feed-forward.** `FF(x) = fc2(max(0, fc1(x)))`.

**What is gone.** A block that has lost all entries has no tensors for them. Its layer norm and the sum with `x` stay.

- No `q_proj` and `k_proj`: every score is 0, so that `o` is the mean of `v` over those `m` that may be seen.
- No `v_proj` and `out_proj.weight`: `ATTENTION(x) = out_proj.bias`.
- No `fc1` and `fc2.weight`: `FF(x) = fc2.bias`.

**Encoder layer**, with names below `encoder.layers.N.`: for every vector of the sentence,

    x = self_attn_layer_norm(x + self_attn(x))        to all vectors of the sentence
    x = final_layer_norm(x + FF(x))

**Decoder layer**, with names below `decoder.layers.N.`:

    x = self_attn_layer_norm(x + self_attn(x))        to itself and the vectors before it
    x = encoder_attn_layer_norm(x + encoder_attn(x))  to all vectors of the last encoder layer
    x = final_layer_norm(x + FF(x))

**Output.** The score (logit) of each symbol of the target dictionary is its row of
{projection}, times `x` of the last decoder layer.
There is no bias, and no layer norm beside those above.
"#,
        d = shape.original_d_model,
        heads = shape.heads,
        d_head = shape.original_d_head(),
        max_positions = blueprint.max_positions,
    )
}

/// From text to numbers and back (SPEC §19).
const TEXT: &str = r#"## Text

1. `tokenizer` is `moses`: the Moses tokenizer for `source-language`, without aggressive hyphens, with escaping
   (`&amp;`, `&apos;`, `&quot;`, `&#124;`, `&lt;`, `&gt;`, `&#91;`, `&#93;`). `none`: split at white space.
2. `case` is `lower`: lowercase, each character by itself.
3. Cut each token with `codes.bpe`, the same for both languages. All pieces of a token but its last end in `@@`.
4. Number the pieces with `dict.LANGUAGE.txt` of `source-language`: `<s>` is 0, `<pad>` 1, `</s>` 2, `<unk>` 3, and the
   lines of the file from 4 on. A piece that is not there is `<unk>`.

Back: symbols from `dict.LANGUAGE.txt` of `target-language`, joined by blanks; remove every `@@ `; undo the Moses
tokenizer and its escapes.
"#;

/// The sizes of every block.
fn sizes(shape: &Shape) -> String {
    let mut rows = vec![format!(
        "## Sizes\n\nThe encoder is {} wide, the decoder {}.\n\n\
         | block | query and key | value | neurons |\n|---|---|---|---|",
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
