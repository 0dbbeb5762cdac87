//! What the program does when the cache cannot be written, is shared, or the disk is full.

use crate::tiny::{Answer, Place};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A stage that needs no tensors, in the folder `experiments`.
const EXPERIMENT: &str = r#"
[experiment]
title = "A corpus"
seed = 5

[stages.corpus.preprocess]
source-language = "de"
target-language = "en"
bpe.merges = 40
corpus.synthetic = { seed = 1, train = 64, valid = 8, test = 8 }
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("experiments/corpus.toml", EXPERIMENT);
    place
}

const RUN: [&str; 2] = ["run", "experiments/corpus.toml"];

fn run(place: &Place, more: &[&str]) -> Answer {
    place.srp(&[&RUN, more].concat())
}

/// The stages that have artifacts, and whether all of them are whole.
fn verified(place: &Place, more: &[&str]) -> (Option<i32>, String) {
    let answer = place.srp(&[&["cache", "verify"], more].concat());
    (answer.code, answer.out)
}

#[test]
fn a_failure_is_told_before_that_its_log_could_not_be_kept() {
    let place = place();
    fs::create_dir_all(place.path(".srp")).unwrap();
    // In the way, as no space would be.
    fs::write(place.path(".srp/attempts"), "").unwrap();
    let stage = "[experiment]\ntitle = \"none\"\nseed = 1\n[stages.a]\nretry = 1\n\
                 [stages.a.noop]\nvalue = 1\nending = \"fail\"\n";
    place.write("experiments/none.toml", stage);
    let answer = place.srp(&["run", "experiments/none.toml"]);
    assert_eq!(answer.code, Some(1));
    let lost = "its log could not be kept: cannot write to the cache at `.srp/attempts`: ";
    let again = format!("trying `a` again (1 of 1); {lost}");
    for said in [
        "stage `a` failed",
        "the stage was told to fail",
        lost,
        &again,
    ] {
        assert!(answer.err.contains(said), "{said}: {}", answer.err);
    }
    let complaint = answer.complaint();
    let places = ["the stage was told to fail", lost].map(|said| complaint.find(said).unwrap());
    assert!(places.is_sorted(), "{complaint}");
}

#[test]
fn checkouts_can_share_a_cache() {
    let (one, other) = (place(), place());
    let shared = tempfile::tempdir().unwrap();
    let cache = ["--cache", shared.path().to_str().unwrap()];
    assert_eq!(run(&one, &cache).code, Some(0));
    let second = run(&other, &cache);
    assert_eq!(second.code, Some(0));
    assert!(second.err.contains("nothing to run"), "{}", second.err);
    assert!(!other.path(".srp").exists());
    let listed = other.srp(&[&["cache", "ls"], &cache[..]].concat());
    assert!(
        listed.out.contains("  corpus\n1 artifact, "),
        "{}",
        listed.out
    );
}

#[test]
fn a_cache_under_another_is_read_and_never_written() {
    let (one, other) = (place(), place());
    assert_eq!(run(&one, &[]).code, Some(0));
    let under = one.path(".srp");
    let before = listing(&under);
    let answer = Answer::of(
        other
            .command(&RUN)
            .env("SRP_CACHE_UNDER", &under)
            .output()
            .unwrap(),
    );
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.err.contains("nothing to run"), "{}", answer.err);
    assert!(!other.path(".srp/artifacts").exists());
    assert_eq!(listing(&under), before);
    let forced = run(
        &other,
        &[
            "--cache-under",
            under.to_str().unwrap(),
            "--force",
            "corpus",
        ],
    );
    assert_eq!(forced.code, Some(0), "{}", forced.err);
    assert!(other.path(".srp/artifacts").exists());
    assert_eq!(listing(&under), before);
}

/// Every path below a folder, with the time of its last change.
fn listing(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        found.push(format!("{} {modified:?}", path.display()));
        if path.is_dir() {
            found.extend(listing(&path));
        }
    }
    found.sort();
    found
}

