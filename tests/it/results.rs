//! Tables are a function of artifacts, and of nothing else.

use crate::fake::{report, reporting, sweep};
use srp::cache::{Artifact, Cache};
use srp::exec::{Options, Silent, Status, execute, preview};
use srp::plan::Plan;
use srp::results::{BesideBaseline, Record, SpeedUp, Values, columns, markdown, records};
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

fn made() -> (TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("cache"));
    let options = Options::default();
    execute(&sweep(), &cache, &reporting(), &options, &Silent).unwrap();
    (folder, cache)
}

fn read(plan: &Plan, cache: &Cache) -> Vec<Record> {
    let statuses = preview(plan, cache, &reporting(), &Options::default()).unwrap();
    let artifacts: Vec<_> = statuses.iter().map(Status::artifact).collect();
    records(plan, &artifacts).unwrap()
}

/// Two records whose numbers are all known.
/// How the columns can be seen that are too many.
const ALL: &str = "a file has all";

fn known() -> Vec<Record> {
    let (_folder, cache) = made();
    let mut records = read(&sweep(), &cache);
    for (record, bleu) in records.iter_mut().zip([27.456, 5.5]) {
        record.report = report(bleu);
        record.asked_ratio = Some(0.515);
        record.seconds = ["corpus", "dense", "final"]
            .map(|stage| (stage.to_owned(), 100.0))
            .into();
    }
    records
}

#[test]
fn there_is_a_row_for_each_point_with_the_time_of_its_own_path() {
    let (_folder, cache) = made();
    let rows = read(&sweep(), &cache);
    let [one, two] = &rows[..] else {
        panic!("{rows:?}");
    };
    assert_eq!(one.params["seed"].as_integer(), Some(1));
    assert_eq!(two.params["seed"].as_integer(), Some(2));
    assert_ne!(one.report.bleu, two.report.bleu);
    assert_ne!(one.artifact, two.artifact);
    let stages: Vec<_> = one.seconds.keys().collect();
    assert_eq!(stages, ["corpus", "dense", "final"]);
    assert_eq!(one.seconds["corpus"], two.seconds["corpus"], "it is shared");
}

#[test]
fn a_point_that_is_not_finished_has_no_row() {
    let (_folder, cache) = made();
    let plan = sweep();
    let statuses = preview(&plan, &cache, &reporting(), &Options::default()).unwrap();
    let mut artifacts: Vec<Option<&Artifact>> = statuses.iter().map(Status::artifact).collect();
    let last = plan.points[0].stages[&"final".into()];
    artifacts[last.0] = None;
    let rows = records(&plan, &artifacts).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].params["seed"].as_integer(), Some(2));
}

#[test]
fn a_report_that_makes_no_sense_is_named() {
    let (_folder, cache) = made();
    let plan = sweep();
    let statuses = preview(&plan, &cache, &reporting(), &Options::default()).unwrap();
    let artifacts: Vec<_> = statuses.iter().map(Status::artifact).collect();
    let path = artifacts[2].unwrap().path().join("report.json");
    fs::write(&path, r#"{"bleu": 1}"#).unwrap();
    let error = records(&plan, &artifacts).unwrap_err();
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
}

#[test]
fn every_column_has_a_value_for_every_row() {
    let columns = columns(&known());
    let names: Vec<_> = columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names[..4], ["experiment", "seed", "stage", "split"]);
    let tail = [
        "artifact",
        "seconds.corpus",
        "seconds.dense",
        "seconds.final",
    ];
    assert_eq!(names[names.len() - 4..], tail);
    for column in &columns {
        let filled = match &column.values {
            Values::Bool(values) => values.iter().flatten().count(),
            Values::Integer(values) => values.iter().flatten().count(),
            Values::Float(values) => values.iter().flatten().count(),
            Values::Text(values) => values.iter().flatten().count(),
        };
        // No unpruned model was tested.
        let expected = match &*column.name {
            "flops_ratio" | "speed_up" | "batch_speed_up" => 0,
            _ => 2,
        };
        assert_eq!(filled, expected, "{}", column.name);
    }
}

#[test]
fn the_printed_table_is_rounded_and_carries_signatures() {
    let expected = "\
| seed | stage |  BLEU |  chrF | parameters |  asked |   left |  FLOPs | fewer | faster | in batches |       time |
| ---: | ----- | ----: | ----: | ---------: | -----: | -----: | -----: | ----: | -----: | ---------: | ---------: |
|    1 | final | 27.46 | 45.12 |     2.94 k | 51.5 % | 50.0 % | 1.23 M |       |        |            | 5 min 00 s |
|    2 | final |  5.50 | 45.12 |     2.94 k | 51.5 % | 50.0 % | 1.23 M |       |        |            | 5 min 00 s |
BLEU: case:lc|tok:13a
chrF: nc:6|nw:0
";
    assert_eq!(markdown(&known(), None, ALL), expected);
    assert_eq!(markdown(&[], None, ALL), "");
}

