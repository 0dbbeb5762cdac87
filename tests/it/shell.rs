//! What shells and `man` are told of the command line.

use crate::fake::{Fake, Notes};
use std::fs;

fn srp(words: &[&str]) -> String {
    let mut out = Vec::new();
    let words = std::iter::once("srp").chain(words.iter().copied());
    let done = srp::cli::execute(
        words.map(Into::into),
        &Fake::default(),
        &mut out,
        &Notes::default(),
    );
    done.unwrap_or_else(|failure| panic!("{failure}"));
    String::from_utf8(out).unwrap()
}

/// The verbs that people use.
fn verbs() -> Vec<String> {
    let command = srp::cli::command();
    let shown = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    shown.map(|verb| verb.get_name().to_owned()).collect()
}

#[test]
fn every_shell_is_told_every_verb() {
    assert!(verbs().len() > 12, "{:?}", verbs());
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = srp(&["completions", shell]);
        for verb in verbs() {
            assert!(script.contains(&verb), "{shell} does not know {verb}");
        }
        assert!(script.contains("cache"), "{shell}");
    }
}

#[test]
fn every_verb_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let said = srp(&["man", pages.to_str().unwrap()]);
    assert!(said.starts_with("wrote manual pages to"), "{said}");
    for verb in verbs() {
        let page = fs::read_to_string(pages.join(format!("srp-{verb}.1"))).unwrap();
        assert!(page.contains(".SH NAME"), "{verb}");
    }
    let first = fs::read_to_string(pages.join("srp.1")).unwrap();
    assert_eq!(srp(&["man"]), first);
    assert!(first.contains("Exit codes"), "{first}");
}
