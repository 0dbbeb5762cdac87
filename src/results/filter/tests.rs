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
    ];
    let more = vec![("bleu_delta".to_owned(), Kind::Numbers)];
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
