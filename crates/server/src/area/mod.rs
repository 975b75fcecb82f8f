//! The blob area of an endpoint: what batch jobs read and write. Blobs stand in containers, as in the
//! storage that classic used, and are downloaded by links that are signed and expire.
//!
//! The files of drafts stand here, too. The bytes are in a blob store of their own, apart from the versions' and
//! the endpoints' models: what is swept here can never be a published model. Must not know HTTP or SQL.

pub mod account;
pub mod link;
pub mod name;

use crate::error::Error;
use crate::store::area;
use crate::store::blobs::{Aside, Blobs};
use portico_api::id::EndpointId;
use std::path::Path;
use tokio::sync::RwLock;

/// The most bytes of one blob: 512 MiB. The reader of a job's input holds it in its limited memory.
pub const BLOB_BYTES: u64 = 512 << 20;
/// The most bytes of all blobs of one endpoint: 8 GiB.
pub const AREA_BYTES: u64 = 8 << 30;
/// Free space that uploads leave on the disk, for the database: 256 MiB.
const FREE_MARK: u64 = 256 << 20;

/// The areas of all endpoints.
#[derive(Debug)]
pub struct Area {
    /// Their bytes.
    pub blobs: Blobs,
    folder: std::path::PathBuf,
    /// Held for reading from the moment a file is put under its digest until a row names it, and for
    /// writing while files that no row names are removed.
    pub naming: RwLock<()>,
}

impl Area {
    /// The areas in a folder.
    ///
    /// # Errors
    /// If the folder can't be made or used.
    pub fn in_folder(folder: &Path) -> Result<Self, Error> {
        Ok(Self {
            blobs: Blobs::in_folder(folder)?,
            folder: folder.to_owned(),
            naming: RwLock::new(()),
        })
    }

    /// Whether so many more bytes leave the disk with enough room.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn has_room(&self, bytes: u64) -> Result<bool, Error> {
        let disk = rustix::fs::statvfs(&self.folder).map_err(std::io::Error::from)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        Ok(free > FREE_MARK.saturating_add(bytes))
    }

    /// Refuses so many more bytes where the disk would get too full.
    ///
    /// # Errors
    /// [`Error::NoRoom`], or if the system does not tell.
    pub fn must_have_room(&self, bytes: usize) -> Result<(), Error> {
        if self.has_room(bytes as u64)? {
            Ok(())
        } else {
            Err(Error::NoRoom)
        }
    }

    /// Puts a file under its digest. It is synced, which takes its time. To be done while [`Area::naming`] is
    /// held, until a row names the digest.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub async fn keep(&self, aside: Aside, sha256: &str) -> Result<(), Error> {
        let (blobs, sha256) = (self.blobs.clone(), sha256.to_owned());
        tokio::task::spawn_blocking(move || blobs.adopt(&aside, &sha256))
            .await
            .map_err(|error| Error::Internal(error.to_string()))?
    }

    /// Removes files that nothing names and that were written before this moment.
    ///
    /// # Errors
    /// If the database or the disk does not answer.
    pub async fn sweep(
        &self,
        store: &crate::store::Store,
        before: crate::clock::Micros,
    ) -> Result<(), Error> {
        for digest in self.blobs.written_before(before)? {
            let _nobody_names = self.naming.write().await;
            if !area::is_named(store.read(), &digest).await? {
                self.blobs.remove(&digest)?;
            }
        }
        Ok(())
    }
}

/// A blob of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The endpoint whose area it is in.
    pub endpoint: EndpointId,
    /// Container and name.
    pub name: name::BlobName,
}
