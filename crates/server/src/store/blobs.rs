//! Models, uploads and results by digest (SHA-256): the same bytes are kept once. A folder by
//! default; any other store that `object_store` speaks to fits in its place.

use crate::clock::{Micros, SECOND};
use crate::error::Error;
use crate::scoring::ModelDigest;
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as BlobPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The blob store.
#[derive(Clone, Debug)]
pub struct Blobs {
    inner: Arc<dyn ObjectStore>,
    folder: PathBuf,
}

impl Blobs {
    /// Blobs in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// If the folder can't be made or used.
    pub fn in_folder(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder)?;
        // Synced before it is named: a digest in the database means that the bytes are on disk.
        let inner = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            inner: Arc::new(inner),
            folder: folder.to_owned(),
        })
    }

    /// A new file for bytes whose digest is not known yet, beside the blobs, so that [`Blobs::adopt`] only
    /// has to rename it. It is gone when it is dropped before that.
    ///
    /// # Errors
    /// If it can't be made.
    pub fn aside(&self, name: &str) -> Result<Aside, Error> {
        let folder = self.folder.join("aside");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        Ok(Aside { path, file })
    }

    /// Takes a file over whose bytes have this digest, in place of the same bytes if they are there.
    /// When this returns, the disk has them.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn adopt(&self, aside: &Aside, digest: &str) -> Result<(), Error> {
        aside.file.sync_all()?;
        let place = self.path(digest);
        let folder = place.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder)?;
        std::fs::rename(&aside.path, &place)?;
        std::fs::File::open(folder)?.sync_all()?;
        Ok(())
    }

    /// The file of a digest, for reading it piece by piece. Its digest is not checked again.
    ///
    /// # Errors
    /// If it is not there.
    pub fn open(&self, digest: &str) -> Result<std::fs::File, Error> {
        Ok(std::fs::File::open(self.path(digest))?)
    }

    /// Digests of all blobs that were written before this moment.
    ///
    /// # Errors
    /// If the folder can't be read.
    pub fn written_before(&self, moment: Micros) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let Ok(folders) = std::fs::read_dir(self.folder.join("sha256")) else {
            return Ok(found);
        };
        for folder in folders {
            for file in std::fs::read_dir(folder?.path())? {
                let file = file?;
                let written = file.metadata()?.mtime().saturating_mul(SECOND);
                if written < moment {
                    found.extend(file.file_name().into_string());
                }
            }
        }
        Ok(found)
    }

    /// Removes a blob that nothing names any more.
    ///
    /// # Errors
    /// If it can't be removed.
    pub fn remove(&self, digest: &str) -> Result<(), Error> {
        Ok(std::fs::remove_file(self.path(digest))?)
    }

    /// Removes what an earlier run of the server left half written. Only for a store of which this process
    /// is the one writer, before it writes.
    pub fn clear_aside(&self) {
        let folder = self.folder.join("aside");
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if let Err(error) = std::fs::remove_file(file.path()) {
                tracing::warn!(%error, "a half-written file was not removed");
            }
        }
    }

    fn path(&self, digest: &str) -> PathBuf {
        let folder = self.folder.join("sha256");
        folder.join(digest.get(..2).unwrap_or("00")).join(digest)
    }

    /// Keeps bytes; answers their digest in hexadecimal.
    ///
    /// # Errors
    /// If the store does not take them.
    pub async fn put(&self, bytes: Bytes) -> Result<String, Error> {
        let digest = hex::encode(Sha256::digest(&bytes));
        let place = place(&digest);
        if self.inner.head(&place).await.is_err() {
            self.inner
                .put(&place, PutPayload::from_bytes(bytes))
                .await?;
        }
        Ok(digest)
    }

    /// How many bytes a digest stands for; `None` if they are not there.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn size(&self, digest: &str) -> Result<Option<u64>, Error> {
        match self.inner.head(&place(digest)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a digest.
    ///
    /// # Errors
    /// If they are not there, or are not what the digest says.
    pub async fn get(&self, digest: &str) -> Result<Bytes, Error> {
        let bytes = self.inner.get(&place(digest)).await?.bytes().await?;
        if hex::encode(Sha256::digest(&bytes)) != digest {
            return Err(Error::Internal(format!("blob {digest} is damaged")));
        }
        Ok(bytes)
    }
}

impl Blobs {
    /// Models with these digests, and the digests as the engine names models: not hashed once more.
    ///
    /// # Errors
    /// As [`Blobs::get`].
    pub async fn models<'a>(
        &self,
        sha256: impl Iterator<Item = &'a String>,
    ) -> Result<(Vec<Bytes>, Vec<ModelDigest>), Error> {
        let (mut models, mut digests) = (Vec::new(), Vec::new());
        for sha256 in sha256 {
            models.push(self.get(sha256).await?);
            let digest: Result<ModelDigest, _> = sha256.parse();
            digests.push(digest.map_err(|error| Error::Internal(error.to_string()))?);
        }
        Ok((models, digests))
    }
}

/// A file that is being written.
#[derive(Debug)]
pub struct Aside {
    path: PathBuf,
    /// It, open for reading and writing.
    pub file: std::fs::File,
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Mostly it was renamed.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Two levels of folders, so that none grows too long.
fn place(digest: &str) -> BlobPath {
    BlobPath::from(format!(
        "sha256/{}/{digest}",
        digest.get(..2).unwrap_or("00")
    ))
}
