//! Models, uploads and results by digest (SHA-256): the same bytes are kept once. A folder by
//! default; any other store that `object_store` speaks to fits in its place.

use crate::error::Error;
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as BlobPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// The blob store.
#[derive(Clone, Debug)]
pub struct Blobs {
    inner: Arc<dyn ObjectStore>,
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
        })
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

/// Two levels of folders, so that none grows too long.
fn place(digest: &str) -> BlobPath {
    BlobPath::from(format!(
        "sha256/{}/{digest}",
        digest.get(..2).unwrap_or("00")
    ))
}
