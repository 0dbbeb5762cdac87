//! Presets: tables of the `configs` folders that an experiment names as the ground of its own. What no such folder has,
//! the program may carry.

use super::builtin;
use super::document::{Document, Fields, KeyPath, Part, Written};
use super::error::PlanError;
use super::layers::{Layer, Medium, PRESET};
use super::problem::Problem;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The presets that an experiment can name, each file read once.
#[derive(Debug)]
pub(crate) struct Presets {
    /// The `configs` folders, the nearest first.
    folders: Vec<PathBuf>,
    read: BTreeMap<String, Arc<Document>>,
}

/// A table that names a preset: the document and path of the key, and what the path is inside the stage.
#[derive(Debug, Clone)]
struct Mention {
    document: Arc<Document>,
    path: KeyPath,
    mount: KeyPath,
}

impl Presets {
    /// The `configs` folders above the experiment file and above the working directory.
    pub(crate) fn around(experiment: &Path) -> Self {
        let beside = experiment.parent().unwrap_or(Path::new(""));
        let working = std::env::current_dir().unwrap_or_default();
        let mut folders: Vec<PathBuf> = Vec::new();
        for above in beside.ancestors().chain(working.ancestors()) {
            let folder = above.join("configs");
            if folder.is_dir() && !folders.iter().any(|known| same(known, &folder)) {
                folders.push(folder);
            }
        }
        Self {
            folders,
            read: BTreeMap::new(),
        }
    }

    /// The layers of all presets that the tables of a stage name, the lowest first. A preset lies above its own
    /// presets, a later one of a list above an earlier one, one of an inner table above one of an outer table.
    /// `tables` are the stage's own layers; of several that name presets for the same table the last one counts.
    ///
    /// # Errors
    /// A preset that does not exist, is no TOML, is named by something else than a text, or builds on itself.
    pub(crate) fn layers(&mut self, tables: &[Layer]) -> Result<Vec<Layer>, PlanError> {
        let mut mentions = BTreeMap::new();
        for layer in tables {
            for mention in mentions_in(&layer.document, &layer.root, &layer.mount) {
                mentions.insert((mention.mount.len(), mention.mount.clone()), mention);
            }
        }
        let mut layers = Vec::new();
        for mention in mentions.into_values() {
            self.add(&mention, &mut Vec::new(), &mut layers)?;
        }
        Ok(layers)
    }

    fn add(
        &mut self,
        mention: &Mention,
        chain: &mut Vec<String>,
        layers: &mut Vec<Layer>,
    ) -> Result<(), PlanError> {
        for (name, at) in mention.names()? {
            if let Some(start) = chain.iter().position(|known| *known == name) {
                let names = chain[start..].iter().cloned().chain([name]).collect();
                let spot = mention.document.spot(&at, Part::Value);
                return Err(PlanError::at(Problem::PresetLoop { names }, spot));
            }
            let document = self.document(&name, mention, &at)?;
            chain.push(name);
            let mut inner = mentions_in(&document, &[], &mention.mount);
            inner.sort_by_key(|mention| mention.mount.len());
            for mention in inner {
                self.add(&mention, chain, layers)?;
            }
            chain.pop();
            layers.push(Layer {
                medium: Medium::Preset,
                document,
                root: KeyPath::new(),
                mount: mention.mount.clone(),
            });
        }
        Ok(())
    }

    fn document(
        &mut self,
        name: &str,
        mention: &Mention,
        at: &KeyPath,
    ) -> Result<Arc<Document>, PlanError> {
        if let Some(document) = self.read.get(name) {
            return Ok(document.clone());
        }
        let files = self
            .folders
            .iter()
            .map(|folder| folder.join(format!("{name}.toml")));
        let document = match (
            files.into_iter().find(|file| file.is_file()),
            builtin::preset(name),
        ) {
            (Some(file), _) => read_document(&file)?,
            (None, Some(text)) => {
                Document::parse(format!("built in, configs/{name}.toml"), text.to_owned())?
            }
            (None, None) => return Err(self.unknown(name, mention, at)),
        };
        let document = Arc::new(document);
        self.read.insert(name.to_owned(), document.clone());
        Ok(document)
    }

