//! Locks: files that a living process has open and locked, which the system undoes when it dies.
//!
//! Who works holds a lock alone. Who only asks whether it is held takes it shared for an instant; several may ask at a
//! time, and [`try_lock`] tells them from a holder. A lock that nobody holds may be deleted by whoever then holds it, so
//! who has just got one looks whether it is still the file of that name.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often a lock that another process has is tried.
const LOOK: Duration = Duration::from_millis(20);
/// How often a lock is tried that nobody seems to hold.
const TRIES: usize = 100;
/// How long it takes to ask whether a lock is held, and more.
const MOMENT: Duration = Duration::from_millis(1);

/// The lock of a file, which is made if need be, unless another process has it.
pub(super) fn try_lock(path: &Path) -> io::Result<Option<File>> {
    for _ in 0..TRIES {
        let file = File::create(path)?;
        match file.try_lock() {
            Ok(()) if is_still_at(&file, path)? => return Ok(Some(file)),
            // It was deleted before it was locked: nobody else would meet it.
            Ok(()) => {}
            Err(TryLockError::WouldBlock) if is_held(&file) => return Ok(None),
            Err(TryLockError::WouldBlock) => {
                // Somebody was only asking, and so was this process just now.
                drop(file);
                thread::sleep(MOMENT);
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// Whether a living process holds the lock at `path`; not if there is none.
pub(super) fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|lock| is_held(&lock))
}

/// Whether a living process holds this lock, or nobody can say. Disturbs none who ask the same.
pub(super) fn is_held(lock: &File) -> bool {
    lock.try_lock_shared().is_err()
}

/// Deletes the lock at `path` unless a process holds it.
pub(super) fn remove_unless_held(path: &Path) -> io::Result<()> {
    match try_lock(path)? {
        // Deleted while it is held, so that whoever waits for it sees that it is no more the file of that name.
        Some(_held) => fs::remove_file(path),
        None => Ok(()),
    }
}

/// Tries until something is there, or `give_up` says so; calls `waiting` after the second time that nothing is: who
/// deletes a lock that nobody held has it for an instant.
pub(super) fn wait_for<T, E>(
    mut attempt: impl FnMut() -> Result<Option<T>, E>,
    waiting: impl FnOnce(),
    give_up: impl Fn() -> bool,
) -> Result<Option<T>, E> {
    let mut waiting = Some(waiting);
    let mut misses: u64 = 0;
    loop {
        if let Some(found) = attempt()? {
            return Ok(Some(found));
        }
        if give_up() {
            return Ok(None);
        }
        misses += 1;
        if misses > 1
            && let Some(waiting) = waiting.take()
        {
            waiting();
        }
        thread::sleep(LOOK);
    }
}

fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    let opened = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn who_asks_is_not_taken_for_a_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!is_locked(&path), "there is none");
        let asking = File::create(&path).unwrap();
        asking.lock_shared().unwrap();
        assert!(!is_locked(&path), "another asks too");
        let got = thread::scope(|scope| {
            let worker = scope.spawn(|| try_lock(&path).unwrap());
            thread::sleep(LOOK);
            drop(asking);
            worker.join().unwrap()
        });
        assert!(got.is_some(), "it was only asked");
        assert!(is_locked(&path));
        assert!(try_lock(&path).unwrap().is_none());
    }

    #[test]
    fn a_lock_that_is_held_stays_and_one_that_nobody_holds_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = try_lock(&path).unwrap();
        remove_unless_held(&path).unwrap();
        assert!(path.exists() && is_locked(&path));
        drop(held);
        remove_unless_held(&path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn nobody_is_said_to_wait_for_a_lock_that_is_held_for_an_instant() {
        for (missed, told) in [(0, 0), (1, 0), (2, 1), (3, 1)] {
            let (mut tries, mut waits) = (0, 0);
            let attempt = || -> io::Result<Option<()>> {
                tries += 1;
                Ok((tries > missed).then_some(()))
            };
            wait_for(attempt, || waits += 1, || false).unwrap();
            assert_eq!((tries, waits), (missed + 1, told));
        }
    }

    #[test]
    fn no_two_hold_a_lock_while_others_delete_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let (holders, held) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        if let Some(_lock) = try_lock(&path).unwrap() {
                            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                            thread::yield_now();
                            holders.fetch_sub(1, Ordering::SeqCst);
                            held.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
            scope.spawn(|| (0..500).for_each(|_| remove_unless_held(&path).unwrap()));
        });
        assert!(held.load(Ordering::SeqCst) > 0);
    }
}
