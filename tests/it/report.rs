//! The page about an experiment: what it says, and what a browser makes of it.

use crate::cli::Place;
use crate::fake::{Fake, digest_of, report, speed, write};
use serde_json::json;
use srp::cache::ArtifactDir;
use srp::config::{Case, StageSpec, Tokenizer};
use srp::exec::StageFailure;
use srp::metrics::report::DecodeSpeed;
use srp::text::dataset::Summary;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// A sentence that would end a script, and begin another one that fails.
const NASTY: &str = "</script><script>throw new Error('escaped')</script>";

/// A runner whose stages leave what the page is made of.
pub(crate) fn telling() -> Fake {
    Fake::working(|spec, inputs, out| {
        let digest = digest_of(spec, inputs)?;
        match spec {
            StageSpec::Preprocess(_) => data_set(out)?,
            StageSpec::Pretrain(_) | StageSpec::Prune(_) | StageSpec::Finetune(_) => model(out)?,
            StageSpec::Test(_) => {
                // The models differ by their digests, which stand for their parameters.
                let place = u64::from_str_radix(&digest[..4], 16)?;
                let mut report = report(20.0 + place as f64 / 6554.0);
                report.parameters += place;
                fs::write(out.content("report.json"), serde_json::to_vec(&report)?)?;
                let speed = DecodeSpeed {
                    other_load: Some(1.5),
                    ..speed()
                };
                fs::write(out.record("decode.json"), serde_json::to_vec(&speed)?)?;
                let sentences = |first: &str| {
                    let lines = (1..12).map(|i| format!("sentence {i} is short\n"));
                    format!("{first}\n{}", lines.collect::<String>())
                };
                fs::write(out.content("references.txt"), sentences("a cat sat there"))?;
                let first = format!("a {} {NASTY}", &digest[..4]);
                fs::write(out.content("hypotheses.txt"), sentences(&first))?;
            }
            _ => {}
        }
        write(&digest, out)
    })
}

fn data_set(out: &ArtifactDir) -> Result<(), StageFailure> {
    let summary = Summary {
        source_language: "de".to_owned(),
        target_language: "en".to_owned(),
        tokenizer: Tokenizer::Moses,
        case: Case::Lower,
        merges: 0,
        dropped_pairs: 0,
        source_symbols: 5,
        target_symbols: 5,
        splits: BTreeMap::from([("test".to_owned(), 12)]),
    };
    fs::write(out.content("dataset.json"), serde_json::to_vec(&summary)?)?;
    for language in ["de", "en"] {
        fs::write(out.content(&format!("dict.{language}.txt")), "a 1\n")?;
    }
    let source = (0..12).map(|i| format!("satz {i}\n")).collect::<String>();
    Ok(fs::write(out.content("test.de.txt"), source)?)
}

fn model(out: &ArtifactDir) -> Result<(), StageFailure> {
    let epochs = [(10, 4.0, 12.5), (20, 3.0, 20.25)].map(|(steps, loss, bleu)| {
        let line = json!({
            "epoch": steps / 10, "phase": "training", "total-steps": steps, "loss": loss, "nll": 2.0,
            "learning-rate": 1e-3, "validation": bleu, "parameters": 1000, "seconds": 1.0,
        });
        format!("{line}\n")
    });
    fs::write(out.record("epochs.jsonl"), epochs.concat())?;
    let shape = report(0.0).shape;
    let mut original = shape.groups();
    original.encoder.embedding = 16;
    let blueprint = json!({ "shape": shape, "original": shape.with_groups(&original) });
    fs::create_dir_all(out.content("last"))?;
    Ok(fs::write(
        out.content("last/blueprint.json"),
        blueprint.to_string(),
    )?)
}

/// A finished sweep over three values whose title is markup.
pub(crate) fn finished() -> Place {
    let place = Place::new();
    place.edit("A toy", "A toy </title><script>throw 1</script> & more");
    place.sweep("[0.1, 0.2, 0.3]");
    place.srp_with(telling, "run", &["--keep-going"]).unwrap();
    place
}

