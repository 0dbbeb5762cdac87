//! Filters as people type them.

use super::*;

/// A filter asked of some columns.
fn understand(typed: &str) -> Result<Understood, QueryError> {
    let column = |name: &str, values| Column {
        name: name.to_owned(),
        values,
    };
    let words = |words: [&str; 2]| Values::Text(words.map(|w| Some(w.to_owned())).to_vec());
    let columns = vec![
        column("stage", words(["final-test", "dense-test"])),
        column("criterion", words(["srp", "taylor"])),
        column("learning-rate", Values::Float(vec![Some(0.5), None])),
        column("source", words(["./a.csv", "HEAD~1:b.csv"])),
        column("artifact", words(["119da32", "b00c"])),
        column("bleu", Values::Float(vec![Some(30.0), None])),
        column("seconds.dense", Values::Float(vec![Some(3.0), None])),
        column("parameter_ratio", Values::Float(vec![Some(0.4923), None])),
        column("asked_ratio", Values::Float(vec![Some(0.5), Some(0.3)])),
        column("parameters", Values::Integer(vec![Some(1_722_880), None])),
        column("flops_ratio", Values::Float(vec![Some(1.5), None])),
        column("latency_ms", Values::Float(vec![Some(1.5), None])),
        column(
            "decode_sentences_per_second",
            Values::Float(vec![Some(300.0), None]),
        ),
    ];
    let more = ["bleu_delta", "bleu_p", "latency_ms_times"];
    let more = more.map(|name| (name.to_owned(), Kind::Numbers)).to_vec();
    Vocabulary::of(&columns, more).understand(typed)
}

