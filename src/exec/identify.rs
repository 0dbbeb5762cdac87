//! What a stage would make, once its parents' artifacts are known.

use super::{ExecError, Runner, StageFailure};
use crate::cache::{Artifact, Cache, Digest, Identity, OutsideFiles};
use crate::plan::Node;
use std::path::PathBuf;

/// Computes identities of stages; every outside file is read at most once.
pub(super) struct Identifier<'a> {
    cache: &'a Cache,
    runner: &'a dyn Runner,
    files: OutsideFiles,
}

/// What a stage would make, and of what.
pub(super) struct Identified<'a> {
    pub(super) identity: Identity,
    pub(super) inputs: Vec<(&'static str, &'a Artifact)>,
    /// The files outside the cache that it is made of, and the digests of their bytes, in the same order.
    pub(super) outside_files: Vec<PathBuf>,
    pub(super) digests: Vec<Digest>,
}

impl<'a> Identifier<'a> {
    pub(super) fn new(cache: &'a Cache, runner: &'a dyn Runner) -> Self {
        Self {
            cache,
            runner,
            files: OutsideFiles::of(cache),
        }
    }

    /// The files outside the cache that `node` reads, with the digests of their bytes.
    pub(super) fn files(&mut self, node: &Node) -> Result<Vec<(PathBuf, Digest)>, ExecError> {
        let paths = self
            .runner
            .outside_files(&node.spec)
            .map_err(|failure| ExecError::stage(&node.label, failure, None))?;
        let digest = |path: PathBuf| match self.files.digest(&path) {
            Ok(digest) => Ok((path, digest)),
            Err(source) => Err(ExecError::OutsideFile {
                stage: node.label.clone(),
                path,
                source,
            }),
        };
        paths.into_iter().map(digest).collect()
    }

    /// The identity of what `node` would make of `inputs`, which are the artifacts of its parents by key.
    pub(super) fn identify<'b>(
        &mut self,
        node: &Node,
        inputs: Vec<(&'static str, &'b Artifact)>,
    ) -> Result<Identified<'b>, ExecError> {
        let (outside_files, digests): (Vec<PathBuf>, Vec<Digest>) =
            self.files(node)?.into_iter().unzip();
        let contents = inputs
            .iter()
            .map(|(key, artifact)| ((*key).to_owned(), artifact.content()))
            .collect();
        let revision = self.runner.revision(&node.spec);
        Ok(Identified {
            identity: Identity::new(&node.spec, revision, contents, digests.clone())?,
            inputs,
            outside_files,
            digests,
        })
    }

    /// Keeps the digests of outside files and what is known of artifacts for the next time. They only save time, so
    /// a cache that cannot be written does not matter here.
    pub(super) fn save(&mut self) {
        self.files.save().ok();
        self.cache.save_notes().ok();
    }
}

/// Whether the files outside the cache are still what they were: what a stage has made of others must not be found by
/// their digests.
pub(super) fn check_unchanged(
    cache: &Cache,
    files: &[PathBuf],
    digests: &[Digest],
) -> Result<(), StageFailure> {
    if files.is_empty() {
        return Ok(());
    }
    let found = OutsideFiles::of(cache);
    for (path, digest) in files.iter().zip(digests) {
        if found.digest(path)? != *digest {
            let text = format!("`{}` was changed while the stage read it", path.display());
            return Err(StageFailure::new(text).with_help("run it again"));
        }
    }
    Ok(())
}
