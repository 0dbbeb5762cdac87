//! Signatures: the settings that a score depends on, in sacreBLEU's spelling.
//!
//! The version names this program, because the number comes from it and not from sacreBLEU.

use super::bleu::Orders;
use super::chrf;

/// Whether capitals could make a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextCase {
    /// Texts were compared with their capitals.
    Mixed,
    /// Texts were lowercased before.
    Lowercase,
}

const VERSION: &str = concat!("version:srp-", env!("CARGO_PKG_VERSION"));

/// Of [`super::bleu`]: `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:…`.
pub fn bleu(case: TextCase, orders: Orders) -> String {
    let effective = match orders {
        Orders::All => "no",
        Orders::Effective => "yes",
    };
    format!(
        "nrefs:1|case:{}|eff:{effective}|tok:13a|smooth:exp|{VERSION}",
        case.field()
    )
}

/// Of [`super::chrf`] with so many orders of words: `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:…`.
pub fn chrf(case: TextCase, word_orders: usize) -> String {
    format!(
        "nrefs:1|case:{}|eff:yes|nc:{}|nw:{word_orders}|space:no|{VERSION}",
        case.field(),
        chrf::CHARACTER_ORDERS
    )
}

impl TextCase {
    fn field(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Lowercase => "lc",
        }
    }
}
