//! Tests of the grammar as a whole, by many draws.

use super::*;
use std::collections::HashMap;

fn draws(count: u64) -> impl Iterator<Item = Pair> {
    (0..count).filter_map(|index| pair(Stream::indexed(1, "test", index)))
}

fn corpus(seed: u64) -> RawCorpus {
    let count = |count| NonZeroUsize::new(count).unwrap();
    let spec = Synthetic {
        seed,
        train: count(1000),
        valid: count(50),
        test: count(100),
    };
    generate(&spec).unwrap()
}

#[test]
fn a_german_sentence_has_one_translation() {
    let mut translations = HashMap::new();
    for (source, target) in draws(30_000) {
        let first = translations
            .entry(source.clone())
            .or_insert_with(|| target.clone());
        assert_eq!(*first, target, "{source}");
    }
    assert!(translations.len() > 20_000, "{}", translations.len());
}

#[test]
fn sentences_have_4_to_20_tokens() {
    for (source, target) in draws(2000) {
        for text in [source, target] {
            assert!(TOKENS.contains(&tokens(&text)), "{text}");
            assert!(text.starts_with(char::is_uppercase), "{text}");
            assert!(text.ends_with(['.', '?']), "{text}");
            assert!(!text.contains("  ") && !text.contains(" ,"), "{text}");
        }
    }
    assert_eq!(tokens("Ja, er sieht ihn."), 6);
}

#[test]
fn no_source_sentence_comes_twice() {
    let corpus = corpus(3);
    let Validation::Given(valid) = &corpus.valid else {
        panic!("{:?}", corpus.valid)
    };
    let sets = [&corpus.train, valid, &corpus.tests[TEST]];
    assert_eq!(sets.map(|set| set.source.len()), [1000, 50, 100]);
    assert_eq!(sets.map(|set| set.target.len()), [1000, 50, 100]);
    let distinct: HashSet<&String> = sets.iter().flat_map(|set| &set.source).collect();
    assert_eq!(distinct.len(), 1150);
}

#[test]
fn a_seed_makes_the_same_corpus_everywhere() {
    let corpus = corpus(1);
    let expected = [
        (
            "Drei Schlüssel sind vor einem teuren Bus.",
            "Three keys are in front of an expensive bus.",
        ),
        (
            "Maria hat diese Woche meinen Apfel nicht verkauft.",
            "Maria did not sell my apple this week.",
        ),
        (
            "Zwei Bälle sind schön, obwohl sie sehr alt sind.",
            "Two balls are beautiful although they are very old.",
        ),
        (
            "Peter kauft morgen zehn Schulstühle.",
            "Peter will buy ten school chairs tomorrow.",
        ),
    ];
    let first: Vec<_> = corpus.train.pairs().take(expected.len()).collect();
    assert_eq!(first, expected);
}

#[test]
fn different_seeds_make_different_corpora() {
    assert_ne!(corpus(1), corpus(2));
}

#[test]
fn asking_for_more_than_there_is_fails() {
    let known = || Some(("Ja.".to_owned(), "Yes.".to_owned()));
    let error = distinct(2, std::iter::repeat_with(known)).unwrap_err();
    assert_eq!(error, TooManyAsked { asked: 2, found: 1 });
}

#[test]
fn every_construction_is_drawn() {
    let drawn: Vec<Pair> = draws(10_000).collect();
    for (german, english) in [
        (" den großen ", " the big "),
        (" dem ", " to the "),
        (" ruft ", " calls "),
        (" angerufen", " called "),
        (", weil er ", " because it "),
        (", weil es ", " because she "),
        (", dass sie ", " that they "),
        (" muss ", " has to "),
        (" will ", " wants to "),
        (" nicht ", " does not "),
        (" nicht ", " cannot "),
        (" keinen ", " no "),
        ("Gartentor", "garden gate"),
        ("Morgen ", "Tomorrow "),
        ("Obwohl ", "Although "),
        ("Im ", "In the "),
        (" ins ", " into the "),
        ("Es gibt ", "There are "),
        ("Wen ", "Who did "),
        (" zwei ", " two "),
    ] {
        let both = |pair: &&Pair| pair.0.contains(german) && pair.1.contains(english);
        assert!(drawn.iter().any(|pair| both(&pair)), "{german} / {english}");
    }
}