    fn unknown(&self, name: &str, mention: &Mention, at: &KeyPath) -> PlanError {
        let problem = Problem::UnknownPreset {
            name: name.to_owned(),
            looked_for: self.candidates(name),
            known: self.alternatives(name),
        };
        PlanError::at(problem, mention.document.spot(at, Part::Value))
    }

    /// The files that a preset could be.
    fn candidates(&self, name: &str) -> Vec<String> {
        let file = |folder: &Path| display_name(&folder.join(format!("{name}.toml")));
        if self.folders.is_empty() {
            return vec![file(Path::new("configs"))];
        }
        self.folders.iter().map(|folder| file(folder)).collect()
    }

    /// The presets of the folder that `name` names, or all if that has none.
    fn alternatives(&self, name: &str) -> Vec<String> {
        let built_in = builtin::PRESETS.iter().map(|(name, _)| (*name).to_owned());
        let mut names: BTreeSet<String> = built_in.collect();
        for folder in &self.folders {
            collect_names(folder, "", &mut names);
        }
        // The defaults are every stage's ground without being named.
        names.remove("defaults");
        let folder = name
            .rsplit_once('/')
            .map(|(folder, _)| format!("{folder}/"))
            .unwrap_or_default();
        if names.iter().any(|known| known.starts_with(&folder)) {
            names.retain(|known| known.starts_with(&folder));
        }
        names.into_iter().collect()
    }
}

impl Mention {
    /// The presets' names with the path of each.
    fn names(&self) -> Result<Vec<(String, KeyPath)>, PlanError> {
        let error = || {
            let problem = Problem::Preset;
            PlanError::at(problem, self.document.spot(&self.path, Part::Value))
        };
        let name = |written: &Written| match written {
            Written::Text(name) if !name.contains("${") => Ok(name.clone()),
            _ => Err(error()),
        };
        let written = self.document.get(&self.path).ok_or_else(error)?;
        let Written::Array(list) = written else {
            return Ok(vec![(name(written)?, self.path.clone())]);
        };
        let names = list.iter().enumerate().map(|(index, field)| {
            let path = [&self.path[..], &[index.to_string()]].concat();
            Ok((name(&field.written)?, path))
        });
        names.collect()
    }
}

/// All keys `preset` at and below the table at `root`, which stands at `mount` of its stage.
fn mentions_in(document: &Arc<Document>, root: &[String], mount: &[String]) -> Vec<Mention> {
    let mut mentions = Vec::new();
    if let Some(table) = document.table(root) {
        collect_mentions(
            document,
            table,
            &mut root.to_vec(),
            &mut mount.to_vec(),
            &mut mentions,
        );
    }
    mentions
}

fn collect_mentions(
    document: &Arc<Document>,
    table: &Fields,
    path: &mut KeyPath,
    mount: &mut KeyPath,
    mentions: &mut Vec<Mention>,
) {
    for (key, field) in table.iter() {
        path.push(key.clone());
        if key == PRESET {
            mentions.push(Mention {
                document: document.clone(),
                path: path.clone(),
                mount: mount.clone(),
            });
        } else if let Some(inner) = field.written.as_table() {
            mount.push(key.clone());
            collect_mentions(document, inner, path, mount, mentions);
            mount.pop();
        }
        path.pop();
    }
}

fn collect_names(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path.is_dir() {
            collect_names(&path, &format!("{prefix}{stem}/"), names);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            names.insert(format!("{prefix}{stem}"));
        }
    }
}

/// Reads and parses a file.
///
/// # Errors
/// A file that cannot be read or is no TOML.
pub(crate) fn read_document(file: &Path) -> Result<Document, PlanError> {
    match std::fs::read_to_string(file) {
        Ok(text) => Document::parse(display_name(file), text),
        Err(cause) => Err(PlanError::nowhere(Problem::Unreadable {
            path: file.to_owned(),
            cause,
        })),
    }
}

/// A file's name as people know it: relative to the working directory where it lies below.
fn display_name(file: &Path) -> String {
    let working = std::env::current_dir().unwrap_or_default();
    file.strip_prefix(&working)
        .unwrap_or(file)
        .display()
        .to_string()
}

fn same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
