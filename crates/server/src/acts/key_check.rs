//! `portico keys check`: opens every sealed copy in its own row and holds it against its verifier. Reads
//! only, and prints no secret.

use super::keys::{DATA_KEY, Place, sealed};
use crate::error::Error;
use crate::keys::ring::KeyEncryptionKeys;
use crate::keys::seal::{self, DataKey};
use crate::keys::secrets::Pepper;
use crate::keys::verify;
use crate::store::workspaces::Wrapped;
use crate::store::{Store, keys, workspaces};
use portico_domain::key::{KeyId, KeyOwner, PlainKey};
use serde::Serialize;

/// Workspaces that are read at once.
const BATCH: u32 = 64;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Workspaces, deleted ones too.
    pub workspaces: u64,
    /// Keys and tokens of every generation.
    pub keys: u64,
    /// Those with a sealed copy that opened in its row and fits its verifier.
    pub opened: u64,
    /// Those of which only a verifier is kept.
    pub verifier_only: u64,
    /// What failed.
    pub failures: Vec<Failure>,
}

/// A row that failed, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The workspace.
    pub workspace: String,
    /// The endpoint; absent for a workspace's token, or where the workspace's data key itself fails.
    pub endpoint: Option<String>,
    /// The public part of the key; absent where the workspace's data key itself fails.
    pub key: Option<String>,
    /// Its slot.
    pub slot: Option<&'static str>,
    /// Its generation.
    pub generation: Option<u32>,
    /// What is wrong.
    pub problem: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "workspace {}", self.workspace)?;
        if let Some(endpoint) = &self.endpoint {
            write!(f, ", endpoint {endpoint}")?;
        }
        if let (Some(key), Some(slot), Some(generation)) = (&self.key, self.slot, self.generation) {
            write!(f, ", {slot} key, generation {generation}, {key}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// Checks every row.
///
/// # Errors
/// If the database does not answer or the secrets folder can't be read; rows that fail stand in the
/// report.
pub async fn check(
    store: &Store,
    keks: &KeyEncryptionKeys,
    pepper: &Pepper,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut after = String::new();
    loop {
        let mut conn = store.read().acquire().await?;
        let rows = workspaces::wrapped(&mut conn, &after, BATCH).await?;
        drop(conn);
        let Some(last) = rows.last() else {
            return Ok(report);
        };
        after = last.id.to_string();
        for row in &rows {
            report.workspaces += 1;
            let data_key = data_key(keks, row);
            if let Err(problem) = &data_key {
                report.failures.push(Failure {
                    workspace: row.id.to_string(),
                    endpoint: None,
                    key: None,
                    slot: None,
                    generation: None,
                    problem: format!("its data key does not open: {problem}"),
                });
            }
            for stored in keys::of_workspace(store.read(), &row.id).await? {
                report.keys += 1;
                match check_one(&stored, data_key.as_ref().ok(), pepper) {
                    Ok(Kept::Copy) => report.opened += 1,
                    Ok(Kept::Verifier) => report.verifier_only += 1,
                    Err(problem) => report.failures.push(Failure {
                        workspace: row.id.to_string(),
                        endpoint: stored.endpoint_id.as_ref().map(ToString::to_string),
                        key: Some(stored.id),
                        slot: Some(stored.slot.as_str()),
                        generation: Some(stored.generation),
                        problem: problem.to_owned(),
                    }),
                }
            }
        }
    }
}

fn data_key(keks: &KeyEncryptionKeys, row: &Wrapped) -> Result<DataKey, String> {
    let wrapped = sealed(&row.nonce, &row.data_key).map_err(|error| error.to_string())?;
    keks.unwrap_data_key(&row.id, DATA_KEY, &wrapped)
        .map_err(|error| error.to_string())
}

/// What is kept of a key.
enum Kept {
    Copy,
    Verifier,
}

fn check_one(
    stored: &keys::Stored,
    data_key: Option<&DataKey>,
    pepper: &Pepper,
) -> Result<Kept, &'static str> {
    let id = KeyId::parse(&stored.id).ok_or("its id can't be read")?;
    let verifier = <[u8; 32]>::try_from(stored.verifier.as_slice())
        .map_err(|_| "its verifier has the wrong length")?;
    let (nonce, bytes) = match (&stored.nonce, &stored.sealed) {
        (Some(nonce), Some(bytes)) => (nonce, bytes),
        (None, None) => return Ok(Kept::Verifier),
        _ => return Err("half of its sealed copy is missing"),
    };
    let data_key = data_key.ok_or("its workspace's data key does not open")?;
    let copy =
        sealed(nonce, bytes).map_err(|_| "the nonce of its sealed copy has the wrong length")?;
    let place = Place {
        workspace: &stored.workspace_id,
        endpoint: stored.endpoint_id.as_ref(),
        slot: stored.slot,
        generation: stored.generation,
    };
    let opened = seal::open(data_key, &place.associated_data(&id), &copy)
        .map_err(|_| "its sealed copy does not open in this row")?;
    let plain = String::from_utf8(opened.to_vec())
        .ok()
        .and_then(|text| PlainKey::read(text).ok())
        .ok_or("its sealed copy holds no key")?;
    let owner = match stored.endpoint_id {
        Some(_) => KeyOwner::Endpoint,
        None => KeyOwner::Workspace,
    };
    let tag = plain.tag();
    let same = plain.id() == id
        && (tag.owner, tag.slot, tag.generation) == (owner, stored.slot, stored.generation)
        && plain.last4() == stored.last4;
    if !same {
        return Err("its sealed copy is another key");
    }
    if !verify::verify(pepper, plain.expose(), Some(&verifier)) {
        return Err("its verifier does not fit its sealed copy");
    }
    Ok(Kept::Copy)
}
