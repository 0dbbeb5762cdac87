"""The peers of `srp bench text`: one step of the work, done by another program.

In the folder of the bench: `text.py PROGRAM STEP THREADS MERGES`. The step `version` says which program there is, and
fails if there is none. Files are named as srp names its own, with the program's name before them.
"""

import os
import subprocess
import sys
from pathlib import Path

LANGUAGES = ["de", "en"]
END_OF_WORD = "</w>"


class Moses:
    """The tokenizer of Moses: its Perl script where the package `mosestokenizer` brings it, else `sacremoses`."""

    def __init__(self):
        try:
            import mosestokenizer

            self.script = Path(mosestokenizer.__file__).with_name("tokenizer-v1.1.perl")
        except ImportError:
            self.script = None

    def version(self):
        if self.script:
            subprocess.run(["perl", "-e", "1"], check=True)
            return "moses 1.1"
        import sacremoses

        return f"sacremoses {sacremoses.__version__}"

    def tokenize(self, threads, merges):
        if self.script:
            self.perl()
        else:
            self.python(threads)

    def perl(self):
        """Both languages at the same time."""
        running = []
        for language in LANGUAGES:
            command = ["perl", self.script, "-q", "-l", language]
            with open(f"raw.{language}", "rb") as text, open(f"moses.tokens.{language}", "wb") as out:
                running.append(subprocess.Popen(command, stdin=text, stdout=out))
        if any([process.wait() for process in running]):
            sys.exit("tokenizer.perl failed")

    def python(self, threads):
        from joblib import Parallel, delayed

        for language in LANGUAGES:
            lines = read(f"raw.{language}")
            size = -(-len(lines) // threads)
            parts = [lines[at : at + size] for at in range(0, len(lines), size)]
            parts = Parallel(n_jobs=threads)(delayed(sacremoses_lines)(language, part) for part in parts)
            write(f"moses.tokens.{language}", (line for part in parts for line in part))


def sacremoses_lines(language, lines):
    from sacremoses import MosesTokenizer

    tokenizer = MosesTokenizer(lang=language)
    return [tokenizer.tokenize(line, return_str=True) for line in lines]


class SubwordNmt:
    """subword-nmt, by the functions that its command line calls."""

    def version(self):
        from importlib.metadata import version

        return f"subword-nmt {version('subword-nmt')}"

    def learn(self, threads, merges):
        from subword_nmt.learn_bpe import learn_bpe

        text = Path("subword-nmt.both")
        text.write_text("".join(Path(f"clean.{language}").read_text("utf8") for language in LANGUAGES), "utf8")
        with open(text, encoding="utf8") as lines, open("subword-nmt.codes", "w", encoding="utf8") as out:
            learn_bpe(lines, out, merges, num_workers=threads)

    def apply(self, threads, merges):
        from subword_nmt.apply_bpe import BPE

        with open("codes", encoding="utf8") as codes:
            bpe = BPE(codes)
        for language in LANGUAGES:
            with open(f"subword-nmt.bpe.{language}", "w", encoding="utf8") as out:
                bpe.process_lines(f"clean.{language}", out, num_workers=threads)


class Tokenizers:
    """Hugging Face `tokenizers`: as many merges by the same rule, but for the order of equally frequent pairs."""

    def __init__(self):
        os.environ["TOKENIZERS_PARALLELISM"] = "true"

    def version(self):
        import tokenizers

        return f"tokenizers {tokenizers.__version__}"

    def prepare(self, threads, merges):
        """Its vocabulary counts letters as well as merges, so the letters are counted beforehand."""
        words = {word for language in LANGUAGES for line in read(f"clean.{language}") for word in line.split(" ")}
        letters = {letter for word in words for letter in (*word[:-1], word[-1:] + END_OF_WORD)}
        Path("tokenizers.letters").write_text(str(len(letters)))

    def learn(self, threads, merges):
        os.environ["RAYON_NUM_THREADS"] = str(threads)
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

        tokenizer = Tokenizer(models.BPE(end_of_word_suffix=END_OF_WORD))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        trainer = trainers.BpeTrainer(
            vocab_size=int(Path("tokenizers.letters").read_text()) + merges,
            min_frequency=2,
            end_of_word_suffix=END_OF_WORD,
            show_progress=False,
        )
        tokenizer.train([f"clean.{language}" for language in LANGUAGES], trainer)
        tokenizer.save("tokenizers.json")

    def apply(self, threads, merges):
        """Encodes all lines, in batches that memory holds, and writes nothing."""
        os.environ["RAYON_NUM_THREADS"] = str(threads)
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file("tokenizers.json")
        for language in LANGUAGES:
            lines = read(f"clean.{language}")
            for at in range(0, len(lines), 10_000):
                tokenizer.encode_batch_fast(lines[at : at + 10_000])


PROGRAMS = {"moses": Moses, "subword-nmt": SubwordNmt, "tokenizers": Tokenizers}


def read(path):
    return Path(path).read_text("utf8").split("\n")[:-1]


def write(path, lines):
    with open(path, "w", encoding="utf8") as out:
        out.writelines(line + "\n" for line in lines)


def main():
    program, step, *numbers = sys.argv[1:]
    program = PROGRAMS[program]()
    if step == "version":
        print(program.version())
    else:
        getattr(program, step)(*map(int, numbers))


if __name__ == "__main__":
    main()
