//! `portico keys rewrap`: another key-encryption key takes the place of the present one. Every
//! workspace's data key is opened and wrapped again; the sealed copies themselves stay as they are.
//!
//! It can be killed at any moment and given again: which key a data key is wrapped under is told by
//! which one opens it, and both stay readable until somebody asks for the old one to be forgotten. A
//! running server notices by itself (`crate::keys::ring`). What was copied before, database and old key
//! together, still opens: against that only rotating the keys helps.

use super::keys::{DATA_KEY, sealed};
use crate::audit::{Entry, Who};
use crate::clock::{Clock, Entropy};
use crate::error::Error;
use crate::keys::ring::{Change, KeyEncryptionKeys};
use crate::keys::seal;
use crate::keys::secrets::KeyEncryptionKey;
use crate::store::workspaces::Wrapped;
use crate::store::{Store, Tx, audit, workspaces};

/// Data keys in one transaction: writers of a running server wait for no more than these.
const BATCH: u32 = 64;

/// What the commands work on: an installation without a server in front of it.
pub struct Installation<'a> {
    /// The database.
    pub store: &'a Store,
    /// The key-encryption keys.
    pub keks: &'a KeyEncryptionKeys,
    /// Where the time comes from.
    pub clock: &'a Clock,
    /// Where randomness comes from.
    pub entropy: &'a Entropy,
}

/// How far a rewrap is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Workspaces whose data key is wrapped under the new key.
    pub done: u64,
    /// All workspaces.
    pub all: u64,
}

/// How a rewrap ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrapped {
    /// All data keys are wrapped under the new key.
    Done {
        /// All workspaces.
        workspaces: u64,
        /// Those that were wrapped again by this command.
        changed: u64,
        /// Whether it went on with one that had broken off.
        resumed: bool,
    },
    /// The last one is finished and its old key not yet forgotten; nothing was done.
    Before,
}

/// Wraps every data key again.
///
/// # Errors
/// If another such command runs, a file or the database fails, or a data key opens with no key that is
/// there. The same command again goes on where this one ended.
pub async fn rewrap(
    at: &Installation<'_>,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<Rewrapped, Error> {
    let _taken = at.keks.lock()?;
    let change = at.keks.change()?;
    if change == Change::Finished {
        return Ok(Rewrapped::Before);
    }
    let old = at.keks.present()?;
    let next = at.keks.begin(at.entropy.bytes()?)?;
    let mut changed = 0;
    // A server that began to make a workspace before the next key was there has written it by the end
    // of the first walk, because a writer waits for the writer before. The second one proves it.
    let workspaces = loop {
        let walk = walk(at, &old, &next, tell).await?;
        changed += walk.changed;
        if walk.changed == 0 {
            break walk.workspaces;
        }
    };
    at.keks.finish()?;
    at.store.fold_log().await?;
    Ok(Rewrapped::Done {
        workspaces,
        changed,
        resumed: change == Change::Running,
    })
}

struct Walk {
    workspaces: u64,
    changed: u64,
}

async fn walk(
    at: &Installation<'_>,
    old: &KeyEncryptionKey,
    next: &KeyEncryptionKey,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<Walk, Error> {
    let (mut after, mut workspaces, mut changed) = (String::new(), 0, 0);
    loop {
        let mut tx = at.store.begin().await?;
        let rows = workspaces::wrapped(tx.conn(), &after, BATCH).await?;
        let all = workspaces::count(tx.conn()).await?;
        let Some(last) = rows.last() else {
            return Ok(Walk {
                workspaces,
                changed,
            });
        };
        after = last.id.to_string();
        for row in &rows {
            changed += u64::from(rewrap_one(at, &mut tx, row, old, next).await?);
            workspaces += 1;
        }
        tx.commit_quietly().await?;
        tell(Progress {
            done: workspaces,
            all,
        });
    }
}

/// Whether the data key was still wrapped under the old key.
async fn rewrap_one(
    at: &Installation<'_>,
    tx: &mut Tx,
    row: &Wrapped,
    old: &KeyEncryptionKey,
    next: &KeyEncryptionKey,
) -> Result<bool, Error> {
    let wrapped = sealed(&row.nonce, &row.data_key)?;
    if seal::unwrap_data_key(next, &row.id, DATA_KEY, &wrapped).is_ok() {
        return Ok(false);
    }
    let data_key = seal::unwrap_data_key(old, &row.id, DATA_KEY, &wrapped)
        .map_err(|_| opens_with_none(row))?;
    let again = seal::wrap_data_key(next, &row.id, DATA_KEY, &data_key, at.entropy.bytes()?)?;
    workspaces::rewrap(tx.conn(), &row.id, &again.nonce, &again.bytes).await?;
    let who = Who::system();
    let entry = Entry {
        who: &who,
        action: "workspace.rewrap",
        object_kind: "workspace",
        object_id: row.id.as_str(),
        workspace: Some(row.id.as_str()),
        before: None,
        after: None,
    };
    audit::insert(tx.conn(), at.clock.now(), &entry).await?;
    Ok(true)
}

fn opens_with_none(row: &Wrapped) -> Error {
    Error::Start(format!(
        "The data key of workspace {} opens with none of the keys in the secrets folder. No key was removed; `portico keys check` names every row that this concerns.",
        row.id
    ))
}

/// Removes the old key once nothing needs it. Whether there was one.
///
/// # Errors
/// If a change is still running, or a data key does not open with the present key; the old key stays then.
pub async fn forget_old(at: &Installation<'_>) -> Result<bool, Error> {
    let _taken = at.keks.lock()?;
    match at.keks.change()? {
        Change::None => return Ok(false),
        Change::Running => {
            return Err(Error::Start(
                "A rewrap is not finished. Give `portico keys rewrap` again first.".to_owned(),
            ));
        }
        Change::Finished => {}
    }
    let present = at.keks.present()?;
    let mut conn = at.store.read().acquire().await?;
    let mut after = String::new();
    loop {
        let rows = workspaces::wrapped(&mut conn, &after, BATCH).await?;
        let Some(last) = rows.last() else { break };
        for row in &rows {
            let wrapped = sealed(&row.nonce, &row.data_key)?;
            if seal::unwrap_data_key(&present, &row.id, DATA_KEY, &wrapped).is_err() {
                return Err(Error::Start(format!(
                    "The data key of workspace {} does not open with the present key, so the old one stays.",
                    row.id
                )));
            }
        }
        after = last.id.to_string();
    }
    Ok(at.keks.forget_previous()?)
}
