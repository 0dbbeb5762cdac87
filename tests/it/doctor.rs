//! `srp doctor`: what it says of a machine and a cache, and how it answers.

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn doctor(folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_srp"));
    command.current_dir(folder).env_remove("SRP_CACHE");
    command
        .args(["doctor", "--quick"])
        .args(more)
        .output()
        .unwrap()
}

fn verdicts(output: &Output) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        report["well"] == true,
        output.status.success(),
        "{report:#}"
    );
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .map(|check| (text(&check["about"]), text(&check["verdict"])))
        .collect()
}

#[test]
fn everything_is_looked_at_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let verdicts = verdicts(&doctor(folder.path(), &["--json"]));
    let looked_at: Vec<&str> = verdicts.iter().map(|(about, _)| about.as_str()).collect();
    assert_eq!(
        looked_at,
        ["srp", "processor", "memory", "disk", "GPU", "cache"]
    );
    assert_eq!(verdicts[5].1, "fine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_cache_that_cannot_be_written_is_told_with_advice_and_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".srp")).unwrap();
    fs::write(folder.path().join(".srp/tmp"), "in the way").unwrap();
    let output = doctor(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("cannot write to the cache at"), "{text}");
    assert!(
        text.contains("WRONG: `--cache DIR` or SRP_CACHE names another folder"),
        "{text}"
    );
    assert!(text.ends_with("must be seen to\n"), "{text}");
    let as_json = verdicts(&doctor(folder.path(), &["--json"]));
    assert_eq!(as_json[5], ("cache".to_owned(), "wrong".to_owned()));
}
