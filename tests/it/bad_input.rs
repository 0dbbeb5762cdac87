//! Bad input, as a user meets it: the message on stderr and the exit code.

use crate::tiny::{Answer, Place};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;

/// The experiment or the command line is wrong.
const INPUT: i32 = 2;
/// A stage failed, or something could not be read or written.
const WORK: i32 = 1;

#[track_caller]
fn assert_complains(answer: &Answer, code: i32, complaint: &str) {
    assert_eq!(answer.complaint(), complaint.trim());
    assert_eq!(answer.code, Some(code));
}

/// `bytes` as a `.gz` file has them.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_wrong_plan_is_shown_where_it_is_wrong() {
    let place = Place::new();
    let run = |set: &str| place.run(&["--set", set]);
    assert_complains(
        &run("stages.dense.pretrain.sead=2"),
        INPUT,
        "
plan::unknown_key

  × stage `dense` (pretrain) has no key `sead`
   ╭─[--set:1:1]
 1 │ stages.dense.pretrain.sead=2
   · ─────────────┬────────────
   ·              ╰── unknown key
   ╰────
  help: did you mean `seed`? keys here: corpus, seed, model, training
",
    );
    let text = fs::read_to_string(place.path("tiny.toml")).unwrap();
    place.write(
        "tiny.toml",
        text.replace("rate = [0.5, 0.3]", "rate = [0.5, 0]"),
    );
    let answer = place.run(&[]);
    assert_eq!(answer.code, Some(INPUT));
    for said in [
        "`compression-rate` of stage `narrow` (prune) has a wrong value",
        "tiny.toml:10:14",
        "rate = [0.5, 0]",
        "expected a compression rate above 0 and at most 1, found 0",
    ] {
        assert!(answer.err.contains(said), "no {said} in:\n{}", answer.err);
    }
}

#[test]
fn every_kind_of_wrong_plan_has_the_exit_code_2() {
    let place = Place::new();
    for set in [
        "stages.dense.pretrain.seed=x",
        "params.rate=0",
        "params.rate=1.5",
        "stages.final.finetune.model=\"slender\"",
        "stages.narrow.prune.model=\"final\"",
        "stages.final-test.test.model=\"corpus\"",
    ] {
        let answer = place.run(&["--set", set]);
        assert_eq!(answer.code, Some(INPUT), "{set}: {}", answer.err);
        assert!(answer.err.starts_with("plan::"), "{set}: {}", answer.err);
        assert!(answer.err.contains("╭─["), "{set}: {}", answer.err);
        assert_eq!(answer.out, "");
    }
    assert!(!place.path(".srp").exists());
}

#[test]
fn unequal_line_counts_are_counted() {
    let place = Place::with_files();
    place.write("data/train.en", "one\ntwo\n");
    assert_complains(
        &place.run(&[]),
        WORK,
        "
exec::stage_failed

  × stage `corpus` failed
  ╰─▶ data/train.de has 8 lines and data/train.en has 2: line n of one must translate line n of the other
  help: its log is kept in `.srp/attempts/corpus-TIME`
",
    );
}

#[test]
fn an_empty_corpus_is_named() {
    let place = Place::with_files();
    place.write("data/train.de", "\n  \n");
    assert_complains(
        &place.run(&[]),
        WORK,
        "
exec::stage_failed

  × stage `corpus` failed
  ╰─▶ data/train.de has no text
  help: its log is kept in `.srp/attempts/corpus-TIME`
",
    );
}

#[test]
fn a_corpus_that_cleaning_empties_says_what_cleaning_keeps() {
    let place = Place::with_files();
    assert_complains(
        &place.run(&["--set", "stages.corpus.preprocess.clean.max-tokens=2"]),
        WORK,
        "
exec::stage_failed

  × stage `corpus` failed
  ╰─▶ cleaning dropped all 8 training pairs; it keeps those with 1 to 2 tokens a side and a length ratio of at most 1.5
  help: its log is kept in `.srp/attempts/corpus-TIME`
",
    );
}

#[test]
fn bytes_that_are_no_text_are_found_on_their_line() {
    let place = Place::with_files();
    place.write("data/test.en", b"one\ntw\xff\n");
    assert_complains(
        &place.run(&[]),
        WORK,
        "
exec::stage_failed

  × stage `corpus` failed
  ╰─▶ data/test.en, line 2: not valid UTF-8
  help: its log is kept in `.srp/attempts/corpus-TIME`
",
    );
}

