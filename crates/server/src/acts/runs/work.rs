//! Carries runs out: one after another, their endpoints in batches. A batch is one transaction with the
//! endpoints' changes, their revisions and audit rows, and the run's own lines, so that a server that ends
//! at any moment leaves each endpoint either done and written down or waiting.

use super::super::updates::{Change, carry_out, lines};
use super::by_id;
use super::decide::{Intent, Verdict};
use crate::app::App;
use crate::audit::Who;
use crate::clock::Micros;
use crate::error::Error;
use crate::store::Tx;
use crate::store::endpoints::{self, Stored};
use crate::store::runs::{self, Pending, Settled};
use portico_api::id::EndpointId;
use portico_api::name::EndpointName;
use portico_api::update::{LineState, RunAct, RunState};
use portico_domain::update::Plan;
use serde_json::{Map, json};
use std::time::Duration;

/// Endpoints a batch. Calls see a batch at once; other changes wait for its transaction, some 100 ms.
const BATCH: u32 = 200;
/// After a failure the work is tried again this much later.
const AGAIN: Duration = Duration::from_secs(1);

/// Carries out what is under way, and then whatever is started, until it is dropped.
pub async fn run(app: App) {
    loop {
        match step(&app).await {
            Ok(true) => {}
            Ok(false) => app.run_started.notified().await,
            Err(error) => {
                tracing::error!(%error, "a run did not get on and is tried again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Does the next batch, if there is one.
async fn step(app: &App) -> Result<bool, Error> {
    let Some(run) = runs::next(app.store.read()).await? else {
        return Ok(false);
    };
    let (waiting, found) = {
        let mut conn = app.store.read().acquire().await?;
        let waiting = runs::waiting(&mut conn, &run.id, BATCH).await?;
        let ids: Vec<EndpointId> = waiting.iter().map(|(id, _)| id.clone()).collect();
        let found = endpoints::some(&mut conn, &run.service, &ids).await?;
        (waiting, found)
    };
    if waiting.is_empty() {
        // Who reads that it has ended may count on calls seeing everything that was done.
        app.refresh().await?;
        let mut tx = app.store.begin().await?;
        runs::end(tx.conn(), &run.id, RunState::Finished, app.clock.now()).await?;
        tx.commit_quietly().await?;
        return Ok(true);
    }
    let intent = Intent::read(app, &run.service, &run.act, &found).await?;
    batch(app, &run, &intent, waiting, found).await?;
    app.refresh().await?;
    Ok(true)
}

async fn batch(
    app: &App,
    run: &Pending,
    intent: &Intent,
    waiting: Vec<(EndpointId, EndpointName)>,
    found: Vec<Stored>,
) -> Result<(), Error> {
    let ids: Vec<EndpointId> = waiting.iter().map(|(id, _)| id.clone()).collect();
    let read = by_id(found);
    let mut tx = app.store.begin().await?;
    // Broken off meanwhile.
    if !runs::is_running(tx.conn(), &run.id).await? {
        return Ok(());
    }
    let now = app.clock.now();
    let present = by_id(endpoints::some(tx.conn(), &run.service, &ids).await?);
    for (id, name) in waiting {
        let line = match present.get(&id) {
            None => refused(name, None, "It was deleted meanwhile.".to_owned()),
            // What is known of it is of before its change: its turn comes again.
            Some(endpoint) if read.get(&id) != Some(endpoint) => continue,
            Some(endpoint) => one(&mut tx, run, intent, endpoint, now).await?,
        };
        runs::settle(tx.conn(), &run.id, &line).await?;
    }
    tx.commit().await
}

fn settled(name: EndpointName, state: LineState, plan: Option<&Plan>) -> Settled {
    Settled {
        name,
        state,
        versions: plan.map(|plan| (plan.from, plan.to)),
        resources: plan.map(lines).unwrap_or_default(),
        detail: None,
        revisions: None,
    }
}

fn refused(name: EndpointName, plan: Option<&Plan>, why: String) -> Settled {
    Settled {
        detail: Some(why),
        ..settled(name, LineState::Refused, plan)
    }
}

/// Does to one endpoint what the run says.
async fn one(
    tx: &mut Tx,
    run: &Pending,
    intent: &Intent,
    endpoint: &Stored,
    now: Micros,
) -> Result<Settled, Error> {
    let name = endpoint.name.clone();
    let plan = match intent.verdict(endpoint) {
        Verdict::Refused(plan, why) => return Ok(refused(name, plan.as_ref(), why)),
        Verdict::Unchanged(plan) => return Ok(settled(name, LineState::Unchanged, Some(&plan))),
        Verdict::Change(plan) => plan,
    };
    let mut change = match &run.act {
        RunAct::Update { overwrite, .. } => Change::update(&plan, *overwrite),
        RunAct::Rollback { .. } => Change {
            plan: &plan,
            act: "rollback",
            action: "endpoint.restore_revision",
            sizes: Some(&intent.sizes),
            also: Map::new(),
        },
    };
    change.also.insert("run".to_owned(), json!(run.id));
    let (actor, request, address) = &run.by;
    let who = Who::of_label(actor, request, address);
    let revision = carry_out(tx, &who, endpoint, &change, now).await?;
    Ok(Settled {
        revisions: Some((endpoint.revision, revision)),
        ..settled(name, LineState::Changed, Some(&plan))
    })
}
