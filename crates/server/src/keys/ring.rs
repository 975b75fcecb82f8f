//! The key-encryption keys of an installation, more than one of them only while one takes the place of
//! another.
//!
//! A change goes through three states of the secrets folder, each reached in one step that is there
//! whole or not at all:
//!
//! 1. `kek` alone: the usual one.
//! 2. `kek` and `kek.next`: data keys are wrapped under either, new ones under `kek.next`.
//! 3. `kek` and `kek.previous`: all are wrapped under `kek`, which was `kek.next` before. The old one
//!    stays until somebody asks for it to be removed.
//!
//! A server that runs meanwhile has the old key in memory. What that does not open it tries with the
//! files, so it needs neither a restart nor a signal. Must not know the database.

use super::seal::{self, DataKey, SealError, Sealed};
use super::secrets::{KEK, KeyEncryptionKey, SecretsError, at, read, write};
use portico_api::id::WorkspaceId;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

const NEXT: &str = "kek.next";
const PREVIOUS: &str = "kek.previous";

/// The key-encryption keys: the one in memory, and those in the folder.
pub struct KeyEncryptionKeys {
    folder: PathBuf,
    held: RwLock<Option<Arc<KeyEncryptionKey>>>,
}

/// Why a data key was not opened.
#[derive(Debug, thiserror::Error)]
pub enum UnwrapError {
    /// There is no key-encryption key at all.
    #[error("the key-encryption key is missing")]
    Missing,
    /// None of them opens it.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The folder can't be read.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// Which of the three states the folder is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// No change is going on.
    None,
    /// Data keys are being wrapped under the next key.
    Running,
    /// All are; the old key is still there.
    Finished,
}

impl KeyEncryptionKeys {
    /// The keys of a folder, with what stood in `kek` when it was opened.
    pub(super) fn new(folder: &Path, held: Option<KeyEncryptionKey>) -> Self {
        Self {
            folder: folder.to_owned(),
            held: RwLock::new(held.map(Arc::new)),
        }
    }

    fn file(&self, name: &str) -> Result<Option<Arc<KeyEncryptionKey>>, SecretsError> {
        let bytes = read(&self.folder.join(name))?;
        Ok(bytes.map(|bytes| Arc::new(KeyEncryptionKey::new(bytes))))
    }

