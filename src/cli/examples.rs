//! What stands below the help of each verb: commands to begin with.

pub(super) const ALL: &str = "\
To begin with:
  srp doctor                       is this machine fit for it?
  srp init                         writes experiments/first.toml
  srp plan experiments/first.toml  what would run
  srp run experiments/first.toml   runs it, and prints the table

Exit codes:
  0  done
  1  a stage failed, `cache verify` found damage, `doctor` found something
     wrong, or the cache or the results could not be read or written
  2  the experiment or the command line is wrong, or there is no result yet
     of what is to be shown
  3  `srp plan --check`: something would run
  4  stopped by Ctrl-C, SIGTERM or SIGHUP; what was done is kept, and the
     same command goes on";

pub(super) const RUN: &str = "\
Examples:
  srp run experiments/first.toml
  srp run experiments/first.toml --set rate=0.3
  srp run experiments/first.toml dense-test
  srp run experiments/sweep.toml slim@rate=0.5 --jobs 2 --keep-going";

pub(super) const PLAN: &str = "\
Examples:
  srp plan experiments/first.toml
  srp plan experiments/first.toml --set rate=0.3
  srp plan experiments/sweep.toml --only rate=0.5 --check";

pub(super) const STATUS: &str = "\
Examples:
  srp status
  srp status --watch";

pub(super) const LOGS: &str = "\
Examples:
  srp logs experiments/first.toml
  srp logs experiments/first.toml dense --follow
  srp logs experiments/sweep.toml slim@rate=0.5 --last-failed";

pub(super) const EXPLAIN: &str = "\
Examples:
  srp explain experiments/first.toml dense
  srp explain experiments/sweep.toml slim@rate=0.5";

pub(super) const WHY: &str = "\
Examples:
  srp why results/first.csv
  srp why .srp/artifacts/3f/3fa1…/best.safetensors";

pub(super) const DAG: &str = "\
Examples:
  srp dag experiments/first.toml
  srp dag experiments/first.toml --format dot | dot -Tsvg > first.svg";

pub(super) const TRANSLATE: &str = "\
Examples:
  echo 'ein Hund läuft .' | srp translate 3fa1b2
  srp translate 3fa1b2 --beam 1 < text.de > text.en

`srp plan` shows the keys of models, and `srp cache ls` does.";

pub(super) const EXPORT: &str = "\
Examples:
  srp export 3fa1b2 --to exported

`srp plan` shows the keys of models, and `srp cache ls` does.";

pub(super) const INIT: &str = "\
Examples:
  srp init
  srp init --source text.de --target text.en
  srp init trials --name second --source a.txt --target b.txt \\
    --source-language de --target-language en";

pub(super) const COMPLETIONS: &str = "\
Examples:
  srp completions bash > ~/.local/share/bash-completion/completions/srp";

pub(super) const MAN: &str = "\
Examples:
  srp man ~/.local/share/man/man1";

pub(super) const GC: &str = "\
Nothing is deleted without `--yes`.

Examples:
  srp cache gc --older-than 30d
  srp cache gc --keep-size 20GiB --yes
  srp cache gc --unreachable";

#[cfg(test)]
mod tests {
    use crate::cli::{Cli, command};
    use clap::Parser;

    /// The commands below the help of a verb and of those in it.
    fn examples(command: &clap::Command) -> Vec<String> {
        let help = command.get_after_help().map(ToString::to_string);
        let help = help.unwrap_or_default().replace("\\\n", "");
        let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
        let own = lines.filter(|line| line.starts_with("srp ") || line.contains("| srp "));
        let own = own.map(str::to_owned).collect::<Vec<_>>();
        let inner = command.get_subcommands().flat_map(examples);
        own.into_iter().chain(inner).collect()
    }

    #[test]
    fn every_example_is_a_command() {
        let examples = examples(&command());
        assert!(examples.len() > 20, "{examples:?}");
        for example in examples {
            let from = example.find("srp ").unwrap();
            let words = example[from..].split_whitespace();
            // What follows is the shell's, or a remark.
            let words = words
                .take_while(|word| !["|", ">", "<", "is", "what", "runs", "writes"].contains(word));
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{example}: {error}");
            }
        }
    }

    #[test]
    fn no_line_of_help_is_wider_than_a_terminal() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string);
            for line in help.unwrap_or_default().lines() {
                assert!(line.chars().count() <= 80, "{line}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&command());
    }
}
