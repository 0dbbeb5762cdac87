//! The presets that the program carries, for experiments with no folder `configs` above them that has the preset.

/// Names and texts of files of `configs`.
macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../configs/", $name, ".toml")))),+]
    };
}

/// The name of each preset, and its file.
pub(super) const PRESETS: &[(&str, &str)] = presets![
    "data/demo-de-en",
    "data/iwslt14-de-en",
    "data/multi30k-de-en",
    "model/demo",
    "model/iwslt",
    "model/small",
    "model/tiny",
    "model/wmt-base",
    "model/wmt-big",
    "prune/srp",
    "prune/srp-at-once",
    "prune/srp-stage1",
    "prune/srp-stage2",
    "train/demo-finetune",
    "train/demo-pretrain",
    "train/demo-prune",
    "train/iwslt-finetune",
    "train/iwslt-pretrain",
    "train/iwslt-prune",
    "train/multi30k-finetune",
    "train/multi30k-pretrain",
    "train/multi30k-prune",
];

/// The text of the preset called `name`.
pub(super) fn preset(name: &str) -> Option<&'static str> {
    let found = PRESETS.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn every_preset_of_the_repository_is_built_in() {
        let mut names = Vec::new();
        let folders = fs::read_dir("configs").unwrap().map(Result::unwrap);
        for folder in folders.filter(|entry| entry.path().is_dir()) {
            for file in fs::read_dir(folder.path()).unwrap() {
                let path = file.unwrap().path().with_extension("");
                let name = path.strip_prefix("configs").unwrap();
                names.push(name.to_str().unwrap().to_owned());
            }
        }
        names.sort();
        let built_in: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
        assert_eq!(built_in, names);
    }
}
