//! What running processes tell others: a file in the folder of `tmp/` that each of them has claimed.

use super::hold::{LOCK, TMP};
use super::lock::is_held;
use super::walk::children;
use super::{Cache, Claim};
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

const POST: &str = "post.json";
/// What becomes the post once it is whole.
const DRAFT: &str = "post.new";

/// What a process has told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The folder that the process has claimed.
    pub folder: PathBuf,
    /// Whether the process still lives; if not, it was killed.
    pub alive: bool,
    /// What it told last.
    pub text: Vec<u8>,
}

impl Claim {
    /// Tells others this, in the place of what was told before. It is not flushed to the disk: after a crash of the
    /// machine nobody asks for it.
    ///
    /// # Errors
    /// If the cache cannot be written.
    pub fn post(&self, text: &[u8]) -> io::Result<()> {
        let draft = self.path().join(DRAFT);
        fs::write(&draft, text)?;
        fs::rename(draft, self.path().join(POST))
    }
}

impl Cache {
    /// What processes that work in this cache tell, and what killed ones told last, until the next run clears that
    /// away. Writes nothing.
    pub fn posts(&self) -> Vec<Post> {
        let claimed = children(&self.root().join(TMP)).into_iter();
        let posts = claimed.filter_map(|folder| {
            let text = fs::read(folder.join(POST)).ok()?;
            // A folder without its lock is being removed: its process has ended well. One whose lock is free belongs to a
            // process that died, though perhaps only after it was read.
            let lock = File::open(folder.join(LOCK)).ok()?;
            Some(Post {
                alive: is_held(&lock),
                folder,
                text,
            })
        });
        posts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_there_while_its_process_lives_and_dead_ones_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path());
        assert_eq!(cache.posts(), []);
        let claim = cache.claim().unwrap();
        assert_eq!(cache.posts(), [], "nothing is told yet");
        claim.post(b"one").unwrap();
        claim.post(b"two").unwrap();
        let told = |post: &Post| (post.alive, post.text.clone());
        let posts = cache.posts();
        assert_eq!(
            posts.iter().map(told).collect::<Vec<_>>(),
            [(true, b"two".to_vec())]
        );

        let dead = folder.path().join(TMP).join("dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(POST), "three").unwrap();
        assert_eq!(cache.posts().len(), 1, "it has no lock");
        fs::write(dead.join(LOCK), "").unwrap();
        let posts = cache.posts();
        assert_eq!(posts.iter().filter(|post| post.alive).count(), 1);
        assert_eq!(posts.iter().filter(|post| !post.alive).count(), 1);
        let other = File::open(dead.join(LOCK)).unwrap();
        other.lock_shared().unwrap();
        let alive = cache.posts().into_iter().filter(|post| post.alive);
        assert_eq!(alive.count(), 1, "another process asks at the same time");
        drop(claim);
        assert_eq!(cache.posts().len(), 1, "it ended well");
    }
}