fn page(place: &Place) -> String {
    let path = place.path("page.html");
    let out = path.to_str().unwrap();
    place.srp_with(telling, "report", &["--out", out]).unwrap();
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_same_cache_gives_the_same_page() {
    let place = finished();
    assert_eq!(page(&place), page(&place));
}

#[test]
fn a_page_needs_nothing_but_itself() {
    let page = page(&finished());
    for foreign in [
        "http:",
        "https:",
        "src=",
        "@import",
        "url(",
        "<link rel=\"style",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn nothing_that_is_shown_is_markup() {
    let page = page(&finished());
    assert!(
        !page.contains("<script>throw"),
        "a script of a title or a sentence"
    );
    assert_eq!(
        page.matches("<script").count(),
        page.matches("</script>").count()
    );
    assert!(page.contains("A toy &lt;/title&gt;&lt;script&gt;"));
    assert!(page.contains("\\u003c/script>"), "the sentence is there");
}

#[test]
fn a_page_says_what_its_speeds_are_worth() {
    let page = page(&finished());
    assert!(page.contains("while other programs kept up to 1.5 processors busy"));
}

#[test]
fn a_page_says_what_has_not_run() {
    let place = Place::new();
    let page = page(&place);
    assert!(page.contains("3 of 3 stages have not run"));
    assert!(page.contains("No test has run yet"));
    assert!(
        page.contains(">to run</span> <a href=\"#stage-0\">corpus</a>"),
        "{page}"
    );
    assert!(page.contains("after corpus, dense"));
    for absent in ["id=\"cost\"", "id=\"removed\"", "id=\"translations\""] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn a_page_shows_config_log_and_provenance_of_each_stage() {
    let page = page(&finished());
    assert_eq!(
        page.matches("<details class=\"fold\" id=\"stage-").count(),
        7
    );
    assert!(page.contains("training.dropout = 0.2"));
    assert!(page.contains("<dt>machine</dt><dd>") && page.contains(", fake, "));
    assert!(page.contains("8 of 16 left, 50.0 %"), "the heat map");
    assert!(page.contains("loss, bits a token"), "the curves");
    assert!(page.contains("class=\"spread"), "the bars of latencies");
    assert!(page.contains("from the fastest to the slowest run"));
}

#[test]
fn a_page_goes_where_it_is_told_and_says_so() {
    let place = finished();
    place.notes.take();
    page(&place);
    assert!(place.notes.take()[0].ends_with("page.html"));
    let nowhere = place.path("no/such/folder.html");
    let told = ["--out", nowhere.to_str().unwrap()];
    let failure = place.srp_with(telling, "report", &told).unwrap_err();
    assert_eq!(failure.code(), 1);
}

#[test]
fn scores_of_several_searches_have_plots_of_their_own_and_no_best() {
    let one = page(&finished());
    assert!(one.contains("best BLEU") && !one.contains("plots of its own"));
    let place = Place::new();
    place.edit(
        "seed = 7\n",
        "seed = 7\n[params]\nbeam = 5\n[sweep]\nbeam = [4, 5]\n",
    );
    let search = "[stages.final.test.search]\n    beam = ";
    place.edit(&format!("{search}5"), &format!("{search}\"${{beam}}\""));
    place.srp_with(telling, "run", &[]).unwrap();
    let two = page(&place);
    assert!(!two.contains("best BLEU") && two.contains("plots of its own"));
    for name in ["beam 4", "beam 5"] {
        let fold = format!("<summary>{name}</summary>");
        assert!(two.contains(&fold), "no {name}");
    }
    assert!(!two.contains("class=\"front\""), "one point each");
}

/// The browser of this machine, if it has one.
fn chromium() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let answers = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let found = names.into_iter().find(answers);
    if found.is_none() {
        eprintln!("skipped: no Chromium, which would have opened the page");
    }
    found
}

/// What a browser says of the page in a frame of some width, a line each, after a script has done what a reader would
/// do. Windows of a browser are never as narrow as a phone, frames are.
fn opened(browser: &str, page: &str, reader: &str, width: u32) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let (watch, reader) = (script(WATCH), script(&format!("{SAY}{reader}{END}")));
    let copy = folder.path().join("copy.html");
    let page = page.replacen("<body>", &format!("<body>{watch}"), 1);
    let (before, after) = page.rsplit_once("</body>").unwrap();
    fs::write(&copy, format!("{before}{reader}</body>{after}")).unwrap();
    let frame = folder.path().join("frame.html");
    let style = format!("border: 0; width: {width}px; height: 900px");
    let frames = format!(
        "{}<iframe src=\"copy.html\" style=\"{style}\"></iframe>",
        script(HEAR)
    );
    fs::write(&frame, frames).unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg("--virtual-time-budget=5000")
        .arg("--window-size=1400,1000")
        .arg(format!("--user-data-dir={}", folder.path().display()))
        .arg(format!("file://{}", frame.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let Some((_, said)) = dom.split_once("<pre id=\"said\">") else {
        panic!("{dom}{}", String::from_utf8_lossy(&output.stderr));
    };
    let (said, _) = said.split_once("</pre>").unwrap();
    said.lines().map(str::to_owned).collect()
}

fn script(code: &str) -> String {
    format!("<script>{code}</script>\n")
}

/// Collects what goes wrong; runs before any other script.
const WATCH: &str = r#"
    window.wrong = [];
    addEventListener("error", (event) => wrong.push(event.message));
    addEventListener("unhandledrejection", (event) => wrong.push(String(event.reason)));
    addEventListener("securitypolicyviolation", (event) => wrong.push(event.violatedDirective));
    for (const level of ["error", "warn"]) console[level] = (...words) => wrong.push(words.join(" "));
"#;

/// Writes what the page in the frame says into the page around it.
const HEAR: &str = r#"
    addEventListener("message", (event) => {
        const place = document.createElement("pre");
        place.id = "said";
        place.textContent = event.data;
        document.body.append(place);
    });
"#;

/// Begins to write down what can be seen.
const SAY: &str = r#"
    const said = [];
    const say = (name, value) => said.push(`${name}: ${value}`);
"#;

/// Tells it, when all has come to rest. Only what scrolls by itself may be wider than the page.
const END: &str = r#"
    setTimeout(() => {
        const root = document.documentElement;
        say("width", innerWidth);
        say("too wide", root.scrollWidth > root.clientWidth);
        say("bars in the head", [...document.querySelectorAll("header *, nav *")]
            .filter((part) => part.scrollWidth > part.clientWidth && getComputedStyle(part).overflowX === "auto").length);
        say("wrong", wrong.join("; "));
        parent.postMessage(said.join("\n"), "*");
    }, 400);
"#;

/// Does what a reader would do.
const READ: &str = r##"
    const all = (selector) => [...document.querySelectorAll(selector)];
    const one = (selector) => document.querySelector(selector);
    const type = (selector, text) => {
        one(selector).value = text;
        one(selector).dispatchEvent(new Event("input"));
    };
    const column = (name) => {
        const at = all("#table th").findIndex((head) => head.textContent === name);
        return all("#table tbody tr").map((row) => row.cells[at].textContent);
    };
    const press = (name) => all("#table th button").find((head) => head.textContent === name).click();
    const sorted = (values, sign) => values.every((value, i) => i === 0 || sign * (value - values[i - 1]) >= 0);

    const wide = all("#results .scroll, #removed figure").filter((part) => part.scrollWidth > part.clientWidth + 1);
    say("cut on a desk", innerWidth >= 1200 && wide.length > 0);
    say("plots", all("#cost figure").map((plot) => plot.querySelectorAll(".point .mark").length));
    press("BLEU");
    say("descending", sorted(column("BLEU"), -1));
    press("BLEU");
    say("ascending", sorted(column("BLEU"), 1));
    press("rate");
    press("rate");
    say("rates", column("rate"));
    say("marked", all("#table th[aria-sort=ascending]").map((head) => head.textContent));

    type("#filter", "0.2 final");
    say("filtered", all("#table tbody tr").filter((row) => !row.hidden).map((row) => row.cells[0].textContent));
    say("count", one("#count").textContent);
    say("dimmed", all("#cost .point.dim").length);
    type("#filter", "");

    const hidden = () => all("#table thead th").filter((head) => head.offsetParent === null).length;
    const before = hidden();
    one("#all").click();
    say("columns", before > 0 && hidden() === 0);
    one("#all").click();

    say("sentences", all("#sentences li").length);
    say("first", one("#sentences li").textContent.includes("<\/script><script>throw"));
    say("unknown words", all("#sentences li:first-child mark").length > 0);
    one("#further").click();
    say("after more", all("#sentences li").length);
    type("#search", "satz 3");
    say("found", one("#found").textContent);

    const colours = new Set();
    for (let i = 0; i < 3; i++) {
        one("#theme").click();
        colours.add(getComputedStyle(document.body).backgroundColor);
    }
    say("colours", colours.size);
    all(".vertex")[1].dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    setTimeout(() => {
        say("opened", one("#stage-1").open);
        const nameless = all("button, input, select, a").filter((part) => {
            const name = part.getAttribute("aria-label") || part.textContent || part.closest("label")?.textContent;
            return !(name || "").trim();
        });
        say("nameless", nameless.length);
    }, 200);
"##;

#[test]
fn a_browser_sorts_filters_and_shows_every_point_without_an_error() {
    let Some(browser) = chromium() else { return };
    let page = page(&finished());
    for width in [1200, 500, 390] {
        assert_eq!(
            opened(browser, &page, READ, width),
            [
                "cut on a desk: false",
                "plots: 3,3,3",
                "descending: true",
                "ascending: true",
                "rates: 0.1,0.2,0.3",
                "marked: rate",
                "filtered: 0.2",
                "count: 1 of 3 rows",
                "dimmed: 6",
                "columns: true",
                "sentences: 10",
                "first: true",
                "unknown words: true",
                "after more: 12",
                "found: 1 of 12 sentences",
                "colours: 2",
                "opened: true",
                "nameless: 0",
                &format!("width: {width}"),
                "too wide: false",
                "bars in the head: 0",
                "wrong: ",
            ],
            "in a frame of {width} pixels"
        );
    }
}

#[test]
fn a_browser_opens_a_page_of_nothing_without_an_error() {
    let Some(browser) = chromium() else { return };
    let page = page(&Place::new());
    let count = "say(\"stages\", document.querySelectorAll(\".vertex\").length);";
    let head = ["stages: 3", "width: 390"];
    let rest = ["too wide: false", "bars in the head: 0", "wrong: "];
    assert_eq!(
        opened(browser, &page, count, 390),
        [&head[..], &rest].concat()
    );
}

#[test]
fn names_without_end_make_no_page_wider_than_its_window() {
    let Some(browser) = chromium() else { return };
    let place = Place::new();
    let long = "x".repeat(150);
    place.edit("A toy", &format!("{long} & <{long}>"));
    place.edit("stages.final.", &format!("stages.final-{long}."));
    place.edit("seed = 7\n", &format!("source = \"{long}\"\nseed = 7\n"));
    place.sweep("[0.1, 0.2]");
    place.srp_with(telling, "run", &["--keep-going"]).unwrap();
    let page = page(&place);
    for width in [1200, 390] {
        let said = opened(browser, &page, "", width);
        let rest = ["too wide: false", "bars in the head: 0", "wrong: "];
        assert_eq!(said[1..], rest, "in a frame of {width} pixels");
    }
}
