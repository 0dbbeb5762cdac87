//! What `srp compare` makes of tables that somebody has written.

use crate::cli::Place;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Rows of two seeds at each of two rates, tested one after the other on the same machine.
const SEEDS: &str = "\
stage,criterion,rate,seed,bleu,chrf,decode_device,decode_threads,latency_ms,latency_least_ms,latency_most_ms
dense-test,srp,1.0,1,40.0,60.0,cpu,2,2.0,1.9,2.1
dense-test,srp,1.0,2,42.0,62.0,cpu,2,2.0,1.9,2.1
final-test,srp,0.5,1,38.0,58.0,cpu,2,1.95,1.8,2.0
final-test,srp,0.5,2,,59.0,cpu,2,1.95,1.8,2.0
final-test,taylor,0.5,1,35.0,57.0,cpu,2,1.0,0.9,1.1
final-test,taylor,0.5,2,37.0,57.0,cpu,2,1.0,0.9,1.1
";

/// A folder with the table `t.csv`.
fn with(table: &str) -> Place {
    let place = Place::new();
    fs::write(place.path("t.csv"), table).unwrap();
    place
}

fn compare(place: &Place, more: &[&str]) -> Result<String, String> {
    let table = place.path("t.csv");
    let words = [&[table.to_str().unwrap()], more].concat();
    place.compare(&words).map_err(|failure| {
        assert_eq!(failure.code(), 2, "{failure}");
        format!("{failure}\n{failure:?}")
    })
}

fn printed(table: &str, more: &[&str]) -> String {
    compare(&with(table), more).unwrap()
}

fn refused(table: &str, more: &[&str]) -> String {
    compare(&with(table), more).unwrap_err()
}

