"""Beam search with the model that `srp bench decode` measures, done by CTranslate2 on the CPU.

Reads settings from the command line, prints `ready VERSION`, and then translates all sentences for each line of
standard input, answering with its seconds, its processor seconds, the tokens of all translations, and the process's
peak memory in bytes. Weights and words are drawn; every translation has the same length.
"""

import argparse
import resource
import sys
import tempfile
import time

import ctranslate2
import numpy as np
from ctranslate2.specs import TransformerSpec

SPECIAL = ["<unk>", "<s>", "</s>"]


class Builder:
    """Fills the parts of a specification with random weights."""

    def __init__(self, args):
        self.random = np.random.default_rng(1)
        self.width, self.neurons, self.positions = args.d_model, args.d_ff, args.positions

    def matrix(self, rows, columns):
        return (self.random.standard_normal((rows, columns)) * columns**-0.5).astype(np.float32)

    def linear(self, part, rows, columns):
        part.weight, part.bias = self.matrix(rows, columns), np.zeros(rows, np.float32)

    def norm(self, part):
        part.gamma, part.beta = np.ones(self.width, np.float32), np.zeros(self.width, np.float32)

    def attention(self, part, projections):
        """Projections of so many widths each, which read the queries' or keys' side, and that back to the layer."""
        for linear, widths in zip(part.linear, projections + [1], strict=True):
            self.linear(linear, widths * self.width, self.width)
        self.norm(part.layer_norm)

    def feed_forward(self, part):
        self.linear(part.linear_0, self.neurons, self.width)
        self.linear(part.linear_1, self.width, self.neurons)
        self.norm(part.layer_norm)

    def side(self, part, embeddings, vocab):
        part.scale_embeddings = True
        embeddings.weight = self.matrix(vocab, self.width)
        part.position_encodings.encodings = self.matrix(self.positions, self.width)
        for layer in part.layer:
            self.attention(layer.self_attention, [3])
            if hasattr(layer, "attention"):
                self.attention(layer.attention, [1, 2])
            self.feed_forward(layer.ffn)


def model(args):
    spec = TransformerSpec.from_config((args.layers, args.layers), args.heads, pre_norm=False)
    builder = Builder(args)
    builder.side(spec.encoder, spec.encoder.embeddings[0], args.source_vocab)
    builder.side(spec.decoder, spec.decoder.embeddings, args.target_vocab)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    for register, vocab in (
        (spec.register_source_vocabulary, args.source_vocab),
        (spec.register_target_vocabulary, args.target_vocab),
    ):
        register(SPECIAL + [word(number) for number in range(len(SPECIAL), vocab)])
    spec.validate()
    spec.optimize()
    return spec


def word(number):
    return f"w{number}"


def translator(args):
    with tempfile.TemporaryDirectory() as folder:
        model(args).save(folder)
        return ctranslate2.Translator(
            folder, compute_type=args.compute_type, inter_threads=1, intra_threads=args.threads
        )


def sentences(args):
    drawn = np.random.default_rng(2)
    lengths = [int(length) for length in args.lengths.split(",")]
    return [
        [word(number) for number in drawn.integers(len(SPECIAL), args.source_vocab, length - 1)] + ["</s>"]
        for length in lengths
    ]


def arguments():
    parser = argparse.ArgumentParser()
    numbers = "d-model d-ff heads layers source-vocab target-vocab positions output-len beam batch threads"
    for name in numbers.split():
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--lengths", required=True)
    parser.add_argument("--compute-type", choices=["float32", "int8"], required=True)
    return parser.parse_args()


def main():
    args = arguments()
    program, sources = translator(args), sentences(args)
    print("ready", ctranslate2.__version__, flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        results = program.translate_batch(
            sources,
            beam_size=args.beam,
            max_batch_size=args.batch,
            min_decoding_length=args.output_len,
            max_decoding_length=args.output_len,
        )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        lengths = [len(result.hypotheses[0]) for result in results]
        if lengths != [args.output_len] * len(sources):
            sys.exit(f"translations of {min(lengths)} to {max(lengths)} tokens, not of {args.output_len}")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(wall, cpu, sum(lengths), memory, flush=True)


main()
