//! Where a job stands, as classic's clients read it: `{"StatusCode","Results","Details"}`, the status by
//! name and results by output; before 2.0 by number and as the one `Result`.

use crate::app::App;
use crate::area::Address;
use crate::area::name::BlobName;
use crate::classic::blobs;
use crate::clock::{Micros, on_the_wire};
use crate::store::jobs::{Job, State};
use serde_json::{Map, Value, json};

use super::request::OUTPUT;

/// The key in results of the list of rows that could not be scored.
const ERRORS: &str = "errors";

/// Where a job stands. The links are new each time.
pub(super) fn status(app: &App, job: &Job, legacy: bool) -> Value {
    let finished = job.state == State::Finished;
    let blob = |name: &str| reference(app, job, name);
    let time = |at: Option<Micros>| at.map(|at| on_the_wire(at).as_str().to_owned());
    let mut answer = Map::new();
    if legacy {
        answer.insert("StatusCode".to_owned(), json!(job.state.number()));
        let result = finished.then(|| blob(&job.output_name));
        answer.insert("Result".to_owned(), json!(result));
    } else {
        answer.insert("StatusCode".to_owned(), json!(job.state.as_str()));
        let results = finished.then(|| {
            let mut results = Map::new();
            results.insert(OUTPUT.to_owned(), blob(&job.output_name));
            if let Some(name) = &job.errors_name {
                results.insert(ERRORS.to_owned(), blob(name));
            }
            results
        });
        answer.insert("Results".to_owned(), json!(results));
    }
    answer.insert("Details".to_owned(), json!(job.details));
    answer.insert("CreatedAt".to_owned(), json!(time(Some(job.created_at))));
    answer.insert("StartTime".to_owned(), json!(time(job.started_at)));
    answer.insert("EndTime".to_owned(), json!(time(job.ended_at)));
    Value::Object(answer)
}

fn reference(app: &App, job: &Job, name: &str) -> Value {
    let blob = Address {
        endpoint: job.endpoint_id.clone(),
        name: BlobName {
            container: job.output_container.clone(),
            name: name.to_owned(),
        },
    };
    blobs::reference(app, &job.workspace_id, &blob)
}