fn rows(place: &Place, more: &[&str]) -> Vec<Value> {
    let text = compare(place, &[more, &["--format", "json"]].concat()).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The values of a column.
fn column(table: &str, name: &str, more: &[&str]) -> Vec<Value> {
    let rows = rows(&with(table), more);
    rows.iter().map(|row| row[name].clone()).collect()
}

#[test]
fn speeds_of_other_threads_are_not_divided_and_the_reason_is_said() {
    let other = SEEDS.replace(
        "final-test,taylor,0.5,1,35.0,57.0,cpu,2",
        "final-test,taylor,0.5,1,35.0,57.0,cpu,1",
    );
    let place = with(&other);
    let each = rows(&place, &["--each"]);
    let times: Vec<bool> = each
        .iter()
        .map(|row| row["latency_ms_times"].is_null())
        .collect();
    assert_eq!(times, [false, false, false, false, true, false]);
    let notes = place.notes.take().join("\n");
    let expected = "nothing in `latency_ms_times` for `final-test@criterion=taylor,rate=0.5,seed=1`: \
                    `decode_threads` is 1, and 2 of the baseline";
    assert!(notes.contains(expected), "{notes}");
    let anyway = rows(&place, &["--each", "--anyway"]);
    assert_eq!(anyway[4]["latency_ms_times"], 0.5);
    // A mean over both machines is the speed of neither.
    let means = rows(&place, &[]);
    assert!(
        means[2]["latency_ms"].is_null() && means[2]["bleu"] == 36.0,
        "{means:?}"
    );
    let notes = place.notes.take().join("\n");
    let expected = "nothing in `latency_ms` for `final-test@criterion=taylor,rate=0.5`: its rows differ in \
                    `decode_threads`; `--anyway` averages speeds all the same";
    assert!(notes.contains(expected), "{notes}");
    // The others keep theirs.
    let text = compare(&place, &[]).unwrap();
    assert!(text.contains("1.95 ms"), "{text}");
    let means = rows(&place, &["--anyway"]);
    assert_eq!(means[2]["latency_ms"], 1.0);
    let said = compare(
        &place,
        &[
            "--where",
            "criterion = taylor",
            "--sort",
            "latency_ms_times",
        ],
    );
    let said = said.unwrap_err();
    assert!(
        said.contains("no column `latency_ms_times` here")
            && said.contains("its rows differ in `decode_threads`"),
        "{said}"
    );
}

#[test]
fn a_precision_that_is_not_known_is_no_choice() {
    let head = |table: &str| printed(table, &[]).lines().next().unwrap().to_owned();
    let unknown = "stage,precision,bleu\na,float32,30.0\nb,,31.0\n";
    assert!(!head(unknown).contains("precision"));
    let known = unknown.replace("b,,", "b,int8,");
    assert!(head(&known).contains("precision"));
}

#[test]
fn a_column_that_a_comparison_lacks_is_refused_with_the_reason() {
    for (filter, why) in [
        ("bleu_sd > 3", "no two values of `bleu` are averaged"),
        ("bleu_n > 3", "no mean of `bleu` lacks a value"),
        (
            "bleu_noise",
            "it is not known how far runs of `bleu` lie apart",
        ),
        ("flops_p < 1", "significance is said of bleu and chrf"),
    ] {
        let said = refused(SEEDS, &["--each", "--where", filter]);
        assert!(said.contains(why), "{filter}: {said}");
        assert!(!said.contains("srp compare"), "{filter}: {said}");
    }
}

#[test]
fn a_time_within_the_noise_of_the_runs_is_marked() {
    let noise = column(SEEDS, "latency_ms_noise", &[]);
    assert_eq!(noise, [Value::Null, true.into(), false.into()]);
    let text = printed(SEEDS, &[]);
    let line = |word: &str| text.lines().find(|line| line.contains(word)).unwrap();
    assert!(line("dense-test").ends_with(" 1.000"), "{text}");
    let noisy = line("final-test  srp");
    assert!(
        noisy.contains(" 1.95 ms ") && noisy.ends_with(" ~0.975"),
        "{text}"
    );
    assert!(line("taylor").ends_with(" 0.500"), "{text}");
    assert!(text.contains("latency: ~ is no more than noise"), "{text}");
}

#[test]
fn rows_are_averaged_over_what_is_named_and_nothing_else_is_taken_for_a_parameter() {
    for (over, words) in [
        ("sede", "did you mean `seed`?"),
        ("seed,rtae", "there is no parameter `rtae` to average over"),
        ("bleu", "there is no parameter `bleu` to average over"),
    ] {
        let said = refused(SEEDS, &["--over", over]);
        assert!(said.contains(words), "{over}: {said}");
    }
    let count = |more: &[&str]| column(SEEDS, "n", more);
    assert_eq!(count(&["--over", "seed,criterion"]), [2, 4]);
    assert_eq!(count(&["--over", "Seed,Criterion"]), [2, 4]);
    assert_eq!(count(&["--over", "seed", "--over", "criterion"]), [2, 4]);
    assert_eq!(count(&["--over", "seed,criterion,rate,stage"]), [6]);
    let place = with(SEEDS);
    let of_one = ["--over", "rate", "--where", "stage = final-test"];
    assert_eq!(rows(&place, &of_one).len(), 4);
    let notes = place.notes.take().join("\n");
    assert!(
        notes.contains("nothing is averaged: no two rows differ in `rate` alone"),
        "{notes}"
    );
}

#[test]
fn what_differs_along_with_what_is_averaged_over_is_said() {
    let table = "stage,prec,precision,seed,bleu\nt,f,float32,1,30\nt,i,int8,1,29\nt,f,float32,2,31\nt,i,int8,2,28\n";
    let place = with(table);
    assert_eq!(rows(&place, &["--over", "prec"]).len(), 4);
    let notes = place.notes.take().join("\n");
    let expected = "nothing is averaged: rows that differ in `prec` differ in `precision` as well; `--over \
                    prec,precision` averages over all of it";
    assert!(notes.contains(expected), "{notes}");
    assert_eq!(rows(&place, &["--over", "prec,precision"]).len(), 2);
    assert!(!place.notes.take().join("\n").contains("as well"));
    let zipped = with("stage,data,seed,bleu\nt,a,1,30\nt,b,2,29\n");
    assert_eq!(rows(&zipped, &[]).len(), 2);
    let notes = zipped.notes.take().join("\n");
    assert!(
        notes.contains("differ in `seed` differ in `data` as well"),
        "{notes}"
    );
}

#[test]
fn rows_are_found_by_numbers_as_the_table_shows_them() {
    let table = "stage,asked_ratio,parameter_ratio,parameters,flops,flops_ratio,bleu\n\
                 a,,1.0,1722880,141695300,1.0,41\nb,0.5,0.4999,861342,65950800,2.1485,39\n";
    for filter in [
        "left < 50",
        "left<50%",
        "left < 49.999 %",
        "parameter_ratio < 0.5",
        "asked=50%",
        "asked = 50",
        "FLOPs < 66M",
        "fewer > 2x",
        "parameters < 900k",
        "parameters < 1 722 880",
        "parameters in (861 342)",
        "'900 k' > parameters",
    ] {
        assert_eq!(
            column(table, "stage", &["--where", filter]),
            ["b"],
            "{filter}"
        );
    }
    let place = with(table);
    rows(&place, &["--where", "left <= 0.5 or fewer > 2x"]);
    let notes = place.notes.take().join("\n");
    assert!(notes.contains("`0.5` is taken for 0.5 %"), "{notes}");
    let said = refused(table, &["--where", "bleu > 40%"]);
    assert!(said.contains("`bleu` holds points from 0 to 100"), "{said}");
    let said = refused(table, &["--where", "left = 49.9%"]);
    assert!(said.contains("the nearest has 0.4999"), "{said}");
}

#[test]
fn averages_say_that_they_are_why_they_have_no_p_values() {
    let place = with(SEEDS);
    rows(&place, &[]);
    let notes = place.notes.take().join("\n");
    assert!(
        notes.contains("nothing is said of significance: the baseline is an average")
            && notes.contains("`--each`"),
        "{notes}"
    );
    let said = refused(SEEDS, &["--sort", "bleu_p"]);
    assert!(said.contains("there is no column `bleu_p` here"), "{said}");
    assert!(said.contains("the baseline is an average"), "{said}");
}

#[test]
fn a_mean_of_fewer_rows_says_of_how_many() {
    assert_eq!(
        column(SEEDS, "bleu_n", &[]),
        [Value::Null, 1.into(), Value::Null]
    );
    let text = printed(SEEDS, &["--format", "markdown"]);
    assert!(text.contains("| 38.00 (1 of 2) |"), "{text}");
    assert!(
        text.contains("(k of n): only k of the n rows have a value"),
        "{text}"
    );
}

#[test]
fn filters_are_understood_as_people_type_them() {
    for filter in [
        "criterion = 'taylor'",
        "criterion == \"taylor\"",
        "criterion = taylor",
        "Criterion = taylor and stage = final-test",
        "BLEU < 37 and ΔBLEU < -1",
        "n = 2 and bleu_sd > 1 and bleu_delta < 0",
        "latency_ms_times < 0.9 and not latency_ms_noise",
        "row = 'final-test@criterion=taylor,rate=0.5'",
    ] {
        let found = column(SEEDS, "criterion", &["--where", filter]);
        assert!(
            found.contains(&"taylor".into()) && found.len() <= 2,
            "{filter}: {found:?}"
        );
    }
    let said = refused(SEEDS, &["--where", "criterion = tailor"]);
    assert!(
        said.contains("none of 6 fits `criterion = tailor`"),
        "{said}"
    );
    assert!(said.contains("did you mean `taylor`?"), "{said}");
    let said = refused(SEEDS, &["--each", "--where", "n > 1"]);
    assert!(said.contains("no rows are averaged"), "{said}");
}

#[test]
fn a_filter_on_a_score_asks_means_and_never_picks_their_seeds() {
    let more = ["--where", "bleu > 35.5", "--columns", "row,n,bleu"];
    let found = column(SEEDS, "n", &more);
    // Of `taylor` one seed has less, and the mean has more.
    assert_eq!(found, [2, 2, 2]);
    assert_eq!(column(SEEDS, "bleu", &more), [41.0, 38.0, 36.0]);
    // Nor does it pick the row that others are set against.
    let below = ["--where", "bleu < 37"];
    assert_eq!(column(SEEDS, "bleu_delta", &below), [-5.0]);
}

#[test]
fn names_of_rows_do_not_depend_on_the_filter() {
    let all = column(SEEDS, "row", &["--each"]);
    for (filter, kept) in [
        ("criterion = taylor", [4, 5]),
        ("seed = 1 and rate < 1", [2, 4]),
    ] {
        let some = column(SEEDS, "row", &["--each", "--where", filter]);
        assert_eq!(some, kept.map(|row: usize| all[row].clone()), "{filter}");
    }
    let mean = column(SEEDS, "row", &["--where", "criterion = taylor"]);
    assert_eq!(mean, ["final-test@criterion=taylor,rate=0.5"]);
    // One artifact at two points of the sweep is one row, whichever point is looked at.
    let shared = "stage,rate,bleu,artifact\ndense,0.1,40.0,a\ndense,0.5,40.0,a\nfinal,0.1,30.0,b\nfinal,0.5,35.0,c\n";
    for filter in ["rate = 0.1", "rate > 0"] {
        assert_eq!(
            column(shared, "row", &["--where", filter])[0],
            "dense",
            "{filter}"
        );
    }
}

#[test]
fn a_parameter_named_like_half_a_measure_is_a_parameter() {
    let table = "stage,dropout_p,batch_size,bleu\nfinal,0.25,16,30.0\nfinal,0.25,32,31.0\n";
    assert_eq!(column(table, "batch_size", &[]), [16, 32]);
    let text = printed(table, &["--columns", "dropout_p,batch_size,bleu"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "dropout_p  batch_size   BLEU",
            "     0.25          16  30.00"
        ],
        "{text}"
    );
}

#[test]
fn a_table_that_is_broken_is_refused_with_the_place() {
    let head = "stage,rate,bleu\n";
    for (lines, words) in [
        (
            "final,0.5,30.0\nfinal,0.3\n",
            "line 3: expected 3 values, as many as there are columns, found 2",
        ),
        ("final,0.5,30.0,7\n", "line 2: expected 3 values"),
        (
            "final,0.5,high\n",
            "line 2, column `bleu`: expected a number, found `high`",
        ),
        (
            "final,0.5,1.0\nfinal,0.3,NaN\n",
            "line 3, column `bleu`: expected a number, found `NaN`",
        ),
    ] {
        let said = refused(&format!("{head}{lines}"), &[]);
        assert!(
            said.contains(words) && said.contains("t.csv"),
            "{lines}: {said}"
        );
    }
    let said = refused("stage,bleu,bleu\nfinal,1.0,2.0\n", &[]);
    assert!(
        said.contains("line 1: columns 2 and 3 are both called `bleu`"),
        "{said}"
    );
    for other in ["name,value\na,1\n", "abc"] {
        let said = refused(other, &[]);
        assert!(
            said.contains("has none of the columns that are compared"),
            "{other}: {said}"
        );
    }
    let latin = with("");
    fs::write(latin.path("t.csv"), b"stage,bleu\nfinal,1\nd\xe9,2\n").unwrap();
    let said = compare(&latin, &[]).unwrap_err();
    assert!(
        said.contains("line 3: expected UTF-8, found the byte 0xE9"),
        "{said}"
    );
    // What is not known is no mistake.
    assert_eq!(
        column("stage,rate,bleu\nfinal,,30.0\n", "bleu", &[]),
        [30.0]
    );
}

#[test]
fn too_few_samples_are_refused_with_the_least() {
    for samples in ["0", "1", "39"] {
        let said = refused(SEEDS, &["--samples", samples]);
        assert!(
            said.contains("40 samples are the least"),
            "{samples}: {said}"
        );
        assert!(said.contains("`none`"), "{said}");
    }
    printed(SEEDS, &["--samples", "none"]);
    printed(SEEDS, &["--samples", "40"]);
}

#[test]
fn latex_gets_a_minus_and_escaped_words() {
    let table = "stage,bleu\na_b & 50%,30.0\nc-d,29.5\n";
    let text = printed(
        table,
        &["--format", "latex", "--columns", "stage,bleu_delta"],
    );
    assert!(text.contains("a\\_b \\& 50\\% & +0.00"), "{text}");
    assert!(text.contains("c-d & $-$0.50"), "{text}");
}

#[test]
fn results_that_no_filter_fits_are_an_error_with_the_reason() {
    let place = Place::new();
    place.sweep("[0.1, 0.3]");
    place.srp("run", &[]).unwrap();
    let failure = place
        .srp("results", &["--where", "stage = finla"])
        .unwrap_err();
    assert_eq!(failure.code(), 2);
    let said = format!("{failure:?}");
    assert!(said.contains("did you mean `final`?"), "{said}");
    let text = place
        .srp(
            "results",
            &["--where", "rate < 0.2", "--columns", "rate,time"],
        )
        .unwrap();
    assert!(text.starts_with("rate "), "{text}");
}

/// The files of a name below a folder.
fn named(folder: &Path, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let below = entries.map(|path| match path.is_dir() {
        true => named(&path, name),
        false => vec![path],
    });
    let is = |path: &PathBuf| path.file_name().is_some_and(|found| found == name);
    below.flatten().filter(is).collect()
}

#[test]
fn what_is_said_below_results_is_said_of_the_rows_that_are_shown() {
    let place = Place::new();
    place.sweep("[0.1, 0.3]");
    place.srp("run", &[]).unwrap();
    let reports = named(&place.path("cache"), "report.json");
    let text = fs::read_to_string(&reports[0]).unwrap();
    // Of the same length: the cache looks for files that are cut short.
    fs::write(&reports[0], text.replace("tok:13a", "tok:14a")).unwrap();
    let said = |filter: &str| {
        let text = place.srp("results", &["--where", filter]).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("BLEU: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let both = said("rate > 0");
    assert_eq!(both, ["BLEU: case:lc|tok:13a", "BLEU: case:lc|tok:14a"]);
    let [mut one, other] = ["rate < 0.2", "rate > 0.2"].map(said);
    assert_eq!((one.len(), other.len()), (1, 1));
    one.extend(other);
    one.sort();
    assert_eq!(one, both);
}
