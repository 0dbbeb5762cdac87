"""One training step of the model that `srp bench train` measures, written for PyTorch.

Reads settings from the command line, prints `ready VERSION`, and then does one step for each line of standard input,
answering with its seconds, its processor seconds, its loss, and its peak memory in bytes (of the process, or of the
GPU). With `--teacher`,
the factor of its loss, the model also imitates what it was at first.
"""

import argparse
import copy
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

PAD = 1


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))

    def split(self, x):
        batch, length, d = x.shape
        return x.view(batch, length, self.heads, d // self.heads).transpose(1, 2)

    def forward(self, x, memory, bias):
        q, k, v = self.split(self.q(x)), self.split(self.k(memory)), self.split(self.v(memory))
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(2, 3) + bias
        mixed = torch.softmax(scores, -1) @ v
        return self.out(mixed.transpose(1, 2).reshape(x.shape))


class Layer(nn.Module):
    def __init__(self, args, cross):
        super().__init__()
        d = args.d_model
        self.dropout = args.dropout
        self.own = Attention(d, args.heads)
        self.cross = Attention(d, args.heads) if cross else None
        self.fc1, self.fc2 = nn.Linear(d, args.d_ff), nn.Linear(args.d_ff, d)
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(3 if cross else 2))

    def close(self, x, y, norm):
        return norm(x + F.dropout(y, self.dropout, self.training))

    def forward(self, x, own_bias, memory=None, source_bias=None):
        x = self.close(x, self.own(x, x, own_bias), self.norms[0])
        if self.cross is not None:
            x = self.close(x, self.cross(x, memory, source_bias), self.norms[1])
        return self.close(x, self.fc2(F.relu(self.fc1(x))), self.norms[-1])


class Transformer(nn.Module):
    def __init__(self, args):
        super().__init__()
        d = args.d_model
        self.args = args
        self.source = nn.Embedding(args.source_vocab, d, padding_idx=PAD)
        self.target = nn.Embedding(args.target_vocab, d, padding_idx=PAD)
        for table in (self.source, self.target):
            nn.init.normal_(table.weight, std=d**-0.5)
        self.encoder = nn.ModuleList(Layer(args, False) for _ in range(args.layers))
        self.decoder = nn.ModuleList(Layer(args, True) for _ in range(args.layers))
        self.register_buffer("positions", torch.randn(max(args.src_len, args.tgt_len), d))

    def embed(self, table, tokens):
        x = table(tokens) * self.args.d_model**0.5 + self.positions[: tokens.shape[1]]
        return F.dropout(x, self.args.dropout, self.training)

    def forward(self, source, target, source_bias, target_bias):
        memory = self.embed(self.source, source)
        for layer in self.encoder:
            memory = layer(memory, source_bias)
        x = self.embed(self.target, target)
        for layer in self.decoder:
            x = layer(x, target_bias, memory, source_bias)
        return x.flatten(0, 1) @ self.target.weight.t()


def arguments():
    parser = argparse.ArgumentParser()
    for name in "d-model d-ff heads layers source-vocab target-vocab sentences src-len tgt-len threads".split():
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in "dropout label-smoothing".split():
        parser.add_argument(f"--{name}", type=float, required=True)
    parser.add_argument("--device", default="cpu")
    for name in "bf16 compiled".split():
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--teacher", type=float, default=0.0)
    parser.add_argument("--temperature", type=float, default=1.0)
    return parser.parse_args()


def batch(args):
    """Random sentences, two thirds of them one or two tokens shorter than the longest."""
    source = torch.randint(4, args.source_vocab, (args.sentences, args.src_len))
    target = torch.randint(4, args.target_vocab, (args.sentences, args.tgt_len + 1))
    for row in range(args.sentences):
        short = row % 3
        source[row, :short] = PAD
        if short:
            target[row, -short:] = PAD
    inputs, labels = target[:, :-1].contiguous(), target[:, 1:].contiguous()
    source_bias = torch.zeros(args.sentences, 1, 1, args.src_len).masked_fill(
        (source == PAD)[:, None, None], -1e9
    )
    future = torch.full((args.tgt_len, args.tgt_len), -1e9).triu(1)
    target_bias = future + torch.zeros(args.sentences, 1, 1, args.tgt_len).masked_fill(
        (inputs == PAD)[:, None, None], -1e9
    )
    return [x.to(args.device) for x in (source, inputs, labels, source_bias, target_bias)]


def peak_memory(device):
    if device == "cpu":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return torch.cuda.max_memory_allocated(device)


def taught(logits, wanted, labels, args):
    """What a student loses against its teacher at target tokens, per token."""
    t, valid = args.temperature, labels.view(-1) != PAD
    student = F.log_softmax(logits / t, -1)
    loss = F.kl_div(student, F.log_softmax(wanted / t, -1), log_target=True, reduction="none")
    return (loss.sum(-1) * valid).sum() * t * t / valid.sum()


def main():
    args = arguments()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    if args.device != "cpu":
        torch.set_float32_matmul_precision("high")  # TF32, as srp multiplies there
    model = Transformer(args).to(args.device)
    forward = torch.compile(model) if args.compiled else model
    teacher = copy.deepcopy(model).eval() if args.teacher else None
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98), eps=1e-8)
    autocast = torch.autocast(args.device.split(":")[0], dtype=torch.bfloat16, enabled=args.bf16)
    source, inputs, labels, source_bias, target_bias = batch(args)
    print("ready", torch.__version__, flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        adam.zero_grad(set_to_none=True)
        with autocast:
            logits = forward(source, inputs, source_bias, target_bias).float()
        loss = F.cross_entropy(
            logits, labels.view(-1), ignore_index=PAD, label_smoothing=args.label_smoothing
        )
        if teacher:
            with torch.no_grad(), autocast:
                wanted = teacher(source, inputs, source_bias, target_bias).float()
            loss = loss + args.teacher * taught(logits, wanted, labels, args)
        loss.backward()
        adam.step()
        value = loss.item()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(wall, cpu, value, peak_memory(args.device), flush=True)


main()