#[test]
fn what_people_type_is_understood() {
    for (typed, sql) in [
        ("criterion = 'srp'", r#""criterion" = 'srp'"#),
        ("criterion == \"srp\"", r#""criterion" = 'srp'"#),
        ("criterion = srp", r#""criterion" = 'srp'"#),
        ("srp=criterion", r#"'srp' = "criterion""#),
        ("stage <> dense-test", r#""stage" <> 'dense-test'"#),
        (
            "stage in (final-test, \"dense-test\")",
            r#""stage" in ( 'final-test' , 'dense-test' )"#,
        ),
        ("\"bleu\" > 3", r#""bleu" > 3"#),
        (
            "BLEU>=1e-3&&ΔBLEU<-0.5",
            r#""bleu" >= 0.001 and "bleu_delta" < - 0.5"#,
        ),
        (
            "learning-rate - bleu = .5 or seconds.dense > 1",
            r#""learning-rate" - "bleu" = .5 or "seconds.dense" > 1"#,
        ),
        ("bleu > '20'", r#""bleu" > 20"#),
        ("bleu < 6e7", r#""bleu" < 60000000"#),
        ("criterion = 'it''s'", r#""criterion" = 'it''s'"#),
        ("length(stage) > 5", r#"length ( "stage" ) > 5"#),
        (
            "left(stage, 5) = 'final'",
            r#"left ( "stage" , 5 ) = 'final'"#,
        ),
        (
            "cast(bleu as int) = 5 and bleu::double precision > 3",
            r#"cast ( "bleu" as int ) = 5 and "bleu" :: double precision > 3"#,
        ),
        (
            "bleu not between 20 and '30'",
            r#""bleu" not between 20 and 30"#,
        ),
        (
            "abs(bleu) > 3 and not stage is null",
            r#"abs ( "bleu" ) > 3 and not "stage" is null"#,
        ),
    ] {
        let understood = understand(typed).unwrap();
        assert_eq!(understood.sql, sql, "{typed}");
    }
}

#[test]
fn numbers_with_units_are_those_of_the_column() {
    for (typed, sql) in [
        ("left < 50%", r#""parameter_ratio" < 0.5"#),
        ("parameter_ratio < 50 %", r#""parameter_ratio" < 0.5"#),
        (
            "asked=50%&&fewer>2x",
            r#""asked_ratio" = 0.5 and "flops_ratio" > 2"#,
        ),
        ("50% >= left", r#"0.5 >= "parameter_ratio""#),
        (
            "left between 40% and 50 %",
            r#""parameter_ratio" between 0.4 and 0.5"#,
        ),
        ("parameters < 900k", r#""parameters" < 900000"#),
        (
            "parameters in (1 722 880, 2M)",
            r#""parameters" in ( 1722880 , 2000000 )"#,
        ),
        ("latency < '2 ms'", r#""latency_ms" < 2"#),
        ("seconds.dense > 18 min 03 s", r#""seconds.dense" > 1083"#),
        ("learning-rate = 50 %", r#""learning-rate" = 0.5"#),
        ("parameters % 2 = 0", r#""parameters" % 2 = 0"#),
        ("ΔBLEU < −0.5", r#""bleu_delta" < - 0.5"#),
    ] {
        assert_eq!(understand(typed).unwrap().sql, sql, "{typed}");
    }
}

#[test]
fn a_bare_number_is_in_percent_behind_a_heading_that_shows_percents_and_a_share_behind_the_name() {
    for (typed, sql) in [
        ("left < 50", r#""parameter_ratio" < 0.5"#),
        ("LEFT < 50", r#""parameter_ratio" < 0.5"#),
        ("50 > left", r#"0.5 > "parameter_ratio""#),
        ("left > -50", r#""parameter_ratio" > - 0.5"#),
        ("asked in (50, 30)", r#""asked_ratio" in ( 0.5 , 0.3 )"#),
        ("parameter_ratio < 0.5", r#""parameter_ratio" < 0.5"#),
        ("parameter-ratio < 0.5", r#""parameter_ratio" < 0.5"#),
        ("left < asked", r#""parameter_ratio" < "asked_ratio""#),
        ("parameter_ratio * 2 < 1", r#""parameter_ratio" * 2 < 1"#),
        (
            "left(stage, 5) = 'final'",
            r#"left ( "stage" , 5 ) = 'final'"#,
        ),
    ] {
        assert_eq!(understand(typed).unwrap().sql, sql, "{typed}");
    }
    let doubts = understand("left < 0.5").unwrap().doubts;
    assert_eq!(
        doubts,
        [
            "`0.5` is taken for 0.5 %, as the table shows them; the share is called `parameter_ratio`"
        ]
    );
    for computed in [
        "left * 2 < 100",
        "left < 2 * asked",
        "round(left) = 49",
        "left < 25 * 2",
        "(left) < 50",
        "left < (50)",
        "left < abs(50)",
        "bleu > 3 and left",
    ] {
        let said = understand(computed).unwrap_err().to_string();
        assert!(said.contains("the share"), "{computed}: {said}");
    }
}

#[test]
fn headings_of_several_words_need_no_quotes() {
    for (typed, sql) in [
        ("latency × < 0.5", r#""latency_ms_times" < 0.5"#),
        (
            "sentences/s > 0.3k",
            r#""decode_sentences_per_second" > 300"#,
        ),
        ("p of BLEU < 5 %", r#""bleu_p" < 0.05"#),
        ("1 > latency ×", r#"1 > "latency_ms_times""#),
        ("latency < 2", r#""latency_ms" < 2"#),
    ] {
        assert_eq!(understand(typed).unwrap().sql, sql, "{typed}");
    }
}

#[test]
fn a_number_that_no_row_has_to_the_last_digit_is_doubted() {
    let doubts = |typed| understand(typed).unwrap().doubts;
    assert_eq!(
        doubts("left = 49.2%"),
        [
            "no row has exactly 0.492 in `parameter_ratio`: the nearest has 0.4923; `<` and `>` ask for a range"
        ]
    );
    assert_eq!(doubts("asked in (50, 31)").len(), 1);
    for fine in [
        "asked = 50%",
        "left < 49.2%",
        "bleu_delta = 3",
        "parameters = 1 722 880",
    ] {
        assert!(doubts(fine).is_empty(), "{fine}");
    }
}

#[test]
fn what_is_not_understood_is_underlined() {
    for (typed, underlined, words) in [
        ("bleu > 50%", "50%", "`bleu` holds points from 0 to 100"),
        (
            "left < 60m and bleu > 3",
            "60m",
            "`m` cannot stand behind a number",
        ),
        (
            "parameters = 1 722 88",
            "88",
            "two numbers stand side by side",
        ),
        (
            "left < 49,9",
            ",",
            "a comma stands between the values of a list",
        ),
        ("bleu = 'high'", "'high'", "`high` is none"),
        ("bleu > 3 and belu < 4", "belu", "there is no column `belu`"),
        ("stage = 'x", "'x", "is not closed"),
    ] {
        let error = understand(typed).unwrap_err();
        let (QueryError::Filter { place, .. } | QueryError::Column { place, .. }) = &error else {
            panic!("{typed}: {error:?}");
        };
        let place = place.unwrap();
        let found = &typed[place.offset()..place.offset() + place.len()];
        assert_eq!(found, underlined, "{typed}");
        assert!(error.to_string().contains(words), "{typed}: {error}");
    }
}

#[test]
fn a_value_that_no_row_has_is_doubted() {
    let doubts = |typed| understand(typed).unwrap().doubts;
    assert_eq!(
        doubts("criterion = tailor"),
        ["no row has `tailor` in `criterion`: did you mean `taylor`? it holds srp, taylor"]
    );
    for dashed in [
        "stage = fianl-test",
        "stage=fianl-test&&bleu > 3",
        "(bleu > 3 and stage = fianl-test)",
        "stage not in (dense-test, fianl-test)",
        "'fianl-test' = stage",
    ] {
        let doubts = doubts(dashed);
        assert!(
            doubts.len() == 1 && doubts[0].contains("did you mean `final-test`?"),
            "{dashed}: {doubts:?}"
        );
    }
    assert!(doubts("artifact = 119da33")[0].contains("did you mean `119da32`?"));
    for fine in [
        "criterion = taylor",
        "criterion like 't%'",
        "upper(stage) = 'FINAL-TEST'",
        "'FINAL-TEST' = upper(stage)",
        "source = ./a.csv",
        "source in (HEAD~1:b.csv)",
        "artifact = 119da32",
    ] {
        assert!(doubts(fine).is_empty(), "{fine}");
    }
}

#[test]
fn what_cannot_hold_is_refused_with_the_reason() {
    let refused = |typed| understand(typed).unwrap_err().to_string();
    for (typed, words) in [
        ("bleu > abc", "there is no column `abc`"),
        ("belu > 3", "there is no column `belu`"),
        ("\"belu\" > 3", "there is no column `belu`"),
        ("bleu = 'high'", "`bleu` holds numbers, and `high` is none"),
        ("bleu = 'nan'", "`bleu` holds numbers, and `nan` is none"),
        ("stage > 3", "`stage` holds words"),
        ("stage in (final-test, 3)", "`stage` holds words"),
        ("3 < stage", "`stage` holds words"),
        ("stage = 'x", "the quote ' is not closed"),
    ] {
        assert!(
            refused(typed).contains(words),
            "{typed}: {}",
            refused(typed)
        );
    }
}
