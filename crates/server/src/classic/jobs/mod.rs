//! Batch execution: `POST …/jobs`, `POST …/jobs/{id}/start`, `GET` and `DELETE …/jobs/{id}`.
//!
//! A call without `api-version` is one of the first clients: its job starts by itself, and its status is a
//! number. Keys are checked as for request-response, and what is not there is told apart only from there on.

mod answer;
mod error;
mod locate;
mod request;

use super::error::ClassicError;
use super::execute::{admitted, answer_to};
use super::parse_query;
use crate::app::App;
use crate::batch::submit::{self, Submission};
use crate::error::Error;
use crate::http::RequestId;
use crate::snapshot::Entry;
use crate::store::jobs::{self, Job, State};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State as Parts};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use locate::{Asker, LocateProblem};
use portico_api::id::is_hex32;
use portico_api::usage::UsageSlot;
use portico_domain::key::KeyId;
use serde_json::Value;
use std::sync::Arc;

/// Where jobs are submitted.
const JOBS: &str = "/workspaces/{workspace}/services/{endpoint}/jobs";
/// Where a job's status is.
const JOB: &str = "/workspaces/{workspace}/services/{endpoint}/jobs/{job}";
/// Where a job is started.
const START: &str = "/workspaces/{workspace}/services/{endpoint}/jobs/{job}/start";

pub(super) fn router() -> Router<App> {
    let wrong_method = || async { ClassicError::method_not_allowed().into_response() };
    Router::new()
        .route(JOBS, post(submit).fallback(wrong_method))
        .route(JOB, get(status).delete(delete).fallback(wrong_method))
        .route(START, post(start).fallback(wrong_method))
}

/// The URL at which jobs are submitted. Clients replace `jobs?api-version=2.0` in it.
pub fn url(public_url: &str, workspace: &str, endpoint: &str) -> String {
    let path = JOBS
        .replace("{workspace}", workspace)
        .replace("{endpoint}", endpoint);
    format!("{public_url}{path}?api-version=2.0")
}

type Named<T> = Result<Path<T>, PathRejection>;

/// Who calls, and how its answers are written.
struct Caller {
    app: App,
    entry: Arc<Entry>,
    slot: UsageSlot,
    key: KeyId,
    legacy: bool,
    id: RequestId,
}

impl Caller {
    fn new(
        app: App,
        place: (&str, &str),
        query: Option<&str>,
        headers: &HeaderMap,
        id: RequestId,
    ) -> Result<Self, ClassicError> {
        let query = query.unwrap_or_default();
        parse_query(query)?;
        let versioned = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case("api-version") && !value.is_empty()
        };
        let legacy = !super::pairs(query).is_some_and(|pairs| pairs.iter().any(versioned));
        let (entry, slot, key) =
            admitted(&app, place.0, place.1, headers).ok_or_else(ClassicError::unauthorized)?;
        Ok(Self {
            app,
            entry,
            slot,
            key,
            legacy,
            id,
        })
    }

    fn failed(&self, error: &Error) -> ClassicError {
        match error {
            Error::TooManyRequests { .. } => ClassicError::queue_full(),
            _ => answer_to(error, &self.id),
        }
    }

    /// The job of this id; a deleted one too, as long as it is remembered, since *delete* may be repeated.
    async fn job(&self, id: &str) -> Result<Option<Job>, ClassicError> {
        if !is_hex32(id) {
            return Ok(None);
        }
        let found = jobs::find(self.app.store.read(), &self.entry.stored.id, id).await;
        found.map_err(|error| self.failed(&error))
    }

    /// The job of this id, if it has not been deleted.
    async fn living_job(&self, id: &str) -> Result<Job, ClassicError> {
        let found = self.job(id).await?;
        found
            .filter(|job| job.deleted_at.is_none())
            .ok_or_else(ClassicError::job_not_found)
    }
}