    fn held(&self) -> Option<Arc<KeyEncryptionKey>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.clone()
    }

    /// What new data keys are wrapped under: the next key while a change is running, else the present
    /// one. Read from the folder each time (a workspace is not made often), so that no data key is
    /// wrapped under a key that is on its way out. A folder that is gone since the start leaves the one
    /// in memory.
    ///
    /// # Errors
    /// If a file is there and can't be used.
    pub fn newest(&self) -> Result<Option<Arc<KeyEncryptionKey>>, SecretsError> {
        // In this order: between the two reads the next key may become the present one.
        let newest = match self.file(NEXT)? {
            Some(next) => Some(next),
            None => self.file(KEK)?,
        };
        Ok(newest.or_else(|| self.held()))
    }

    /// Opens a stored data key with the key in memory, else with each in the folder. If the present one
    /// opens it, the one in memory was an old one and is forgotten.
    ///
    /// # Errors
    /// [`UnwrapError`].
    pub fn unwrap_data_key(
        &self,
        workspace: &WorkspaceId,
        data_key_id: &str,
        sealed: &Sealed,
    ) -> Result<DataKey, UnwrapError> {
        let open = |kek: &KeyEncryptionKey| {
            seal::unwrap_data_key(kek, workspace, data_key_id, sealed).ok()
        };
        let held = self.held();
        if let Some(data_key) = held.as_deref().and_then(open) {
            return Ok(data_key);
        }
        let mut any = held.is_some();
        for name in [NEXT, KEK, PREVIOUS] {
            let Some(kek) = self.file(name)? else {
                continue;
            };
            any = true;
            if let Some(data_key) = open(&kek) {
                if name == KEK {
                    let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
                    *held = Some(kek);
                }
                return Ok(data_key);
            }
        }
        Err(if any {
            SealError.into()
        } else {
            UnwrapError::Missing
        })
    }

    /// The present key, from the folder.
    ///
    /// # Errors
    /// If the file is missing or can't be used.
    pub fn present(&self) -> Result<Arc<KeyEncryptionKey>, SecretsError> {
        self.file(KEK)?.ok_or_else(|| self.gone(KEK))
    }

    /// Which state the folder is in.
    ///
    /// # Errors
    /// If a file can't be used.
    pub fn change(&self) -> Result<Change, SecretsError> {
        Ok(if self.file(NEXT)?.is_some() {
            Change::Running
        } else if self.file(PREVIOUS)?.is_some() {
            Change::Finished
        } else {
            Change::None
        })
    }

    /// Begins a change, or goes on with one: the next key, made from `fresh` if there is none yet.
    ///
    /// # Errors
    /// If the folder can't be read or written, or `kek` itself is missing.
    pub fn begin(&self, fresh: [u8; 32]) -> Result<Arc<KeyEncryptionKey>, SecretsError> {
        self.present()?;
        if let Some(next) = self.file(NEXT)? {
            return Ok(next);
        }
        let fresh = zeroize::Zeroizing::new(fresh);
        let bytes = write(&self.folder, &self.folder.join(NEXT), &mut |place| {
            place.copy_from_slice(&*fresh);
        })?;
        Ok(Arc::new(KeyEncryptionKey::new(bytes)))
    }

    /// Makes the next key the present one and keeps the old one. Every data key must be wrapped under
    /// the next key before.
    ///
    /// # Errors
    /// If the folder can't be written; the same call again finishes what was begun.
    pub fn finish(&self) -> Result<(), SecretsError> {
        let (kek, next, previous) = (
            self.folder.join(KEK),
            self.folder.join(NEXT),
            self.folder.join(PREVIOUS),
        );
        // Killed after this, the old key has two names, and the same call starts over.
        match fs::hard_link(&kek, &previous) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            done => done.map_err(at(&previous))?,
        }
        self.sync()?;
        fs::rename(&next, &kek).map_err(at(&kek))?;
        self.sync()
    }

    /// Removes the old key for good. Whether there was one.
    ///
    /// # Errors
    /// If the folder can't be written.
    pub fn forget_previous(&self) -> Result<bool, SecretsError> {
        let previous = self.folder.join(PREVIOUS);
        match fs::remove_file(&previous) {
            Ok(()) => self.sync().map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(at(&previous)(error)),
        }
    }

    fn sync(&self) -> Result<(), SecretsError> {
        let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
        synced.map_err(at(&self.folder))
    }

    fn gone(&self, name: &str) -> SecretsError {
        let path = self.folder.join(name);
        at(&path)(io::ErrorKind::NotFound.into())
    }

    /// Takes the folder for one command that changes its keys; the next one is refused while this lives.
    ///
    /// # Errors
    /// If another command has it, or it can't be opened.
    pub fn lock(&self) -> Result<File, SecretsError> {
        let folder = File::open(&self.folder).map_err(at(&self.folder))?;
        let locked = rustix::fs::flock(
            &folder,
            rustix::fs::FlockOperation::NonBlockingLockExclusive,
        );
        match locked {
            Ok(()) => Ok(folder),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(SecretsError::Taken {
                path: self.folder.clone(),
            }),
            Err(error) => Err(at(&self.folder)(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::secrets::open_or_create;
    use super::*;

    fn workspace() -> WorkspaceId {
        WorkspaceId::from_bytes([1; 16])
    }

    fn wrapped(kek: &KeyEncryptionKey) -> Sealed {
        seal::wrap_data_key(kek, &workspace(), "1", &DataKey::new([7; 32]), [2; 12]).unwrap()
    }

    fn opens(keks: &KeyEncryptionKeys, sealed: &Sealed) -> bool {
        keks.unwrap_data_key(&workspace(), "1", sealed).is_ok()
    }

    /// A folder, and two servers' views of it: one from before the change.
    fn folder() -> (tempfile::TempDir, KeyEncryptionKeys) {
        let home = tempfile::tempdir().unwrap();
        let mut fill = |bytes: &mut [u8]| bytes.fill(1);
        let made = open_or_create(&home.path().join("secrets"), true, &mut fill).unwrap();
        (home, made.keks)
    }

    fn again(home: &tempfile::TempDir) -> KeyEncryptionKeys {
        let mut fill = |_: &mut [u8]| panic!("nothing is made");
        let folder = home.path().join("secrets");
        open_or_create(&folder, false, &mut fill).unwrap().keks
    }

    #[test]
    fn a_server_that_ran_before_opens_what_was_wrapped_at_every_step() {
        let (home, running) = folder();
        let old = wrapped(&running.newest().unwrap().unwrap());
        assert_eq!(running.change().unwrap(), Change::None);

        let command = again(&home);
        let next = command.begin([9; 32]).unwrap();
        assert_eq!(running.change().unwrap(), Change::Running);
        let new = wrapped(&next);
        assert!(opens(&running, &old) && opens(&running, &new));
        // A second beginning goes on with the same key.
        assert!(opens(&running, &wrapped(&command.begin([5; 32]).unwrap())));
        let made_meanwhile = wrapped(&running.newest().unwrap().unwrap());
        assert!(seal::unwrap_data_key(&next, &workspace(), "1", &made_meanwhile).is_ok());
        // A server that starts in the middle.
        assert!(opens(&again(&home), &old) && opens(&again(&home), &new));

        command.finish().unwrap();
        assert_eq!(running.change().unwrap(), Change::Finished);
        assert!(opens(&running, &new) && opens(&running, &old));
        assert!(opens(&again(&home), &new) && opens(&again(&home), &old));

        assert!(command.forget_previous().unwrap());
        assert!(!command.forget_previous().unwrap());
        assert_eq!(running.change().unwrap(), Change::None);
        assert!(opens(&running, &new) && opens(&again(&home), &new));
        assert!(!opens(&again(&home), &old));
        assert!(!opens(&running, &old), "the old key left the memory too");
    }

    #[test]
    fn a_finish_that_broke_off_is_finished_again() {
        let (home, _) = folder();
        let command = again(&home);
        let next = command.begin([9; 32]).unwrap();
        // As a kill leaves it between its two steps.
        let path = |name| home.path().join("secrets").join(name);
        fs::hard_link(path(KEK), path(PREVIOUS)).unwrap();
        assert_eq!(command.change().unwrap(), Change::Running);
        command.finish().unwrap();
        assert_eq!(command.change().unwrap(), Change::Finished);
        assert!(opens(&again(&home), &wrapped(&next)));
    }

    #[test]
    fn one_command_at_a_time_and_none_without_the_file() {
        let (home, keks) = folder();
        let taken = keks.lock().unwrap();
        assert!(matches!(
            again(&home).lock(),
            Err(SecretsError::Taken { .. })
        ));
        drop(taken);
        again(&home).lock().unwrap();
        fs::remove_file(home.path().join("secrets").join(KEK)).unwrap();
        let problem = keks.begin([9; 32]).err().unwrap().to_string();
        assert!(problem.contains("kek"), "{problem}");
        assert_eq!(keks.change().unwrap(), Change::None, "no half-begun change");
        // What is in memory still opens what it wrapped.
        assert!(opens(&keks, &wrapped(&keks.newest().unwrap().unwrap())));
    }

    #[test]
    fn without_any_key_that_is_what_is_said() {
        let home = tempfile::tempdir().unwrap();
        let keks = KeyEncryptionKeys::new(home.path(), None);
        assert!(keks.newest().unwrap().is_none());
        let sealed = wrapped(&KeyEncryptionKey::new([1; 32]));
        assert!(matches!(
            keks.unwrap_data_key(&workspace(), "1", &sealed),
            Err(UnwrapError::Missing)
        ));
    }
}