#[test]
fn deleted_results_are_written_again_from_the_cache() {
    let place = place();
    assert_eq!(run(&place, &[]).code, Some(0));
    fs::remove_dir_all(place.path("results")).ok();
    let again = run(&place, &[]);
    assert_eq!(again.code, Some(0));
    assert!(
        again.err.contains("nothing to run: 1 stage is cached"),
        "{}",
        again.err
    );
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    use std::path::PathBuf;

    const NOBODY: u32 = 65_534;

    fn allow(path: impl AsRef<Path>, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// `srp` as someone whom permissions concern: they do not concern root.
    fn mortal(place: &Place, arguments: &[&str]) -> Answer {
        let program = place.path("srp");
        if !program.exists() {
            // `cp` writes it, not this process: a child that another test forks meanwhile would hold a copied file open
            // for writing, and then it cannot be run.
            let copied = Command::new("cp")
                .args([Path::new(env!("CARGO_BIN_EXE_srp")), &program])
                .status();
            assert!(copied.unwrap().success());
        }
        let mut command: Command = place.command(arguments);
        let mut mortal = Command::new(&program);
        mortal.args(arguments).env_clear().env("NO_COLOR", "1");
        mortal.current_dir(command.get_current_dir().unwrap());
        command = mortal;
        if fs::metadata(&program).unwrap().uid() == 0 {
            allow(place.path(""), 0o755);
            command.uid(NOBODY);
        }
        Answer::of(command.output().unwrap())
    }

    fn folders(root: &Path) -> Vec<PathBuf> {
        let mut found = vec![root.to_owned()];
        let mut next = 0;
        while next < found.len() {
            let entries = fs::read_dir(&found[next]).unwrap();
            let paths = entries.map(|entry| entry.unwrap().path());
            found.extend(paths.filter(|path| path.is_dir()).collect::<Vec<_>>());
            next += 1;
        }
        found
    }

    #[test]
    fn a_cache_on_a_read_only_folder_serves_what_it_has_and_takes_nothing() {
        let place = place();
        assert_eq!(run(&place, &[]).code, Some(0));
        let all = folders(&place.path(".srp"));
        all.iter().for_each(|folder| allow(folder, 0o555));
        let same = [
            "run",
            "experiments/corpus.toml",
            "--results",
            "/nonexistent",
        ];

        let cached = mortal(&place, &same);
        assert_eq!(cached.code, Some(0), "{}", cached.err);
        assert!(cached.err.contains("nothing to run"), "{}", cached.err);
        assert_eq!(mortal(&place, &["cache", "ls"]).code, Some(0));
        assert_eq!(mortal(&place, &["cache", "verify"]).code, Some(0));
        assert_eq!(
            mortal(&place, &["cache", "gc", "--keep-size", "0"]).code,
            Some(0)
        );

        let more = [
            &same[..],
            &["--set", "stages.corpus.preprocess.bpe.merges=41"],
        ]
        .concat();
        let refused = mortal(&place, &more);
        assert_eq!(refused.code, Some(1), "{}", refused.err);
        assert!(
            refused.complaint().starts_with(
                "exec::no_place\n\n  × stage `corpus` is not cached, and cannot be made\n  \
                 ├─▶ cannot write to the cache at `.srp/tmp.lock`\n  \
                 ╰─▶ Permission denied (os error 13)\n  help: free space or permissions there"
            ),
            "{}",
            refused.complaint()
        );
        let deleted = mortal(&place, &["cache", "gc", "--keep-size", "0", "--yes"]);
        assert_eq!(deleted.code, Some(1), "{}", deleted.out);
        assert!(
            deleted.err.contains("cannot write to the cache at"),
            "{}",
            deleted.err
        );

        all.iter().for_each(|folder| allow(folder, 0o755));
        assert_eq!(
            verified(&place, &[]),
            (Some(0), "1 artifact read, 0 damaged\n".to_owned())
        );
    }

    #[test]
    fn what_may_not_be_read_is_not_taken_for_damaged() {
        let place = place();
        assert_eq!(run(&place, &[]).code, Some(0));
        let all = folders(&place.path(".srp"));
        all.iter().for_each(|folder| allow(folder, 0o777));
        let manifests = all.iter().map(|folder| folder.join("manifest.json"));
        let manifest = manifests.into_iter().find(|path| path.exists()).unwrap();
        allow(&manifest, 0o000);
        let answer = mortal(&place, &["cache", "verify"]);
        assert_eq!(answer.code, Some(1));
        assert!(
            answer.err.contains("cannot read `.srp/artifacts/"),
            "{}",
            answer.err
        );
        assert!(manifest.exists() && !place.path(".srp/quarantine").exists());
    }

    /// Runs `srp run` where no file may grow beyond some blocks of 512 or 1024 bytes, as on a full disk.
    fn cramped(place: &Place, blocks: u32, arguments: &[&str]) -> Answer {
        let line = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &line, env!("CARGO_BIN_EXE_srp")])
            .args(arguments)
            .env("NO_COLOR", "1")
            .current_dir(place.path(""));
        Answer::of(shell.output().unwrap())
    }

    #[test]
    fn a_full_disk_ends_the_stage_in_words_and_loses_nothing() {
        let place = place();
        assert_eq!(run(&place, &[]).code, Some(0));
        let more = ["--set", "stages.corpus.preprocess.bpe.merges=41"];
        for blocks in [0, 1] {
            let answer = cramped(&place, blocks, &[&RUN[..], &more].concat());
            assert_eq!(answer.code, Some(1), "{blocks}: {}", answer.err);
            let said = answer.complaint();
            assert!(
                said.contains("File too large (os error 27)"),
                "{blocks}: {said}"
            );
            assert!(said.contains(".srp/tmp"), "{blocks}: {said}");
            let whole = "1 artifact read, 0 damaged\n".to_owned();
            assert_eq!(verified(&place, &[]), (Some(0), whole));
        }
        let cached = cramped(&place, 0, &RUN);
        assert!(cached.err.contains("nothing to run"), "{}", cached.err);
        assert_eq!(run(&place, &more).code, Some(0));
        let whole = "2 artifacts read, 0 damaged\n".to_owned();
        assert_eq!(verified(&place, &[]), (Some(0), whole));
    }
}
