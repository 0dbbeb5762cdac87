//! Experiments from outside: those of the repository resolve, and wrong ones say what is wrong, where, and what would
//! be right.

use miette::{GraphicalReportHandler, GraphicalTheme};
use srp::plan::{self, Overrides, Plan, PlanError};
use std::fs;
use std::path::{Path, PathBuf};

/// The TOML files below `folder`, by name. Tests run in the package's root, so names are relative to it.
pub(crate) fn toml_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no TOML files in {folder}");
    files
}

fn render(error: &PlanError) -> String {
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    let mut text = String::new();
    handler.render_report(&mut text, error).unwrap();
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// The overrides that the comments `#! --set …` and `#! SRP_…=…` at the head of a file ask for.
fn overrides_in(file: &Path) -> Overrides {
    let text = fs::read_to_string(file).unwrap();
    let mut overrides = Overrides::default();
    for line in text.lines().map_while(|line| line.strip_prefix("#! ")) {
        match line.strip_prefix("--set ") {
            Some(assignment) => overrides.set.push(assignment.to_owned()),
            None => {
                let (name, value) = line.split_once('=').unwrap();
                overrides.env.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    overrides
}

fn load(file: &Path) -> Result<Plan, PlanError> {
    plan::load(file, &overrides_in(file))
}

#[test]
fn every_experiment_and_every_valid_plan_resolves() {
    for file in toml_files("experiments")
        .into_iter()
        .chain(toml_files("tests/plans/valid"))
    {
        if let Err(error) = load(&file) {
            panic!("{}", render(&error));
        }
    }
}

#[test]
fn every_preset_fits_where_its_folder_says() {
    for file in toml_files("configs") {
        let name = file.strip_prefix("configs").unwrap().with_extension("");
        let name = name.to_str().unwrap();
        let host = match name.split('/').next().unwrap() {
            "defaults" => continue,
            "data" => "[stages.host.preprocess]",
            "model" => "[stages.host.pretrain.model]",
            "train" => "[stages.host.finetune.training]",
            "prune" => "[stages.host.prune]",
            other => panic!("configs/{other} belongs to no table"),
        };
        let folder = tempfile::tempdir().unwrap();
        let experiment = folder.path().join("host.toml");
        let text = format!("[experiment]\ntitle = \"\"\nseed = 1\n{host}\npreset = \"{name}\"\n");
        fs::write(&experiment, text).unwrap();
        // A preset is no whole stage: that something is missing may be all that is wrong.
        if let Err(error) = plan::load(&experiment, &Overrides::default()) {
            assert!(
                matches!(error.problem(), plan::Problem::Missing { .. }),
                "{}",
                render(&error)
            );
        }
    }
}

#[test]
fn every_invalid_plan_says_what_is_wrong() {
    let bless = std::env::var_os("SRP_BLESS").is_some();
    for file in toml_files("tests/plans/invalid") {
        let message = match load(&file) {
            Ok(_) => panic!("{} resolves", file.display()),
            Err(error) => render(&error),
        };
        let expected = file.with_extension("txt");
        if bless {
            fs::write(&expected, &message).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(message, expected, "{}", file.display());
    }
}

#[test]
fn a_sweep_shares_what_does_not_depend_on_it() {
    let plan = load(Path::new("experiments/iwslt-sweep.toml")).unwrap();
    assert_eq!(plan.points.len(), 5);
    let count = |name: &str| {
        plan.nodes
            .iter()
            .filter(|node| node.names.contains(&name.into()))
            .count()
    };
    assert_eq!(
        [
            "corpus",
            "dense",
            "narrow.scores",
            "dense-test",
            "narrow",
            "slim.scores"
        ]
        .map(count),
        [1, 1, 1, 1, 5, 5]
    );
    assert_eq!(
        (
            count("narrow"),
            count("slim"),
            count("final"),
            count("final-test")
        ),
        (5, 5, 5, 5)
    );
    let labels: Vec<&str> = plan.nodes.iter().map(|node| node.label.as_str()).collect();
    assert_eq!(
        labels[..4],
        ["corpus", "dense", "narrow.scores", "narrow@rate=0.5"]
    );
}