async fn submit(
    Parts(app): Parts<App>,
    path: Named<(String, String)>,
    RawQuery(query): RawQuery,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Result<Response, ClassicError> {
    let Path((workspace, endpoint)) = path.map_err(|_| ClassicError::unauthorized())?;
    let place = (&*workspace, &*endpoint);
    let caller = Caller::new(app, place, query.as_deref(), request.headers(), id)?;
    let host = request.headers().get(header::HOST).cloned();
    let limit = caller.app.settings.call_bytes;
    let body = crate::http::extract::read_body(request, limit).await;
    let body = body.map_err(|error| caller.failed(&error))?;
    let sent = request::read(&body)?;
    let asker = Asker {
        app: &caller.app,
        entry: &caller.entry,
        host: host.as_ref().and_then(|host| host.to_str().ok()),
    };
    let refused = |problem| match problem {
        LocateProblem::Refused(error) => error,
        LocateProblem::Failed(error) => caller.failed(&error),
    };
    let (input, form) = asker.input(&sent.input).await.map_err(refused)?;
    let output = sent.output.as_ref();
    let output = output.map(|reference| asker.output(request::OUTPUT, reference));
    let submission = Submission {
        slot: caller.slot,
        key: &caller.key,
        parameters: sent.parameters,
        input,
        form,
        output: output.transpose().map_err(refused)?,
        start: caller.legacy,
    };
    let done = submit::submit(&caller.app, &caller.entry, submission).await;
    let job = done.map_err(|error| caller.failed(&error))?;
    // Clients take the first and the last character off.
    Ok(json(format!("\"{job}\"")))
}

async fn start(
    Parts(app): Parts<App>,
    path: Named<(String, String, String)>,
    RawQuery(query): RawQuery,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, ClassicError> {
    let Path((workspace, endpoint, job)) = path.map_err(|_| ClassicError::unauthorized())?;
    let caller = Caller::new(app, (&workspace, &endpoint), query.as_deref(), &headers, id)?;
    let job = caller.living_job(&job).await?;
    let done = async {
        let mut tx = caller.app.store.begin().await?;
        let started = jobs::start(tx.conn(), &job.id, caller.app.clock.now()).await?;
        tx.commit_quietly().await?;
        Ok(started)
    };
    if done.await.map_err(|error: Error| caller.failed(&error))? {
        caller.app.batch.wake();
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let now = caller.job(&job.id).await?;
    Err(match now.map(|job| job.state) {
        Some(State::NotStarted) => ClassicError::cannot_start("Queued"),
        Some(state) => ClassicError::cannot_start(state.as_str()),
        None => ClassicError::job_not_found(),
    })
}

async fn status(
    Parts(app): Parts<App>,
    path: Named<(String, String, String)>,
    RawQuery(query): RawQuery,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, ClassicError> {
    let Path((workspace, endpoint, job)) = path.map_err(|_| ClassicError::unauthorized())?;
    let caller = Caller::new(app, (&workspace, &endpoint), query.as_deref(), &headers, id)?;
    let job = caller.living_job(&job).await?;
    let status: Value = answer::status(&caller.app, &job, caller.legacy);
    Ok(json(status.to_string()))
}

async fn delete(
    Parts(app): Parts<App>,
    path: Named<(String, String, String)>,
    RawQuery(query): RawQuery,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, ClassicError> {
    let Path((workspace, endpoint, job)) = path.map_err(|_| ClassicError::unauthorized())?;
    let caller = Caller::new(app, (&workspace, &endpoint), query.as_deref(), &headers, id)?;
    let job = caller.job(&job).await?;
    let job = job.ok_or_else(ClassicError::job_not_found)?;
    let done = async {
        let mut tx = caller.app.store.begin().await?;
        jobs::delete(tx.conn(), &job.id, caller.app.clock.now()).await?;
        tx.commit_quietly().await
    };
    done.await.map_err(|error: Error| caller.failed(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn json(body: String) -> Response {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    ([(header::CONTENT_TYPE, json)], body).into_response()
}
