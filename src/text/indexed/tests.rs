//! Memory-mapped data sets: what is written is read again, and what is said of damaged ones.

use super::*;
use tempfile::TempDir;

const SENTENCES: [&[u32]; 3] = [&[7, 300, 2], &[2], &[65_499, 2]];

fn written(token_type: TokenType) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("train.de-en.de");
    write(&prefix, token_type, SENTENCES).unwrap();
    (folder, prefix)
}

/// What reading says after `change` was made to the index or the data.
fn error_after(suffix: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let (folder, prefix) = written(TokenType::U16);
    let path = folder.path().join(format!("train.de-en.de{suffix}"));
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
    read(&prefix).unwrap_err().to_string()
}

type Damage = fn(&mut Vec<u8>);

#[test]
fn every_type_that_holds_the_tokens_gives_them_back() {
    for token_type in TokenType::ALL {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("x");
        match write(&prefix, token_type, SENTENCES) {
            Ok(()) => assert_eq!(read(&prefix).unwrap(), SENTENCES, "{token_type:?}"),
            Err(error) => assert!(matches!(
                (error, token_type),
                (
                    IndexedError::DoesNotFit { .. },
                    TokenType::U8 | TokenType::I8 | TokenType::I16
                )
            )),
        }
    }
}

#[test]
fn the_type_follows_from_the_size_of_the_dictionary() {
    assert_eq!(TokenType::for_dictionary(65_499), TokenType::U16);
    assert_eq!(TokenType::for_dictionary(65_500), TokenType::I32);
}

#[test]
fn a_damaged_index_is_told_by_what_is_wrong() {
    let cases: [(Damage, &str); 8] = [
        (|b| b[0] = b'X', "does not begin with `MMIDIDX`"),
        (|b| b.clear(), "does not begin with `MMIDIDX`"),
        (|b| b[9] = 2, "has version 2, expected 1"),
        (|b| b[17] = 11, "has the type code 11, expected 1 to 10"),
        (
            |b| b.truncate(20),
            "has 20 bytes, expected 26; it is cut off",
        ),
        (
            |b| b.truncate(60),
            "has 60 bytes, expected 62; it is cut off",
        ),
        (
            |b| b[29] = 0x80,
            "sentence 0 has the length -2147483645, expected 0 or more",
        ),
        (|b| b[46] = 7, "sentence 1 has the offset 7, expected 6"),
    ];
    for (change, expected) in cases {
        let error = error_after(".idx", change);
        assert!(
            error.contains(expected),
            "expected {expected:?} in {error:?}"
        );
    }
}

#[test]
fn a_sentence_count_beyond_all_files_is_a_size_error() {
    let error = error_after(".idx", |bytes| bytes[18..26].fill(0xff));
    assert!(error.contains("cut off"), "{error}");
}

#[test]
fn data_of_another_size_does_not_belong_to_the_index() {
    assert!(
        error_after(".bin", |b| b.truncate(11))
            .contains("has 11 bytes, expected 12; it is cut off")
    );
    assert!(error_after(".bin", |b| b.push(0)).contains("it does not belong to its index"));
}

#[test]
fn a_number_that_is_no_token_is_refused() {
    for token_type in [TokenType::F64, TokenType::I64] {
        let (_folder, prefix) = written(token_type);
        let data_path = paths(&prefix).1;
        let mut data = fs::read(&data_path).unwrap();
        data[24..32].copy_from_slice(&(-0.5f64).to_le_bytes());
        fs::write(&data_path, data).unwrap();
        assert!(matches!(
            read(&prefix),
            Err(IndexedError::NoToken { sentence: 1, .. })
        ));
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = read(Path::new("no/such/data.de")).unwrap_err().to_string();
    assert_eq!(error, "cannot access no/such/data.de.idx");
}
