//! Abbreviations after which the Moses tokenizer leaves a full stop in place (SPEC §19.1, step 6).

use std::collections::HashSet;

/// Titles and ranks, shared by both languages.
const TITLES: &str = "Adj Adm Adv Asst Bart Bldg Brig Bros Capt Cmdr Col Comdr Con Corp Cpl DR Dr Ens Gen Gov \
    Hon Hosp Insp Lt MM MR MRS MS Maj Messrs Mlle Mme Mr Mrs Ms Msgr Op Ord Pfc Ph Prof Pvt Rep Reps Res Rev Rt \
    Sen Sens Sfc Sgt Sr St Supt Surg";

const ENGLISH: &str =
    "Drs Hr v vs i.e rev e.g Rs Nos Nr Jan Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec";

const ENGLISH_BEFORE_NUMBERS: &str = "No Art pp";

const GERMAN: &str = "Mio Mrd bzw vs usw d.h z.B u.a etc MwSt ggf d.J D.h m.E vgl I.F z.T sogen ff u.E g.U g.g.A \
    c.-à-d Buchst u.s.w sog u.ä Std evtl Zt Chr u.U o.ä Ltd b.A z.Zt spp sen SA k.o jun i.H.v dgl dergl Co zzt \
    usf s.p.a Dkr bzgl BSE No Nos Art Nr pp ca Ca";

const ROMAN_TO_TWENTY: &str =
    "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX";

/// German writes ordinals as a number with a full stop; the list goes up to this one.
const LAST_ORDINAL: u32 = 99;

/// The abbreviations of one language.
#[derive(Debug, Default)]
pub(crate) struct Prefixes {
    always: HashSet<String>,
    before_numbers: HashSet<String>,
}

impl Prefixes {
    /// The list for a two-letter language code; empty where there is none.
    pub(crate) fn of(language: &str) -> Self {
        match language {
            "de" => Self {
                always: german(),
                before_numbers: HashSet::new(),
            },
            "en" => Self {
                always: english(),
                before_numbers: words(ENGLISH_BEFORE_NUMBERS).collect(),
            },
            _ => Self::default(),
        }
    }

    /// Whether a full stop after `word` stays, whatever follows.
    pub(crate) fn always(&self, word: &str) -> bool {
        self.always.contains(word)
    }

    /// Whether a full stop after `word` stays if a number follows.
    pub(crate) fn before_numbers(&self, word: &str) -> bool {
        self.before_numbers.contains(word)
    }
}

fn english() -> HashSet<String> {
    words(TITLES)
        .chain(words(ENGLISH))
        .chain(('A'..='Z').map(String::from))
        .collect()
}

fn german() -> HashSet<String> {
    words(TITLES)
        .chain(words(GERMAN))
        .chain(words(ROMAN_TO_TWENTY))
        .chain(words(ROMAN_TO_TWENTY).map(|numeral| numeral.to_ascii_lowercase()))
        .chain(('A'..='Z').map(String::from))
        .chain(('a'..='z').map(String::from))
        .chain((1..=LAST_ORDINAL).map(|number| number.to_string()))
        .collect()
}

fn words(list: &'static str) -> impl Iterator<Item = String> {
    list.split_whitespace().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_have_as_many_distinct_entries_as_those_of_moses() {
        let sizes = |language| {
            let prefixes = Prefixes::of(language);
            (prefixes.always.len(), prefixes.before_numbers.len())
        };
        assert_eq!(sizes("de"), (298, 0));
        assert_eq!(sizes("en"), (102, 3));
    }

    #[test]
    fn a_language_without_a_list_splits_every_full_stop() {
        assert!(!Prefixes::of("fr").always("Dr"));
    }

    #[test]
    fn english_numbers_keep_the_full_stop_of_no_only() {
        let english = Prefixes::of("en");
        assert!(english.before_numbers("No") && !english.always("No"));
    }
}
