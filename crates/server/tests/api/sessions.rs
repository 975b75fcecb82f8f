//! Set-up, sign-in and its slowing down, the life of a session.

use crate::support::{As, NOW, Reply, TestApp};
use portico_server::access::sign_in::{set_up_link, sign_in_link};
use portico_server::clock::{DAY, SECOND};
use serde_json::{Value, json};

const SESSION: &str = "/api/v1/session";
const SET_UP: &str = "/api/v1/setup";
const ME: &str = "/api/v1/me";
const HOUR: i64 = 3600 * SECOND;

async fn sign_in(at: &TestApp, email: &str, password: &str) -> Reply {
    let request = json!({"email": email, "password": password});
    at.post(&As::Nobody, SESSION, request).await
}

fn set_up(token: &str) -> Value {
    json!({"token": token, "name": "Ada", "email": " Ada@Example.test ", "password": "correct horse"})
}

#[tokio::test]
async fn the_set_up_link_makes_the_first_administrator_once() {
    let at = TestApp::start().await;
    let link = set_up_link(&at.app).await.unwrap().unwrap();
    let token = link.expose();
    at.post(&As::Nobody, SET_UP, set_up(&"0".repeat(64)))
        .await
        .problem(410, "link_spent");
    for (field, value, code) in [
        ("name", " ", "text_empty"),
        ("email", "ada", "email"),
        ("password", "short", "password_too_short"),
    ] {
        let mut request = set_up(token);
        request[field] = json!(value);
        let problem = at
            .post(&As::Nobody, SET_UP, request)
            .await
            .problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
        assert_eq!(problem["errors"][0]["code"], code);
    }
    // What was refused has not spent the link.
    let made = at.post(&As::Nobody, SET_UP, set_up(token)).await;
    made.expect(204);
    let cookie = made.header("set-cookie");
    let rules = "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=604800";
    assert!(
        cookie.starts_with("__Host-sid=") && cookie.ends_with(rules),
        "{cookie}"
    );
    let me = at.get(&made.cookie(), ME).await.expect(200);
    assert_eq!(
        (&me["email"], &me["administrator"]),
        (&json!("ada@example.test"), &json!(true))
    );

    at.post(&As::Nobody, SET_UP, set_up(token))
        .await
        .problem(410, "link_spent");
    assert!(set_up_link(&at.app).await.unwrap().is_none());
    sign_in(&at, "ADA@example.test", "correct horse")
        .await
        .expect(204);
    assert_eq!(
        at.texts("SELECT action FROM audit").await,
        ["person.set_up", "session.sign_in"]
    );
}

#[tokio::test]
async fn a_second_set_up_link_is_worth_nothing_once_there_is_an_account() {
    let at = TestApp::start().await;
    let first = set_up_link(&at.app).await.unwrap().unwrap();
    let second = set_up_link(&at.app).await.unwrap().unwrap();
    at.wait(HOUR - 1);
    at.post(&As::Nobody, SET_UP, set_up(first.expose()))
        .await
        .expect(204);
    at.post(&As::Nobody, SET_UP, set_up(second.expose()))
        .await
        .problem(410, "link_spent");
    assert_eq!(at.texts("SELECT email FROM person").await.len(), 1);
}

#[tokio::test]
async fn links_end() {
    let at = TestApp::start().await;
    let link = set_up_link(&at.app).await.unwrap().unwrap();
    at.wait(HOUR);
    at.post(&As::Nobody, SET_UP, set_up(link.expose()))
        .await
        .problem(410, "link_spent");

    let person = at.person("pia", false).await;
    let mut statuses = Vec::new();
    for wait in [0, DAY - 1, DAY] {
        let link = sign_in_link(&at.app, &person).await.unwrap();
        at.wait(wait);
        let request = json!({"token": link.expose()});
        for _ in 0..2 {
            statuses.push(at.post(&As::Nobody, SESSION, request.clone()).await.status);
        }
    }
    assert_eq!(statuses, [204, 410, 204, 410, 410, 410]);
}

