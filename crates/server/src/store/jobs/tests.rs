//! Jobs and their queue against a database.

use super::queue::*;
use super::*;
use crate::store::Store;
use crate::store::area;

fn endpoint(number: u8) -> EndpointId {
    EndpointId::from_bytes([number; 16])
}

/// A database with these endpoints in it.
async fn store(folder: &std::path::Path, endpoints: &[u8]) -> Store {
    let store = Store::open(folder).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    for statement in [
        "INSERT INTO workspace (id, name, description, calls_cap, reveal_policy, data_key_nonce, data_key, created_at, updated_at)
         VALUES ('w', 'w', '', 1, 'once', x'', x'', 0, 0)",
        "INSERT INTO service VALUES ('s', 'w', 's', '', 1, 1, 0, 0, NULL)",
        "INSERT INTO version (service_id, number, notes, published_by, schema, samples, parity, created_at) VALUES ('s', 1, '', '', '', '', '', 0)",
    ] {
        sqlx::query(statement).execute(tx.conn()).await.unwrap();
    }
    for number in endpoints {
        sqlx::query(
            "INSERT INTO endpoint (id, workspace_id, service_id, name, description, is_default, version, level, max_calls,
                    logging, sample_data, tags, created_from, created_at, updated_at)
             VALUES ($1, 'w', 's', $1, '', 0, 1, 'low', 4, 'none', 0, '[]', x'', 0, 0)",
        )
        .bind(endpoint(*number).as_str())
        .execute(tx.conn())
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    store
}

fn job(number: u32, of: u8, queued_at: Option<Micros>) -> Job {
    Job {
        id: format!("{number:032x}"),
        endpoint_id: endpoint(of),
        workspace_id: WorkspaceId::from_bytes([1; 16]),
        service_id: ServiceId::from_bytes([1; 16]),
        version: 1,
        stages: vec!["a".to_owned()],
        slot: UsageSlot::Secondary,
        parameters: Map::new(),
        input_sha256: Some("b".to_owned()),
        input_tabs: false,
        source: Some(Sealed {
            nonce: [3; 12],
            bytes: vec![4],
        }),
        output_container: "c".to_owned(),
        output_name: "d".to_owned(),
        errors_name: None,
        state: State::NotStarted,
        attempt: 0,
        details: None,
        created_at: 5,
        queued_at,
        started_at: None,
        ended_at: None,
        deleted_at: None,
    }
}

async fn add(store: &Store, jobs: &[Job]) {
    let mut tx = store.begin().await.unwrap();
    for job in jobs {
        insert(tx.conn(), job).await.unwrap();
    }
    tx.commit_quietly().await.unwrap();
}

async fn next(store: &Store) -> Option<Job> {
    let mut tx = store.begin().await.unwrap();
    let claimed = claim(tx.conn(), 9).await.unwrap();
    tx.commit_quietly().await.unwrap();
    claimed
}

#[tokio::test]
async fn a_job_is_read_as_it_was_written() {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path(), &[1]).await;
    let written = job(7, 1, None);
    add(&store, std::slice::from_ref(&written)).await;
    let read = find(store.read(), &endpoint(1), &written.id).await.unwrap();
    assert_eq!(read, Some(written.clone()));
    assert_eq!(
        find(store.read(), &endpoint(2), &written.id).await.unwrap(),
        None
    );
    assert!(
        !any_waiting(store.read()).await.unwrap(),
        "it was not started"
    );
}

#[tokio::test]
async fn forty_of_an_endpoint_run_at_once_and_the_others_wait_in_order() {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path(), &[1]).await;
    // Started in another order than submitted.
    let jobs: Vec<Job> = (0..45)
        .map(|n| job(n, 1, Some(1_000 - Micros::from(n))))
        .collect();
    add(&store, &jobs).await;
    let mut order = Vec::new();
    while let Some(job) = next(&store).await {
        assert_eq!(
            (job.state, job.attempt, job.started_at),
            (State::Running, 1, Some(9))
        );
        order.push(job.id);
    }
    let expected: Vec<String> = (5..45).rev().map(|n| format!("{n:032x}")).collect();
    assert_eq!(order, expected);
    // One ends, one begins.
    let ended = find(store.read(), &endpoint(1), &order[3])
        .await
        .unwrap()
        .unwrap();
    let mut tx = store.begin().await.unwrap();
    let ending = Ending {
        state: State::Failed,
        details: Some("why"),
        blobs: &[],
    };
    assert!(end(tx.conn(), &ended, &ending, 11).await.unwrap());
    assert!(
        !end(tx.conn(), &ended, &ending, 12).await.unwrap(),
        "a job ends once"
    );
    tx.commit_quietly().await.unwrap();
    assert_eq!(next(&store).await.unwrap().id, format!("{:032x}", 4));
    assert_eq!(next(&store).await, None);
}

#[tokio::test]
async fn a_long_queue_does_not_hold_up_another_endpoint() {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path(), &[1, 2, 3]).await;
    add(
        &store,
        &[job(1, 1, Some(1)), job(2, 1, Some(2)), job(3, 1, Some(3))],
    )
    .await;
    add(&store, &[job(4, 2, Some(9)), job(5, 3, Some(8))]).await;
    let mut order = Vec::new();
    while let Some(job) = next(&store).await {
        order.push(job.id.trim_start_matches('0').to_owned());
    }
    assert_eq!(order, ["1", "5", "4", "2", "3"]);
}

#[tokio::test]
async fn a_try_that_was_overtaken_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path(), &[1]).await;
    add(&store, &[job(1, 1, Some(1))]).await;
    let first = next(&store).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert_eq!(recover(tx.conn()).await.unwrap(), 1);
    tx.commit_quietly().await.unwrap();
    let second = next(&store).await.unwrap();
    assert_eq!((first.attempt, second.attempt), (1, 2));
    assert!(!is_under_way(store.read(), &first).await.unwrap());
    let mut tx = store.begin().await.unwrap();
    let blobs = [area::Stored {
        container: "c".to_owned(),
        name: "d".to_owned(),
        sha256: "e".to_owned(),
        bytes: 1,
        changed_at: 1,
    }];
    let ending = Ending {
        state: State::Finished,
        details: None,
        blobs: &blobs,
    };
    assert!(!end(tx.conn(), &first, &ending, 11).await.unwrap());
    assert!(!fetched(tx.conn(), &first, "f").await.unwrap());
    put_back(tx.conn(), &first).await.unwrap();
    tx.commit_quietly().await.unwrap();
    assert!(
        area::find(store.read(), &endpoint(1), "c", "d")
            .await
            .unwrap()
            .is_none()
    );
    assert!(is_under_way(store.read(), &second).await.unwrap());
}
