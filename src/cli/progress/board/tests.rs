//! What the board shows at which width.

use super::*;
use crate::cache::Key;
use crate::exec::{DoneStage, Figures};
use jiff::Timestamp;

/// A stage in the middle of its training.
pub(in crate::cli::progress) fn training(stage: &str, number: usize) -> Working {
    Working {
        stage: stage.to_owned(),
        number,
        key: "ab".repeat(32).parse::<Key>().unwrap(),
        attempt: 1,
        began: Timestamp::UNIX_EPOCH,
        seconds: 75.2,
        phase: "epoch 3".to_owned(),
        done: Some(412),
        total: Some(1050),
        detail: String::new(),
        rate: Some(12.3),
        figures: Figures {
            epoch: Some(3),
            epochs: Some(20),
            loss: Some(3.5124),
            bleu: Some(28.314),
            share: Some(0.12),
        },
        seconds_left: Some(250.0),
        log: "0/records/log.txt".into(),
    }
}

/// A run of ten stages that has gone on for a while.
pub(in crate::cli::progress) fn bulletin(working: &[Working]) -> Bulletin {
    Bulletin {
        process: 4242,
        experiment: "demo".to_owned(),
        request: None,
        began: Timestamp::UNIX_EPOCH,
        told: Timestamp::UNIX_EPOCH,
        seconds: 723.0,
        counts: Counts {
            stages: 10,
            cached: 4,
            done: 3,
            working: working.len(),
            waiting: 3 - working.len(),
            failed: 0,
            stopped: 0,
        },
        working: working.to_vec(),
        lately: Vec::new(),
        failed: Vec::new(),
        left: Left {
            seconds: 4800.0,
            stages_without_estimate: 0,
        },
    }
}

fn board(width: usize, height: usize) -> Board {
    Board {
        width,
        height,
        paint: Paint::OFF,
    }
}

fn texts(width: usize, bulletin: &Bulletin) -> Vec<String> {
    let lines = board(width, 24).lines(bulletin);
    for (text, told) in &lines {
        assert_eq!(text.chars().count(), *told);
    }
    lines.into_iter().map(|(text, _)| text).collect()
}

#[test]
fn a_run_is_its_counts_its_time_and_a_line_for_each_stage_at_work() {
    let mut second = training("small@rate=0.5", 3);
    (second.phase, second.figures) = ("reading".to_owned(), Figures::default());
    (second.done, second.total, second.rate, second.seconds_left) = (None, None, None, None);
    let mut run = bulletin(&[training("dense", 2), second]);
    run.lately = vec![
        DoneStage {
            stage: "corpus".to_owned(),
            seconds: 3.21,
        },
        DoneStage {
            stage: "other".to_owned(),
            seconds: 61.0,
        },
    ];
    assert_eq!(
        texts(120, &run),
        [
            "demo  7/10 done (4 cached)  2 at work  1 waiting  12 min 03 s  about 1 h 20 min left",
            "  dense           █░░░░░░░░░░░  epoch 3/20  412/1050  loss 3.512  BLEU 28.31  12/s  4 min 10 s left",
            "  small@rate=0.5  reading  for 1 min 15 s",
            "  done: corpus (3.2 s), other (1 min 01 s)",
        ]
    );
}

#[test]
fn what_matters_least_goes_first_where_there_is_no_room() {
    let run = bulletin(&[training("dense", 2)]);
    let line = |width| texts(width, &run)[1].clone();
    assert_eq!(
        line(80),
        "  dense  █░░░░░░░░░░░  epoch 3/20  loss 3.512  BLEU 28.31  4 min 10 s left"
    );
    assert_eq!(
        line(60),
        "  dense  epoch 3/20  loss 3.512  BLEU 28.31  4 min 10 s left"
    );
    assert_eq!(line(40), "  dense  epoch 3/20  4 min 10 s left");
    assert_eq!(line(30), "  dense  epoch 3/20");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let mut run = bulletin(&[training(&"long".repeat(30), 2)]);
    run.experiment = "an experiment of a long name".to_owned();
    run.lately = vec![DoneStage {
        stage: "made".repeat(20),
        seconds: 1.0,
    }];
    run.counts.failed = 2;
    for width in NARROWEST..200 {
        for line in texts(width, &run) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn stages_that_have_no_room_are_counted() {
    let stages: Vec<Working> = (1..=9).map(|n| training(&format!("s{n}"), n)).collect();
    let mut run = bulletin(&stages[..3]);
    run.working = stages;
    let lines = board(80, 6).lines(&run);
    assert_eq!(lines.len(), 6);
    assert!(lines[4].0.starts_with("  s4"), "{lines:?}");
    assert_eq!(lines[5].0, "  and 5 more");
    assert_eq!(board(80, 10).lines(&run).len(), 10, "all have room");
}

#[test]
fn time_nobody_knows_is_not_made_up() {
    let told = |seconds, stages_without_estimate| {
        left(&Left {
            seconds,
            stages_without_estimate,
        })
    };
    assert_eq!(told(0.0, 3), None);
    assert_eq!(told(90.0, 0).unwrap(), "about 1 min 30 s left");
    assert_eq!(
        told(90.0, 2).unwrap(),
        "at least 1 min 30 s left, and 2 unknown"
    );
}

#[test]
fn a_summary_counts_what_became_of_all_stages() {
    let mut run = bulletin(&[]);
    assert_eq!(
        summary(&run),
        "10 stages: 3 made, 4 cached, 3 not run in 12 min 03 s"
    );
    run.counts = Counts {
        stages: 1,
        failed: 1,
        ..Counts::default()
    };
    assert_eq!(summary(&run), "1 stage: 1 failed in 12 min 03 s");
}