#[tokio::test]
async fn nobody_learns_which_accounts_there_are() {
    let at = TestApp::start().await;
    at.person_with("pia", "correct horse").await;
    let person = at.person_with("off", "correct horse").await;
    at.sql("UPDATE person SET disabled_at = 1 WHERE name = 'off'")
        .await;
    assert!(matches!(at.session(&person).await, As::Cookie(_)));
    let mut answers = Vec::new();
    for email in [
        "pia@example.test",
        "nobody@example.test",
        "off@example.test",
    ] {
        let mut these = Vec::new();
        for _ in 0..8 {
            let reply = sign_in(&at, email, "battery staple").await;
            these.push((reply.status, reply.header("retry-after"), reply.anonymous()));
        }
        // Six failures lock for a second; while it lasts nothing is tried.
        assert_eq!(
            these.iter().map(|(status, ..)| *status).collect::<Vec<_>>(),
            [401, 401, 401, 401, 401, 401, 429, 429]
        );
        answers.push(these);
        at.wait(60 * SECOND);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[tokio::test]
async fn failures_lock_an_account_longer_each_time() {
    let at = TestApp::start().await;
    at.person_with("pia", "correct horse").await;
    let pia = "pia@example.test";
    for _ in 0..5 {
        sign_in(&at, pia, "wrong")
            .await
            .problem(401, "bad_credentials");
    }
    for seconds in [1_i64, 2, 4, 8] {
        sign_in(&at, pia, "wrong")
            .await
            .problem(401, "bad_credentials");
        let locked = sign_in(&at, pia, "correct horse").await;
        locked.problem(429, "too_many_requests");
        assert_eq!(locked.header("retry-after"), seconds.to_string());
        at.wait(seconds * SECOND - 1);
        sign_in(&at, pia, "correct horse")
            .await
            .problem(429, "too_many_requests");
        at.wait(1);
    }
    sign_in(&at, pia, "correct horse").await.expect(204);
    sign_in(&at, pia, "wrong")
        .await
        .problem(401, "bad_credentials");
    sign_in(&at, pia, "correct horse").await.expect(204);

    at.sql("UPDATE person SET failures = 40").await;
    at.wait(60 * SECOND);
    sign_in(&at, pia, "wrong")
        .await
        .problem(401, "bad_credentials");
    assert_eq!(
        sign_in(&at, pia, "wrong").await.header("retry-after"),
        "900"
    );
}

#[tokio::test]
async fn failures_at_the_same_time_all_count() {
    let at = TestApp::start().await;
    at.person_with("pia", "correct horse").await;
    let tries = (0..6).map(|_| sign_in(&at, "pia@example.test", "wrong"));
    let replies = futures_util::future::join_all(tries).await;
    assert!(replies.iter().all(|reply| reply.status == 401));
    sign_in(&at, "pia@example.test", "correct horse")
        .await
        .problem(429, "too_many_requests");
}

#[tokio::test]
async fn an_address_has_thirty_tries_a_minute() {
    let at = TestApp::start().await;
    at.wait(10 * SECOND);
    let spent = json!({"token": "0"});
    for _ in 0..30 {
        at.post(&As::Nobody, SESSION, spent.clone())
            .await
            .problem(410, "link_spent");
    }
    let refused = at.post(&As::Nobody, SESSION, spent.clone()).await;
    refused.problem(429, "too_many_requests");
    let left = 60 - (NOW / SECOND + 10) % 60;
    assert_eq!(refused.header("retry-after"), left.to_string());
    at.wait(left * SECOND);
    at.post(&As::Nobody, SESSION, spent)
        .await
        .problem(410, "link_spent");
}

#[tokio::test]
async fn a_session_ends_twelve_hours_after_its_last_use() {
    let at = TestApp::start().await;
    let person = at.person("pia", false).await;
    let session = at.session(&person).await;
    for _ in 0..3 {
        at.wait(12 * HOUR - 1);
        at.get(&session, ME).await.expect(200);
    }
    at.wait(12 * HOUR);
    at.get(&session, ME).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_session_ends_seven_days_after_sign_in() {
    let at = TestApp::start().await;
    let person = at.person("pia", false).await;
    let session = at.session(&person).await;
    let me = at.get(&session, ME).await.expect(200);
    assert_eq!(me["expires_at"], "2026-11-25T11:06:40.000Z");
    for _ in 0..27 {
        at.wait(6 * HOUR);
        at.get(&session, ME).await.expect(200);
    }
    at.wait(6 * HOUR - 1);
    at.get(&session, ME).await.expect(200);
    at.wait(1);
    at.get(&session, ME).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let at = TestApp::start().await;
    let person = at.person("pia", false).await;
    let (here, there) = (at.session(&person).await, at.session(&person).await);
    let out = at.ask(&here, "DELETE", SESSION).send().await;
    out.expect(204);
    assert!(out.header("set-cookie").ends_with("; Max-Age=0"));
    assert_eq!(out.header("clear-site-data"), r#""cache", "storage""#);
    at.get(&here, ME).await.problem(401, "unauthenticated");
    at.get(&there, ME).await.expect(200);
    assert_eq!(
        at.texts("SELECT action FROM audit").await,
        ["session.sign_out"]
    );
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let at = TestApp::start().await;
    let person = at.person_with("pia", "correct horse").await;
    let by_password = json!({"email": "pia@example.test", "password": "correct horse"});
    let link = sign_in_link(&at.app, &person).await.unwrap();
    for request in [by_password, json!({"token": link.expose()})] {
        let before = at.session(&person).await;
        let after = at.post(&before, SESSION, request).await;
        after.expect(204);
        at.get(&before, ME).await.problem(401, "unauthenticated");
        at.get(&after.cookie(), ME).await.expect(200);
    }
}

#[tokio::test]
async fn step_up_renews_the_session() {
    let at = TestApp::start().await;
    let person = at.person_with("pia", "correct horse").await;
    let old = at.session(&person).await;
    at.wait(HOUR);
    let path = "/api/v1/session/step-up";
    let wrong = json!({"password": "wrong"});
    at.post(&old, path, wrong.clone())
        .await
        .problem(401, "bad_credentials");
    let before = at.get(&old, ME).await.expect(200);
    assert_eq!(before["authenticated_at"], "2026-11-18T11:06:40.000Z");
    let right = json!({"password": "correct horse"});
    let stepped = at.post(&old, path, right.clone()).await;
    stepped.expect(204);
    let new = stepped.cookie();
    at.get(&old, ME).await.problem(401, "unauthenticated");
    let me = at.get(&new, ME).await.expect(200);
    assert_eq!(me["authenticated_at"], "2026-11-18T12:06:40.000Z");

    // A stolen session is no way around the lock.
    for _ in 0..6 {
        at.post(&new, path, wrong.clone())
            .await
            .problem(401, "bad_credentials");
    }
    at.post(&new, path, right.clone())
        .await
        .problem(429, "too_many_requests");
    at.wait(SECOND);
    at.post(&new, path, right).await.expect(204);
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once() {
    let at = TestApp::start().await;
    let person = at.person("pia", false).await;
    let session = at.session(&person).await;
    at.get(&session, ME).await.expect(200);
    at.sql("UPDATE person SET disabled_at = 1").await;
    at.get(&session, ME).await.problem(401, "unauthenticated");
}
