//! What happens to a draft beside the requests: it is vetted in a task of its own, one at a time over all
//! workspaces, because each may take as much memory as its models.
//!
//! A draft that was being vetted when the server ended is vetted anew at the next start, but not a third
//! time: its model may be what ends the server. An orderly stop does not count.

pub mod infer;
pub mod samples;
mod vet;

use crate::app::App;
use crate::clock::DAY;
use crate::error::Error;
use crate::store::drafts;
use portico_api::id::DraftId;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

/// How long a draft is kept: 7 days, in microseconds.
pub const KEPT: i64 = 7 * DAY;

/// The step of a draft before any is taken.
pub const WAITING: &str = "Waiting for its turn";

/// The drafts that are being vetted.
#[derive(Debug)]
pub struct Drafts {
    turn: Semaphore,
    tasks: Mutex<HashMap<DraftId, AbortHandle>>,
    /// The one whose vetting began last.
    begun: Mutex<Option<DraftId>>,
}

impl Default for Drafts {
    fn default() -> Self {
        Self {
            turn: Semaphore::new(1),
            tasks: Mutex::default(),
            begun: Mutex::default(),
        }
    }
}

impl Drafts {
    fn tasks(&self) -> MutexGuard<'_, HashMap<DraftId, AbortHandle>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops vetting a draft, and ends the process that examines its models.
    pub fn cancel(&self, id: &DraftId) {
        if let Some(task) = self.tasks().remove(id) {
            task.abort();
        }
    }

    /// Stops vetting; what was not done is done after the next start. Answers whose vetting began last.
    pub fn close(&self) -> Option<DraftId> {
        self.turn.close();
        for (_, task) in self.tasks().drain() {
            task.abort();
        }
        self.begun().take()
    }

    fn begun(&self) -> MutexGuard<'_, Option<DraftId>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Vets a draft in a task of its own.
pub fn begin(app: &App, id: DraftId) {
    let (app, of) = (app.clone(), id.clone());
    let drafts = app.clone();
    // Held until the task is known, so that it can't be done before.
    let mut tasks = drafts.drafts.tasks();
    let task = tokio::spawn(async move {
        vet::vet(&app, &of).await;
        app.drafts.tasks().remove(&of);
    });
    tasks.insert(id, task.abort_handle());
}

/// Vets what an earlier run of the server left.
///
/// # Errors
/// If the database does not answer.
pub async fn resume(app: &App) -> Result<(), Error> {
    for id in drafts::to_vet(app.store.read()).await? {
        let mut tx = app.store.begin().await?;
        drafts::set_step(tx.conn(), &id, WAITING).await?;
        tx.commit_quietly().await?;
        begin(app, id);
    }
    Ok(())
}
