//! The folder of secrets: `kek` (wraps data keys) and `pepper` (makes verifiers), 32 bytes each,
//! written in hexadecimal. While the key-encryption key is being changed, `kek.next` or `kek.previous`
//! stands beside it (see [`super::ring`]).
//!
//! The folder has mode 0700 and its files 0600; anything wider is refused. Both files are made only
//! together with an empty database: new secrets beside an old database would open nothing, and would
//! hide that the right ones are missing.

use super::ring::KeyEncryptionKeys;
use secrecy::{ExposeSecret, SecretBox};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Wraps the data keys of workspaces. No `Debug`, `Display` or `Serialize`; wiped when dropped.
pub struct KeyEncryptionKey(SecretBox<[u8; 32]>);

/// Makes verifiers of keys. No `Debug`, `Display` or `Serialize`; wiped when dropped.
pub struct Pepper(SecretBox<[u8; 32]>);

impl KeyEncryptionKey {
    /// Takes the bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

impl Pepper {
    /// Takes the bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

/// The file of the key-encryption key.
pub(super) const KEK: &str = "kek";

/// What the folder held. Without its pepper a server verifies no key, and without the key-encryption
/// key it reveals none; it starts all the same and names the files.
pub struct Secrets {
    /// For wrapping data keys.
    pub keks: KeyEncryptionKeys,
    /// For verifying keys.
    pub pepper: Option<Pepper>,
    /// The files that should be there and are not.
    pub missing: Vec<PathBuf>,
}

/// Why the folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// Others than the owner can get at it.
    #[error("{} has mode {mode:04o}; only its owner may have access (folder 0700, files 0600)", .path.display())]
    TooOpen {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else than 32 bytes in hexadecimal.
    #[error("{} does not hold 32 bytes in hexadecimal", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// Another command is changing the keys.
    #[error("{} is taken: another `portico keys` command is running", .path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Opens the folder. With an empty database the folder and each missing file are made, their bytes
/// drawn from `fill`; files that are already there are kept, so that a start which failed half-way
/// can be repeated.
///
/// # Errors
/// [`SecretsError`]; a missing file is none of them but stands in [`Secrets::missing`].
pub fn open_or_create(
    folder: &Path,
    database_is_empty: bool,
    fill: &mut dyn FnMut(&mut [u8]),
) -> Result<Secrets, SecretsError> {
    if database_is_empty {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(at(folder))?;
    }
    if folder.exists() {
        refuse_if_open(folder)?;
    }
    let mut missing = Vec::new();
    let mut secret = |name| -> Result<Option<[u8; 32]>, SecretsError> {
        let path = folder.join(name);
        if let Some(bytes) = read(&path)? {
            return Ok(Some(bytes));
        }
        if database_is_empty {
            return write(folder, &path, fill).map(Some);
        }
        missing.push(path);
        Ok(None)
    };
    let kek = secret(KEK)?.map(KeyEncryptionKey::new);
    let pepper = secret("pepper")?.map(Pepper::new);
    Ok(Secrets {
        keks: KeyEncryptionKeys::new(folder, kek),
        pepper,
        missing,
    })
}

/// The bytes of a secret file; `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<[u8; 32]>, SecretsError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(SecretsError::Malformed { path: path.into() });
        }
        Err(error) => return Err(at(path)(error)),
    };
    refuse_if_open(path)?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.trim_end(), &mut bytes)
        .map_err(|_| SecretsError::Malformed { path: path.into() })?;
    Ok(Some(bytes))
}

/// Writes a new secret so that the file is there either whole or not at all.
pub(super) fn write(
    folder: &Path,
    path: &Path,
    fill: &mut dyn FnMut(&mut [u8]),
) -> Result<[u8; 32], SecretsError> {
    let mut bytes = [0; 32];
    fill(&mut bytes);
    let mut text = Zeroizing::new(hex::encode(bytes));
    text.push('\n');
    let temporary = path.with_extension("new");
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        // A temporary file left by an earlier start keeps its mode when opened again.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        File::open(folder)?.sync_all()
    })();
    written.map_err(at(path))?;
    Ok(bytes)
}

fn refuse_if_open(path: &Path) -> Result<(), SecretsError> {
    let mode = fs::metadata(path).map_err(at(path))?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(SecretsError::TooOpen {
            path: path.into(),
            mode,
        })
    }
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> SecretsError {
    let path = path.to_owned();
    move |source| SecretsError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> impl FnMut(&mut [u8]) {
        let mut next = 0_u8;
        move |bytes| {
            next += 1;
            bytes.fill(next);
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn problem(folder: &Path) -> SecretsError {
        match open_or_create(folder, false, &mut counting()) {
            Ok(_) => panic!("the folder was taken"),
            Err(error) => error,
        }
    }

    #[test]
    fn an_empty_database_gets_secrets_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("secrets");
        let made = open_or_create(&folder, true, &mut counting()).unwrap();
        assert!(made.missing.is_empty());
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("kek")), 0o600);
        assert_eq!(mode(&folder.join("pepper")), 0o600);
        let names = fs::read_dir(&folder).unwrap().count();
        assert_eq!(names, 2);

        let opened = open_or_create(&folder, false, &mut counting()).unwrap();
        assert_eq!(opened.keks.newest().unwrap().unwrap().expose(), &[1; 32]);
        assert_eq!(opened.pepper.unwrap().expose(), &[2; 32]);
    }

    #[test]
    fn a_database_without_its_secrets_says_which_files_are_missing() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("secrets");
        let opened = open_or_create(&folder, false, &mut counting()).unwrap();
        assert!(opened.keks.newest().unwrap().is_none() && opened.pepper.is_none());
        assert_eq!(opened.missing, [folder.join("kek"), folder.join("pepper")]);
        assert!(!folder.exists(), "nothing is made beside an old database");

        open_or_create(&folder, true, &mut counting()).unwrap();
        fs::remove_file(folder.join("pepper")).unwrap();
        let opened = open_or_create(&folder, false, &mut counting()).unwrap();
        assert!(opened.keks.newest().unwrap().is_some());
        assert_eq!(opened.missing, [folder.join("pepper")]);
    }

    #[test]
    fn secrets_that_are_there_are_never_replaced() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("secrets");
        open_or_create(&folder, true, &mut counting()).unwrap();
        let mut other = |bytes: &mut [u8]| bytes.fill(9);
        let again = open_or_create(&folder, true, &mut other).unwrap();
        assert_eq!(again.keks.newest().unwrap().unwrap().expose(), &[1; 32]);
    }

    #[test]
    fn wider_modes_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("secrets");
        open_or_create(&folder, true, &mut counting()).unwrap();
        let widen = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        widen(&folder.join("kek"), 0o640);
        assert!(problem(&folder).to_string().contains("kek has mode 0640"));
        widen(&folder.join("kek"), 0o600);
        widen(&folder, 0o755);
        assert!(matches!(
            problem(&folder),
            SecretsError::TooOpen { mode: 0o755, .. }
        ));
    }

    #[test]
    fn damaged_files_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("secrets");
        open_or_create(&folder, true, &mut counting()).unwrap();
        for content in [&b""[..], b"00", b"not hexadecimal", &[0xff; 64]] {
            fs::write(folder.join("pepper"), content).unwrap();
            assert!(matches!(problem(&folder), SecretsError::Malformed { .. }));
        }
    }
}
