//! Plots as files and on standard output.

use crate::cli::Place;
use crate::report::{finished, telling};
use std::fs;

fn plot(place: &Place, kind: &str, words: &[&str]) -> Result<String, srp::cli::Failure> {
    place.plot(telling, kind, words)
}

/// What `srp plot pareto TABLE …` prints.
#[cfg(feature = "tables")]
fn plot_of(place: &Place, table: &str, more: &[&str]) -> Result<String, srp::cli::Failure> {
    let words = [&["srp", "plot", "pareto", table], more].concat();
    place.execute(telling, words.into_iter().map(Into::into).collect())
}

#[test]
fn trainings_are_drawn_with_what_is_missing_said() {
    let place = finished();
    let svg = plot(&place, "training", &["dense@rate=0.1", "dense@rate=0.3"]).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("class=\"curve l0\"").count(), 4 + 1, "{svg}");
    let place = Place::new();
    let failure = plot(&place, "training", &["dense"]).unwrap_err();
    assert_eq!(failure.code(), 2);
    assert_eq!(place.notes.take(), ["`dense` has not run"]);
}

#[test]
fn a_stage_that_trains_nothing_is_told_with_the_one_that_trained_its_model() {
    let place = finished();
    for (stages, words) in [
        (["final@rate=0.2", "dense"], "name that"),
        (["corpus", "dense"], "`finetune`"),
    ] {
        let failure = plot(&place, "training", &stages).unwrap_err();
        assert_eq!(failure.code(), 2);
        let said = format!("{failure}\n{failure:?}");
        assert!(said.contains("which trains nothing"), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn what_has_not_been_made_yet_is_told_alike_by_all_verbs() {
    let place = Place::new();
    let said = |failure: srp::cli::Failure| {
        assert_eq!(failure.code(), 2, "{failure}");
        let help = format!("{failure:?}")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(help.contains("makes what is missing"), "{help}");
        failure.to_string()
    };
    let missing = said(place.srp("results", &[]).unwrap_err());
    assert!(missing.contains("none of the 1 results of `toy` is in the cache"));
    said(plot(&place, "groups", &["dense"]).unwrap_err());
    said(plot(&place, "training", &["dense"]).unwrap_err());
    #[cfg(feature = "tables")]
    {
        assert_eq!(said(plot(&place, "pareto", &[]).unwrap_err()), missing);
        let toy = place.path("toy.toml");
        let compared = place.compare(&[toy.to_str().unwrap()]);
        assert_eq!(said(compared.unwrap_err()), missing);
    }
}

#[test]
fn a_stage_stands_for_all_its_points_and_each_is_named_by_its_values() {
    let place = finished();
    let all = plot(&place, "training", &["dense"]).unwrap();
    let some = ["dense@rate=0.1", "dense@rate=0.2", "dense@rate=0.3"];
    assert_eq!(all, plot(&place, "training", &some).unwrap());
    for label in some {
        assert!(all.contains(&format!(">{label}</text>")), "no {label}");
    }
    let failure = plot(&place, "groups", &["dense"]).unwrap_err();
    assert!(failure.to_string().contains("stands for 3 stages"));
}

#[test]
fn of_more_trainings_than_there_are_colours_the_first_are_drawn() {
    let place = Place::new();
    place.sweep("[0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1]");
    place.srp_with(telling, "run", &["--keep-going"]).unwrap();
    place.notes.take();
    let svg = plot(&place, "training", &["dense"]).unwrap();
    assert!(svg.contains(">dense@rate=0.08</text>") && !svg.contains("dense@rate=0.09"));
    let said = place.notes.take().join("\n");
    assert!(said.contains("10 trainings are named"), "{said}");
}

#[test]
fn the_groups_of_a_test_are_those_of_its_model() {
    let place = finished();
    let of_test = plot(&place, "groups", &["final@rate=0.2"]).unwrap();
    let of_model = plot(&place, "groups", &["dense@rate=0.2"]).unwrap();
    assert_eq!(of_test, of_model);
    assert!(of_test.contains("encoder, embedding: 8 of 16 left, 50.0 %"));
    assert_eq!(plot(&place, "groups", &["corpus"]).unwrap_err().code(), 2);
    let both = ["dense@rate=0.1", "dense@rate=0.2"];
    assert_eq!(plot(&place, "groups", &both).unwrap_err().code(), 2);
}

#[test]
fn the_ending_of_the_file_says_the_format() {
    let place = finished();
    let path = place.path("groups.svg");
    let to = |path: &str| {
        plot(
            &place,
            "groups",
            &["dense@rate=0.2", "--title", "Mine", "--out", path],
        )
    };
    assert_eq!(to(path.to_str().unwrap()).unwrap(), "");
    assert!(fs::read_to_string(&path).unwrap().contains(">Mine</text>"));
    let failure = to("groups.gif").unwrap_err();
    assert_eq!(failure.code(), 2);
    assert!(
        failure
            .to_string()
            .contains("expected FILE.svg or FILE.png")
    );
}

#[cfg(feature = "png")]
#[test]
fn a_png_is_twice_as_large_as_the_picture() {
    let place = finished();
    let path = place.path("groups.png");
    let words = ["dense@rate=0.2", "--out", path.to_str().unwrap()];
    plot(&place, "groups", &words).unwrap();
    let svg = plot(&place, "groups", &["dense@rate=0.2"]).unwrap();
    let bytes = fs::read(path).unwrap();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    let width = u32::from_be_bytes(bytes[16..20].try_into().unwrap());
    let drawn: f64 = svg
        .split("width=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(f64::from(width), (2.0 * drawn).ceil());
}

#[cfg(feature = "png")]
#[test]
fn characters_without_a_font_are_told_and_others_are_not() {
    let place = finished();
    let path = place.path("titled.png");
    let told = |title: &str| {
        let out = path.to_str().unwrap();
        let words = ["dense@rate=0.2", "--title", title, "--out", out];
        plot(&place, "groups", &words).unwrap();
        place.notes.take().join("\n")
    };
    place.notes.take();
    assert!(!told("plain").contains("no font"));
    // No character, and never will be.
    let said = told("odd \u{fdd0}");
    assert!(
        said.contains("no font on this machine has `\u{fdd0}`"),
        "{said}"
    );
}

#[cfg(feature = "tables")]
#[test]
fn results_of_the_cache_and_of_tables_are_drawn_together() {
    let place = finished();
    let of_cache = plot(&place, "pareto", &[]).unwrap();
    assert_eq!(of_cache.matches("class=\"point\"").count(), 3);
    let table = place.path("results/toy.csv");
    let other = place.path("other.svg");
    let words = [table.to_str().unwrap(), "--out", other.to_str().unwrap()];
    plot(&place, "pareto", &words).unwrap();
    let of_both = fs::read_to_string(other).unwrap();
    assert_eq!(
        of_both.matches("class=\"point\"").count(),
        3,
        "rows of one artifact are one point"
    );
    for x in ["flops", "speed", "chrf"] {
        assert!(plot(&place, "pareto", &["--x", x]).is_ok(), "{x}");
    }
    let failure = plot(&place, "pareto", &["--x", "size"]).unwrap_err();
    assert_eq!(failure.code(), 2);
    assert!(
        failure.to_string().contains("no column `size`"),
        "{failure}"
    );
}

/// The table of a finished sweep, and the experiment with the same stages under another search.
#[cfg(feature = "tables")]
fn two_searches() -> (Place, String) {
    let place = finished();
    let before = place.path("before.csv");
    fs::rename(place.path("results/toy.csv"), &before).unwrap();
    let search = "[stages.final.test.search]\n    beam = ";
    place.edit(&format!("{search}5"), &format!("{search}4"));
    place.srp_with(telling, "run", &["--keep-going"]).unwrap();
    let before = before.to_str().unwrap().to_owned();
    (place, before)
}

#[cfg(feature = "tables")]
#[test]
fn rows_that_do_not_compare_are_in_no_common_plot_unless_told_to() {
    let (place, before) = two_searches();
    let failure = plot(&place, "pareto", &[&before]).unwrap_err();
    assert_eq!(failure.code(), 2);
    let said = failure.to_string();
    assert!(
        said.contains("do not compare: `beam` is 4 of the first and 5 of the second"),
        "{said}"
    );
    let anyway = plot(&place, "pareto", &[&before, "--anyway"]).unwrap();
    assert_eq!(anyway.matches("class=\"point\"").count(), 6);
    let some = plot(&place, "pareto", &[&before, "--where", "beam = 4"]).unwrap();
    assert_eq!(some.matches("class=\"point\"").count(), 3);
    let none = plot(&place, "pareto", &[&before, "--where", "beam = 3"]).unwrap_err();
    assert_eq!(none.code(), 2);
}

/// The table of a finished sweep where one row was measured on another device.
#[cfg(feature = "tables")]
fn two_devices(place: &Place) -> String {
    let table = place.path("results/toy.csv");
    let text = fs::read_to_string(&table).unwrap();
    let mixed = place.path("mixed.csv");
    fs::write(&mixed, text.replacen(",fake,", ",cuda,", 1)).unwrap();
    fs::remove_dir_all(place.path("cache")).unwrap();
    mixed.to_str().unwrap().to_owned()
}

#[cfg(feature = "tables")]
#[test]
fn speeds_of_several_devices_are_on_no_common_front() {
    let place = finished();
    let mixed = two_devices(&place);
    let draw = |more: &[&str]| plot(&place, "pareto", &[&[mixed.as_str()], more].concat());
    assert!(draw(&[]).is_ok(), "parameters are the same on every device");
    for x in ["speed", "latency"] {
        let failure = draw(&["--x", x]).unwrap_err();
        let said = failure.to_string();
        assert!(said.contains("`decode_device` is cuda"), "{said}");
        let anyway = draw(&["--x", x, "--anyway"]).unwrap();
        assert!(anyway.contains("device cuda: BLEU"), "{anyway}");
    }
}

#[cfg(feature = "tables")]
#[test]
fn rows_without_a_place_are_told_and_a_plot_of_none_is_refused() {
    let place = Place::new();
    let table = place.path("odd.csv");
    let head = "experiment,name,stage,bleu,parameters\n";
    let draw = |rows: &str, more: &[&str]| {
        fs::write(&table, format!("{head}{rows}")).unwrap();
        place.notes.take();
        let out = plot_of(&place, table.to_str().unwrap(), more);
        (out, place.notes.take().join("\n"))
    };
    let (svg, said) = draw("e,a,t,20,80\ne,b,t,,90\ne,c,t,,95\n", &[]);
    assert_eq!(svg.unwrap().matches("class=\"point\"").count(), 1);
    assert!(said.contains("2 of 3 rows are not drawn"), "{said}");
    let (none, _) = draw("e,a,t,,80\n", &[]);
    let failure = none.unwrap_err();
    assert_eq!(failure.code(), 2);
    assert!(
        failure.to_string().contains("no row has a place"),
        "{failure}"
    );
    let (none, _) = draw("", &[]);
    assert_eq!(none.unwrap_err().code(), 2);
    let (svg, said) = draw("e,<b>&amp;\"'\",t,20,0\ne,]]>,t,20,0\n", &[]);
    let svg = svg.unwrap();
    assert!(svg.contains("&lt;b&gt;&amp;amp;&quot;&#39;&quot;"), "{svg}");
    assert!(svg.contains(">name=]]&gt;</text>") && !svg.contains("NaN"));
    assert!(!said.contains("not drawn"), "{said}");
    let (log, _) = draw("e,a,t,20,0\ne,b,t,20,5\n", &["--log"]);
    assert_eq!(log.unwrap().matches("class=\"point\"").count(), 1);
}

#[cfg(feature = "tables")]
#[test]
fn seeds_are_one_point_with_a_bar_unless_each_is_asked_for() {
    let place = Place::new();
    let table = place.path("seeds.csv");
    let rows = "experiment,rate,seed,stage,bleu,parameters\n\
                e,0.5,1,t,30,50\ne,0.5,2,t,32,50\ne,0.3,1,t,20,30\ne,0.3,2,t,20,30\n";
    fs::write(&table, rows).unwrap();
    let draw = |more: &[&str]| plot_of(&place, table.to_str().unwrap(), more);
    let points = |svg: &str| svg.matches("class=\"point\"").count();
    let means = draw(&[]).unwrap();
    assert_eq!(points(&means), 2);
    assert!(
        means.contains("rate=0.5, mean of 2: BLEU 31 ± 1.41, parameters 50"),
        "{means}"
    );
    assert!(means.contains(">standard deviation</text>") && means.contains(">rate=0.5</text>"));
    // One bar and its entry: two equal scores have none.
    assert_eq!(means.matches("class=\"spread").count(), 2, "{means}");
    let each = draw(&["--each"]).unwrap();
    assert_eq!((points(&each), each.contains("deviation")), (4, false));
    assert_eq!(points(&draw(&["--over", "rate"]).unwrap()), 2);
    let all = draw(&["--over", "rate,seed"]).unwrap();
    assert_eq!(points(&all), 1);
    let failure = draw(&["--over", "sede"]).unwrap_err();
    assert!(failure.to_string().contains("no parameter `sede`"));
    let hidden = draw(&["--where", "bleu > 31"]).unwrap_err();
    assert!(hidden.to_string().contains("none of 4 fits"), "{hidden}");
    let derived = draw(&["--where", "bleu_delta > 1"]).unwrap_err();
    assert!(
        format!("{derived:?}").contains("srp compare"),
        "{derived:?}"
    );
}
