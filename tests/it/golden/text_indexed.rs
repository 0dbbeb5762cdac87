//! Memory-mapped data sets against fairseq.

use crate::golden::text_golden::{corpus, parse, read};
use serde::Deserialize;
use srp::text::indexed::{self, TokenType};
use srp::text::vocabulary::{Dictionary, UNK};
use std::collections::BTreeMap;
use std::fs;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    dtype: String,
    sentences: Vec<Vec<u32>>,
    idx_hex: String,
    bin_hex: String,
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .map(|digit| digit.to_digit(16).unwrap() as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn type_called(name: &str) -> TokenType {
    match name {
        "uint8" => TokenType::U8,
        "int8" => TokenType::I8,
        "int16" => TokenType::I16,
        "int32" => TokenType::I32,
        "int64" => TokenType::I64,
        "float64" => TokenType::F64,
        "uint16" => TokenType::U16,
        "uint32" => TokenType::U32,
        "uint64" => TokenType::U64,
        other => panic!("unknown type {other}"),
    }
}

#[test]
fn fairseq_files_are_read_and_written_byte_for_byte() {
    let golden: Golden = read("14_mmap/case.json");
    for case in golden.cases {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("theirs");
        fs::write(theirs.with_extension("idx"), bytes(&case.idx_hex)).unwrap();
        fs::write(theirs.with_extension("bin"), bytes(&case.bin_hex)).unwrap();
        assert_eq!(
            indexed::read(&theirs).unwrap(),
            case.sentences,
            "{}",
            case.dtype
        );

        let ours = folder.path().join("ours");
        let sentences = case.sentences.iter().map(Vec::as_slice);
        indexed::write(&ours, type_called(&case.dtype), sentences).unwrap();
        for file in ["idx", "bin"] {
            let [ours, theirs] =
                [&ours, &theirs].map(|name| fs::read(name.with_extension(file)).unwrap());
            assert!(ours == theirs, "{} of {}", file, case.dtype);
        }
    }
}

/// What fairseq says of one side of a split of IWSLT'14.
#[derive(Deserialize)]
struct Side {
    n: usize,
    dict_len: usize,
    tokens: usize,
    unk: usize,
    max_id: u32,
    idx_bytes: u64,
    bin_bytes: u64,
    header_26_bytes: String,
    first_3_sizes: Vec<usize>,
}

#[test]
fn iwslt14_text_gives_the_data_that_fairseq_made_of_it() {
    let Some(folder) = corpus("iwslt14") else {
        return;
    };
    let info: BTreeMap<String, serde_json::Value> = parse(&folder.join("info.json"));
    for name in ["valid.de", "valid.en", "test.de", "test.en"] {
        let side: Side = serde_json::from_value(info[name].clone()).unwrap();
        let (split, language) = name.split_once('.').unwrap();
        let dictionary = Dictionary::read(&folder.join(format!("dict.{language}.txt"))).unwrap();
        assert_eq!(dictionary.len(), side.dict_len);

        let text = fs::read_to_string(folder.join(format!("{split}.bpe.{language}"))).unwrap();
        let sentences: Vec<Vec<u32>> = text.lines().map(|line| dictionary.encode(line)).collect();
        let numbers = || sentences.iter().flatten();
        assert_eq!(sentences.len(), side.n, "{name}");
        assert_eq!(numbers().count(), side.tokens, "{name}");
        assert_eq!(
            numbers().filter(|number| **number == UNK).count(),
            side.unk,
            "{name}"
        );
        assert_eq!(numbers().max(), Some(&side.max_id), "{name}");
        let lengths: Vec<usize> = sentences.iter().map(Vec::len).take(3).collect();
        assert_eq!(lengths, side.first_3_sizes, "{name}");

        let out = tempfile::tempdir().unwrap();
        let prefix = out.path().join("data");
        let token_type = TokenType::for_dictionary(dictionary.len());
        indexed::write(&prefix, token_type, sentences.iter().map(Vec::as_slice)).unwrap();
        let index = fs::read(prefix.with_extension("idx")).unwrap();
        assert_eq!(index[..26], bytes(&side.header_26_bytes), "{name}");
        assert_eq!(index.len() as u64, side.idx_bytes, "{name}");
        assert_eq!(
            fs::metadata(prefix.with_extension("bin")).unwrap().len(),
            side.bin_bytes,
            "{name}"
        );
        assert_eq!(
            dictionary.decode(&sentences[0], "<unk>"),
            text.lines().next().unwrap(),
            "{name}"
        );
    }
}