#[test]
fn a_speed_up_that_is_noise_is_marked_and_one_that_is_none_is_explained() {
    let mut records = known();
    let speed_up = |ratio, noise| Some(SpeedUp { ratio, noise });
    for (record, batch_speed_up) in records.iter_mut().zip([speed_up(2.0, false), None]) {
        record.beside_baseline = Some(BesideBaseline {
            flops_ratio: 1.5,
            speed_up: speed_up(1.03, true),
            unlike: batch_speed_up.is_none(),
            batch_speed_up,
        });
    }
    let text = markdown(&records, None, ALL);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[2].contains("| 1.50 x | ~1.03 x |     2.00 x |"),
        "{text}"
    );
    assert!(
        lines[3].contains("| 1.50 x | ~1.03 x |            |"),
        "{text}"
    );
    assert!(
        lines[4].starts_with("faster, in batches: ~ is no more than noise"),
        "{text}"
    );
    assert!(
        lines[5].starts_with("faster, in batches: empty where"),
        "{text}"
    );
    assert!(!text.contains("processors busy"), "{text}");
    records[0].decode.other_load = Some(1.5);
    if let Some(found) = &mut records[0].beside_baseline {
        found.speed_up = speed_up(1.05, true);
    }
    let crowded = markdown(&records, None, ALL);
    assert!(
        crowded.contains("speeds of 1 of 2 rows were measured while other programs kept up to 1.5 processors busy"),
        "{crowded}"
    );
    let narrow = markdown(&records, Some(12), ALL);
    assert!(
        narrow.contains("too wide to show") && !narrow.contains('~') && !narrow.contains("busy"),
        "nothing is said of what is not shown: {narrow}"
    );
    records[0].beside_baseline = None;
    records[0].decode.other_load = None;
    records.truncate(1);
    assert_eq!(
        markdown(&records, None, ALL).lines().count(),
        5,
        "nothing needs a word"
    );
}

#[test]
fn the_table_fits_a_terminal_and_says_what_it_leaves_out() {
    let text = markdown(&known(), Some(50), ALL);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("the same in all rows: stage final, chrF 45.12, "),
        "{text}"
    );
    assert!(lines[2].starts_with("| seed |"), "{text}");
    assert!(
        lines[2..6].iter().all(|line| line.chars().count() <= 50),
        "{text}"
    );
    let narrow = markdown(&known(), Some(10), ALL);
    assert!(
        narrow.contains("too wide to show: BLEU; a file has all"),
        "{narrow}"
    );
}

#[test]
fn a_record_without_parameters_needs_no_column_for_them() {
    let mut rows = known();
    rows.truncate(1);
    rows[0].params = BTreeMap::new();
    assert!(markdown(&rows, None, ALL).starts_with("| stage |"));
    assert_eq!(columns(&rows)[1].name, "stage");
}

#[cfg(feature = "tables")]
mod tables {
    use super::{Values, columns, known, made, read};
    use crate::fake::sweep;
    use srp::results::{Format, Rows, write};
    use std::fs;

    #[test]
    fn the_same_artifacts_give_the_same_bytes() {
        let (folder, cache) = made();
        let written = ["one", "two"].map(|name| {
            let rows = read(&sweep(), &cache);
            let paths = write(&folder.path().join(name), "toy", &rows).unwrap();
            paths.map(|path| fs::read(path).unwrap())
        });
        assert_eq!(written[0], written[1]);
        let files = fs::read_dir(folder.path().join("one")).unwrap();
        assert_eq!(files.count(), 2, "no temporary file is left");
    }

    #[test]
    fn the_csv_has_a_line_for_each_row() {
        let folder = tempfile::tempdir().unwrap();
        let [csv, _] = write(folder.path(), "toy", &known()).unwrap();
        let text = fs::read_to_string(csv).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(
            lines[0].starts_with("experiment,seed,stage,split,sentences,bleu,"),
            "{text}"
        );
        assert!(
            lines[1].starts_with("toy,1,final,test,12,27.456,"),
            "{text}"
        );
        assert!(lines[2].ends_with(",100.0,100.0,100.0"), "{text}");
    }

    #[test]
    fn parquet_holds_the_same_table() {
        let folder = tempfile::tempdir().unwrap();
        let [_, parquet] = write(folder.path(), "toy", &known()).unwrap();
        let read = Rows::read(Format::Parquet, fs::read(parquet).unwrap()).unwrap();
        let columns = columns(&known());
        assert_eq!(read.columns().unwrap(), columns);
        let bleu = columns.iter().find(|column| column.name == "bleu").unwrap();
        assert_eq!(bleu.values, Values::Float(vec![Some(27.456), Some(5.5)]));
    }

    #[test]
    fn a_csv_is_read_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let [csv, _] = write(folder.path(), "toy", &known()).unwrap();
        let read = Rows::read(Format::Csv, fs::read(csv).unwrap()).unwrap();
        // Of a column without a value CSV does not know the type.
        let mut expected = columns(&known());
        for column in &mut expected {
            if column.values == Values::Float(vec![None; 2]) {
                column.values = Values::Text(vec![None; 2]);
            }
        }
        assert_eq!(read.columns().unwrap(), expected);
    }

    #[test]
    fn a_parquet_file_with_a_score_that_is_no_number_is_refused() {
        let mut broken = known();
        broken[1].report.bleu = f64::NAN;
        let bytes = Rows::of(&broken).unwrap().written(Format::Parquet).unwrap();
        let error = Rows::read(Format::Parquet, bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "row 2, column `bleu`: expected a number, found `NaN`"
        );
    }

    #[test]
    fn a_table_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let error = write(&file, "toy", &known()).unwrap_err();
        assert!(error.to_string().contains("toy.csv"), "{error}");
    }
}
