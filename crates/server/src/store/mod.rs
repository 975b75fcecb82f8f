//! The database: embedded SQLite, one writer and a pool of readers. One module per aggregate holds
//! its SQL; nothing outside this folder does. Knows no HTTP.
//!
//! Every write goes through [`Tx`], which begins with `BEGIN IMMEDIATE` (a deferred transaction
//! that reads first and writes later fails at once when somebody else wrote in between) and moves
//! the installation's version counter on as it commits.

/// Until when endpoint `e` of a query stays on its version: as its customer chose, at most the earliest date
/// of any version newer than its own.
macro_rules! stay_until {
    () => {
        "min(e.stay_until, coalesce((SELECT min(v.may_stay_until) FROM version v
             WHERE v.service_id = e.service_id AND v.number > e.version), e.stay_until))"
    };
}

pub mod area;
pub mod audit;
pub mod blobs;
pub mod customers;
pub mod drafts;
pub mod endpoints;
pub mod idempotency;
pub mod jobs;
pub mod keys;
pub mod ledger;
pub mod models;
pub mod notices;
pub mod people;
pub mod quarantine;
pub mod revisions;
pub mod rollouts;
pub mod runs;
pub mod services;
pub mod sessions;
pub mod signatures;
pub mod tokens;
pub mod usage;
pub mod versions;
pub mod workspaces;

use crate::error::Error;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteQueryResult, SqliteSynchronous,
};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;

/// The oldest SQLite without the WAL-reset corruption bug.
const SQLITE_AT_LEAST: (u32, u32, u32) = (3, 51, 3);

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    was_empty: bool,
    commits: watch::Sender<u64>,
}

/// A writing transaction. Dropped without [`Tx::commit`], it leaves no trace.
pub struct Tx {
    inner: sqlx::Transaction<'static, sqlx::Sqlite>,
    commits: watch::Sender<u64>,
}

impl Store {
    /// Opens the database in `folder`, makes it if there is none, and brings it to this version.
    ///
    /// # Errors
    /// If the linked SQLite is too old, the file can't be opened, or it was written by a newer Portico.
    pub async fn open(folder: &Path) -> Result<Self, Error> {
        // Verifiers and sealed keys are nobody else's to read, sealed or not.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let file = folder.join("portico.db");
        let was_empty = !file.exists();
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            // What is forgotten (a sealed copy, a wrapping under an old key) leaves no trace in the file.
            .pragma("secure_delete", "ON")
            .pragma("temp_store", "MEMORY")
            .pragma("journal_size_limit", "67108864");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        check_sqlite(&writer).await?;
        // Refuses a database with migrations that this binary does not know.
        sqlx::migrate!("./migrations").run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await?;
        Ok(Self {
            writer,
            readers,
            was_empty,
            commits: watch::Sender::new(0),
        })
    }

    /// Whether [`Store::open`] made the database just now.
    pub fn was_empty(&self) -> bool {
        self.was_empty
    }

    /// The readers, for one aggregate's queries.
    pub fn read(&self) -> &SqlitePool {
        &self.readers
    }

    /// Begins a writing transaction; waits for the one before.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let inner = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Tx {
            inner,
            commits: self.commits.clone(),
        })
    }

    /// Counts what this process commits: it changes once a commit can be read.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// The version counter: it grows with each committed change, whichever process made it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn version(&self) -> Result<i64, Error> {
        let version = sqlx::query_scalar("SELECT version FROM installation WHERE id = 1")
            .fetch_one(&self.readers)
            .await?;
        Ok(version)
    }

    /// Folds the write-ahead log into the file and empties it, as far as nobody reads from it: what was
    /// overwritten stands there no longer.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn fold_log(&self) -> Result<(), Error> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_all(&self.writer)
            .await?;
        Ok(())
    }

    /// Closes all connections; the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Tx {
    /// The connection, for one aggregate's statements.
    pub fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.inner
    }

    /// Makes it last, and moves the version counter on.
    ///
    /// # Errors
    /// If the database does not take it; nothing has changed then.
    pub async fn commit(mut self) -> Result<(), Error> {
        sqlx::query("UPDATE installation SET version = version + 1 WHERE id = 1")
            .execute(&mut *self.inner)
            .await?;
        self.commit_quietly().await
    }

    /// Makes it last without moving the version counter: for what calls never read, such as usage.
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub async fn commit_quietly(self) -> Result<(), Error> {
        self.inner.commit().await?;
        self.commits.send_modify(|commits| *commits += 1);
        Ok(())
    }
}

async fn check_sqlite(pool: &SqlitePool) -> Result<(), Error> {
    let text: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(pool)
        .await?;
    let mut parts = text.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    let found = (next(), next(), next());
    if found < SQLITE_AT_LEAST {
        let (a, b, c) = SQLITE_AT_LEAST;
        return Err(Error::Start(format!(
            "SQLite {text} is linked; at least {a}.{b}.{c} is needed, because older ones can corrupt a database in WAL mode"
        )));
    }
    Ok(())
}

/// An id from a column.
fn id<T>(
    row: &sqlx::sqlite::SqliteRow,
    column: &str,
    parse: fn(&str) -> Result<T, portico_api::id::InvalidId>,
) -> Result<T, Error> {
    let text: String = sqlx::Row::try_get(row, column)?;
    parse(&text).map_err(|error| Error::Internal(format!("column {column}: {error}")))
}

/// That a change whose condition names a row and its version met that row.
fn one_row(done: &SqliteQueryResult) -> Result<(), Error> {
    if done.rows_affected() == 0 {
        return Err(Error::PreconditionFailed);
    }
    Ok(())
}

/// Whether an insert failed because a unique value is there already.
pub fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