#[test]
fn a_missing_file_is_looked_for_plain_and_compressed() {
    let place = Place::with_files();
    fs::remove_file(place.path("data/valid.en")).unwrap();
    assert_complains(
        &place.run(&[]),
        WORK,
        "
exec::stage_failed

  × stage `corpus` failed
  ╰─▶ neither data/valid.en nor data/valid.en.gz exists
",
    );
}

#[test]
fn a_compressed_file_that_was_cut_short_is_named() {
    let place = Place::with_files();
    let whole = compressed(&fs::read(place.path("data/train.en")).unwrap());
    fs::remove_file(place.path("data/train.en")).unwrap();
    place.write("data/train.en.gz", &whole[..whole.len() / 2]);
    let answer = place.run(&[]);
    assert_eq!(answer.code, Some(WORK));
    let complaint = answer.complaint();
    assert!(
        complaint.contains("├─▶ data/train.en.gz is damaged or not complete\n"),
        "{complaint}"
    );
}

/// An experiment on an IWSLT archive that has yet to be put in its place.
fn with_archive(more: &str) -> Place {
    Place::with(&format!(
        "corpus.iwslt14 = {{ archive = \"downloads/de-en.tgz\"{more} }}"
    ))
}

#[test]
fn a_missing_archive_says_where_it_can_be_had_and_what_it_should_be() {
    let place = with_archive(r#", origin = "https://example.org/de-en.tgz", sha256 = "00ff""#);
    assert_complains(
        &place.run(&[]),
        WORK,
        "
exec::stage_failed

  × stage `corpus` failed
  ╰─▶ downloads/de-en.tgz does not exist; it can be had from https://example.org/de-en.tgz; its SHA-256 should be 00ff
",
    );
    place.write("downloads/de-en.tgz", "something else");
    let complaint = place.run(&[]).complaint();
    assert!(
        complaint.contains("╰─▶ downloads/de-en.tgz is not the expected file: its SHA-256 is"),
        "{complaint}"
    );
    assert!(complaint.contains("expected 00ff;"), "{complaint}");
}

#[test]
fn an_archive_that_was_cut_short_or_lacks_a_file_is_named() {
    let place = with_archive("");
    let mut block = vec![0; 512];
    block[..8].copy_from_slice(b"de-en/to");
    let whole = compressed(&block.repeat(40));
    place.write("downloads/de-en.tgz", &whole[..whole.len() / 2]);
    let answer = place.run(&[]);
    assert_eq!(answer.code, Some(WORK));
    let complaint = answer.complaint();
    assert!(
        complaint.contains("├─▶ downloads/de-en.tgz is damaged or not complete\n"),
        "{complaint}"
    );

    place.write("downloads/de-en.tgz", compressed(&[0; 1024]));
    assert_complains(
        &place.run(&[]),
        WORK,
        "
exec::stage_failed

  × stage `corpus` failed
  ╰─▶ downloads/de-en.tgz holds no file `train.tags.de-en.de`
  help: its log is kept in `.srp/attempts/corpus-TIME`
",
    );
}

#[test]
fn a_cache_that_cannot_be_written_says_where_another_may_be() {
    let place = Place::new();
    place.write("file", "");
    assert_complains(
        &place.run(&["--cache", "file"]),
        WORK,
        "
exec::no_place

  × stage `corpus` is not cached, and cannot be made
  ├─▶ cannot write to the cache at `file`
  ╰─▶ File exists (os error 17)
  help: free space or permissions there, or keep the cache elsewhere with `--cache DIR` or SRP_CACHE; `--cache-under DIR` reads artifacts from a folder without writing to it
",
    );
}

#[test]
fn a_device_that_is_none_is_refused() {
    let answer = Place::new().run(&["--device", "nonsense"]);
    assert_eq!(answer.code, Some(INPUT));
    let said = "invalid value 'nonsense' for '--device <DEVICE>': expected `auto`, `cpu`, `cuda` or `cuda:N`";
    assert!(answer.err.contains(said), "{}", answer.err);
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_build_without_cuda_says_how_to_make_one_with_it() {
    let place = Place::new();
    assert_complains(
        &place.run(&["--device", "cuda"]),
        INPUT,
        "
device::not_built

  × this srp was built without CUDA
  help: build it with `cargo build --release --features cuda`
",
    );
    assert!(!place.path(".srp").exists());
}

/// What only stages that compute can stumble over.
#[cfg(feature = "nn")]
mod computing {
    use super::*;
    use std::collections::BTreeMap;
    use std::process::Stdio;

    #[test]
    fn a_sentence_over_the_budget_of_tokens_is_told_by_length_words_and_key() {
        let place = Place::with_files();
        let answer = place.run(&[
            "--set",
            "stages.dense.pretrain.training.batching.max-tokens=4",
        ]);
        assert_eq!(answer.code, Some(WORK));
        let complaint = answer.complaint();
        for said in [
            "stage `dense` failed",
            "├─▶ cannot cut the split `train` into batches",
            " has 5 tokens, more than `max-tokens` = 4 lets into a batch",
            "raise `batching.max-tokens`, or lower `clean.max-tokens`",
            "begins: haus ",
        ] {
            assert!(complaint.contains(said), "no {said} in:\n{complaint}");
        }
    }

    #[test]
    fn a_corpus_too_long_for_the_model_is_refused_before_training() {
        let place = Place::with_files();
        let answer = place.run(&["--set", "stages.dense.pretrain.model.max-positions=4"]);
        assert_complains(
            &answer,
            WORK,
            "
exec::stage_failed

  × stage `dense` failed
  ╰─▶ all 8 training pairs are longer than the model's `max-positions` = 4
  help: its log is kept in `.srp/attempts/dense-TIME`
",
        );
        let long = "haus 1 ".repeat(40);
        place.write("data/valid.de", format!("{long}\n").repeat(8));
        let answer = place.run(&[]);
        assert_complains(
            &answer,
            WORK,
            "
exec::stage_failed

  × stage `dense` failed
  ├─▶ cannot translate the split `valid`
  ╰─▶ sentence 1 has 81 tokens with its end of sentence, more than the model's `max-positions` = 64
  help: shorten the sentence, or train a model with a larger `model.max-positions`
        its log is kept in `.srp/attempts/dense-TIME`
",
        );
    }

    #[test]
    fn training_pairs_too_long_for_the_model_are_counted() {
        let place = Place::with_files();
        let mut long = fs::read_to_string(place.path("data/train.de")).unwrap();
        long += &"haus 1 ".repeat(40);
        place.write("data/train.de", &long);
        place.write("data/train.en", long.replace("haus", "house"));
        let answer = place.run(&[]);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        assert!(
            answer
                .err
                .contains("dense: 1 training pair left out, longer than `max-positions` = 64\n"),
            "{}",
            answer.err
        );
    }

    #[test]
    fn a_test_sentence_too_long_for_the_model_is_named() {
        let place = Place::with_files();
        place.write("data/test.de", format!("haus\n{}\n", "haus 1 ".repeat(40)));
        place.write("data/test.en", "house\nhouse\n");
        assert_complains(
            &place.run(&[]),
            WORK,
            "
exec::stage_failed

  × stage `dense-test` failed
  ├─▶ cannot translate the split `test`
  ╰─▶ sentence 2 has 81 tokens with its end of sentence, more than the model's `max-positions` = 64
  help: shorten the sentence, or train a model with a larger `model.max-positions`
        its log is kept in `.srp/attempts/dense-test-TIME`
",
        );
    }

    #[cfg(feature = "tables")]
    #[test]
    fn a_table_that_cannot_be_written_is_still_printed() {
        let place = Place::with_files();
        place.write("file", "");
        let answer = place.run(&["--results", "file"]);
        assert_eq!(answer.code, Some(WORK));
        let complaint = answer.complaint();
        let expected = "
results::unwritable

  × cannot write the table `file/tiny.csv`
  ╰─▶ File exists (os error 17)
  help: another folder can be named with `--results DIR`
";
        assert!(complaint.ends_with(expected.trim()), "{complaint}");
        assert!(answer.out.starts_with("| rate |"), "{}", answer.out);
    }

    /// What `srp translate MODEL` answers to some input.
    fn translate(place: &Place, model: &str, input: &[u8]) -> Answer {
        let mut child = place
            .command(&["translate", model])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Whoever refuses the model does not read.
        child.stdin.take().unwrap().write_all(input).ok();
        Answer::of(child.wait_with_output().unwrap())
    }

    #[test]
    fn what_is_no_model_cannot_translate() {
        let place = Place::with_files();
        fs::create_dir(place.path("empty")).unwrap();
        for name in ["nothing/here", "abc"] {
            assert_complains(
                &translate(&place, name, b""),
                INPUT,
                &format!(
                    "
  × `{name}` is neither a folder nor the beginning of a key in `.srp`
  help: `srp plan FILE` shows the keys of an experiment's stages
"
                ),
            );
        }
        let no_model = |name: &str| {
            format!(
                "
  × `{name}` holds no model
  help: name what a stage of the kind pretrain, prune, finetune or import has made
"
            )
        };
        assert_complains(&translate(&place, "empty", b""), INPUT, &no_model("empty"));

        assert_eq!(place.run(&[]).code, Some(0));
        let artifacts = place.artifacts();
        for stage in ["corpus", "dense-test"] {
            let made = &artifacts[stage];
            let shown = made.folder.strip_prefix(place.path("")).unwrap();
            let shown = shown.to_str().unwrap();
            let answer = translate(&place, &made.manifest.key.short(), b"");
            assert_complains(&answer, INPUT, &no_model(shown));
        }
        // Fourteen keys begin with sixteen digits.
        let mut by_digit: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for made in artifacts.values() {
            let key = made.manifest.key.to_string();
            by_digit
                .entry(key[..1].to_owned())
                .or_default()
                .push(made.manifest.key.short());
        }
        let (digit, keys) = by_digit.iter().max_by_key(|(_, keys)| keys.len()).unwrap();
        let answer = translate(&place, digit, b"");
        assert_eq!(answer.code, Some(INPUT));
        let said = format!("`{digit}` is the beginning of {} keys", keys.len());
        assert!(
            keys.len() > 1 && answer.err.contains(&said),
            "{}",
            answer.err
        );
        assert!(
            keys.iter().all(|key| answer.err.contains(key)),
            "{}",
            answer.err
        );
    }

    #[test]
    fn lines_that_cannot_be_translated_are_counted_from_the_first() {
        let place = Place::with_files();
        assert_eq!(place.run(&[]).code, Some(0));
        let model = place.artifacts()["dense"].folder.clone();
        let model = model.to_str().unwrap();
        // More lines than are searched together come before.
        let before = b"haus\n".repeat(130);
        let answer = translate(
            &place,
            model,
            &[&before, "haus ".repeat(70).as_bytes()].concat(),
        );
        assert_complains(
            &answer,
            WORK,
            "
  × sentence 131 has 71 tokens with its end of sentence, more than the model's `max-positions` = 64
  help: shorten the sentence, or train a model with a larger `model.max-positions`
",
        );
        assert_eq!(answer.out.lines().count(), 130);
        let answer = translate(&place, model, &[&before[..], b"ha\xff\n"].concat());
        assert_complains(
            &answer,
            WORK,
            "
  × cannot read line 131 of the input: stream did not contain valid UTF-8
",
        );
        assert_eq!(answer.out.lines().count(), 130);
    }

    #[test]
    fn a_model_that_was_cut_short_is_not_read() {
        let place = Place::with_files();
        assert_eq!(place.run(&[]).code, Some(0));
        let numbers = place.artifacts()["dense"]
            .folder
            .join("best/model.safetensors");
        let whole = fs::read(&numbers).unwrap();
        fs::write(&numbers, &whole[..whole.len() / 2]).unwrap();
        let key = place.artifacts()["dense"].manifest.key.to_string();
        let answer = translate(&place, &key[..12], b"haus\n");
        assert_eq!(answer.code, Some(WORK));
        let said = format!(
            "`.srp/artifacts/{}/{key}/best/model.safetensors` is not a whole safetensors file",
            &key[..2]
        );
        assert!(answer.err.contains(&said), "{}", answer.err);

        // A run sees that too, and makes the model again.
        let answer = place.run(&[]);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        assert_eq!(answer.stages("started"), ["dense"]);
        assert!(
            answer.err.contains(
                "the artifact of `dense` is damaged: `best/model.safetensors` has another size than it was made with"
            ),
            "{}",
            answer.err
        );
    }
}

#[test]
fn a_number_of_nothing_is_refused_in_the_same_words_everywhere() {
    let place = Place::empty();
    for words in [
        &["bench", "plan", "--runs", "0"][..],
        &["bench", "text", "--threads", "0"],
        &["bench", "text", "--runs", "0"],
        &["bench", "train", "--steps", "0"],
        &["bench", "train", "--threads", "0"],
        &["bench", "decode", "--runs", "0"],
        &["run", "tiny.toml", "--jobs", "0"],
    ] {
        let answer = place.srp(words);
        assert_eq!(answer.code, Some(2), "{words:?}");
        let told = answer.err.contains("expected a whole number, at least 1");
        assert!(told, "{words:?}: {}", answer.err);
    }
}

#[test]
fn a_beam_wider_than_any_search_needs_is_refused_before_a_model_is_looked_for() {
    let answer = Place::empty().srp(&["translate", "abc", "--beam", "100000"]);
    assert_eq!(answer.code, Some(2));
    let told = "expected a whole number from 1 to 1000, found 100000";
    assert!(answer.err.contains(told), "{}", answer.err);
}
