//! Signing in, step-up, set-up: the acts that make sessions.
//!
//! Failures slow an account down (five free, then one second doubling to fifteen minutes) and an
//! address (30 tries a minute). Known and unknown accounts take the same time and the same words.

use super::session::{self, Token};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::clock::{DAY, Micros, SECOND};
use crate::error::Error;
use crate::store::people::{self, Account, LinkKind, NewAccount};
use crate::store::{Tx, audit, sessions};
use portico_api::id::PersonId;
use portico_api::session::{SetUp, check_password, is_email};
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const FREE_FAILURES: i64 = 5;
const LONGEST_LOCK: Micros = 15 * 60 * SECOND;
const TRIES_A_MINUTE: u32 = 30;
/// How long the link of the first start lives.
const SET_UP_LINK: Micros = 60 * 60 * SECOND;
/// How long a sign-in link lives.
const SIGN_IN_LINK: Micros = 24 * 60 * 60 * SECOND;

/// Names without an account whose failures are remembered, and for how long: as many as can be
/// tried in a day from a few addresses.
const UNKNOWN_MAX: usize = 10_000;
const UNKNOWN_KEPT: Micros = DAY;

/// Tries by address within the running minute, and failures of names that have no account: those
/// are slowed down like accounts, so that being locked tells nobody which accounts there are.
#[derive(Debug, Default)]
pub struct Tries {
    by_address: Mutex<HashMap<String, (i64, u32)>>,
    unknown: Mutex<HashMap<String, Failures>>,
}

/// Failed sign-ins in a row.
#[derive(Clone, Copy, Debug, Default)]
struct Failures {
    count: i64,
    last: Micros,
    locked_until: Option<Micros>,
}

/// Until when this many failures in a row lock a name.
fn locked_until(failures: i64, now: Micros) -> Option<Micros> {
    let over = failures - FREE_FAILURES;
    let doubled = || SECOND.saturating_mul(1 << (over - 1).min(20));
    (over > 0).then(|| now + doubled().min(LONGEST_LOCK))
}

fn refuse_locked(locked_until: Option<Micros>, now: Micros) -> Result<(), Error> {
    match locked_until {
        Some(until) if until > now => Err(Error::TooManyRequests {
            seconds: (until - now).unsigned_abs().div_ceil(1_000_000),
        }),
        _ => Ok(()),
    }
}

impl Tries {
    fn unknown_locked_until(&self, email: &str) -> Option<Micros> {
        let map = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(email).and_then(|failures| failures.locked_until)
    }

    fn unknown_failed(&self, email: &str, now: Micros) {
        let mut map = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= UNKNOWN_MAX {
            map.retain(|_, failures| failures.last + UNKNOWN_KEPT > now);
        }
        if map.len() >= UNKNOWN_MAX && !map.contains_key(email) {
            return;
        }
        let failures = map.entry(email.to_owned()).or_default();
        failures.count += 1;
        failures.last = now;
        failures.locked_until = locked_until(failures.count, now);
    }

    /// Counts a try from an address.
    ///
    /// # Errors
    /// [`Error::TooManyRequests`] past the tries of a minute.
    pub fn count(&self, address: &str, now: Micros) -> Result<(), Error> {
        let minute = now / (60 * SECOND);
        let mut map = self
            .by_address
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        map.retain(|_, (then, _)| *then == minute);
        let (_, tries) = map.entry(address.to_owned()).or_insert((minute, 0));
        *tries += 1;
        if *tries > TRIES_A_MINUTE {
            let left = (minute + 1) * 60 - now / SECOND;
            return Err(Error::TooManyRequests {
                seconds: left.unsigned_abs(),
            });
        }
        Ok(())
    }
}

/// Signs in with e-mail and password; ends the session that the browser had.
///
/// # Errors
/// [`Error::BadCredentials`] whatever was wrong; [`Error::TooManyRequests`] after too many failures.
pub async fn with_password(
    app: &App,
    who: &Who,
    old_session: Option<&[u8; 32]>,
    email: &str,
    password: SecretString,
) -> Result<Token, Error> {
    let now = app.clock.now();
    app.tries.count(who.address(), now)?;
    let email = email.trim().to_lowercase();
    let Some(account) = people::by_email(app.store.read(), &email).await? else {
        refuse_locked(app.tries.unknown_locked_until(&email), now)?;
        // Takes as long as for an account.
        app.passwords.verify(password, None).await?;
        app.tries.unknown_failed(&email, now);
        return Err(Error::BadCredentials);
    };
    check_account(app, &account, password).await?;
    begin(app, who, &account.id, old_session, "session.sign_in").await
}

/// Signs in with a one-time link; ends the session that the browser had.
///
/// # Errors
/// [`Error::LinkSpent`] if it was used before or has expired.
pub async fn with_link(
    app: &App,
    who: &Who,
    old_session: Option<&[u8; 32]>,
    token: &str,
) -> Result<Token, Error> {
    app.tries.count(who.address(), app.clock.now())?;
    let mut tx = app.store.begin().await?;
    let person = people::spend_link(
        tx.conn(),
        &session::hash_of(token),
        LinkKind::SignIn,
        app.clock.now(),
    )
    .await?
    .ok_or(Error::LinkSpent)?;
    end_old(&mut tx, old_session).await?;
    let token = session::start(app, &mut tx, &person).await?;
    record(app, &mut tx, who, "session.sign_in_by_link", &person).await?;
    tx.commit_quietly().await?;
    Ok(token)
}

/// Gives the password again: a new session takes the place of the old one.
///
/// # Errors
/// [`Error::BadCredentials`] if the password is wrong; [`Error::TooManyRequests`] as for a sign-in.
pub async fn step_up(
    app: &App,
    who: &Who,
    person: &PersonId,
    old_session: &[u8; 32],
    password: SecretString,
) -> Result<Token, Error> {
    app.tries.count(who.address(), app.clock.now())?;
    let account = people::by_id(app.store.read(), person)
        .await?
        .ok_or(Error::BadCredentials)?;
    check_account(app, &account, password).await?;
    begin(app, who, person, Some(old_session), "session.step_up").await
}

/// Makes the first administrator and signs in.
///
/// # Errors
/// [`Error::LinkSpent`] if there is an account already or the link is not good; [`Error::Invalid`] by field.
pub async fn set_up(app: &App, who: &Who, request: SetUp) -> Result<Token, Error> {
    app.tries.count(who.address(), app.clock.now())?;
    let email = request.email.trim().to_lowercase();
    portico_api::name::check_title(&request.name)
        .map_err(|p| Error::field("/name", p.code(), p.to_string()))?;
    if !is_email(&email) {
        return Err(Error::field(
            "/email",
            "email",
            "This is not an e-mail address.",
        ));
    }
    check_password(&request.password)
        .map_err(|p| Error::field("/password", p.code(), p.to_string()))?;
    let hash = app
        .passwords
        .hash(request.password.into(), app.entropy.bytes()?)
        .await?;

    let mut tx = app.store.begin().await?;
    people::spend_link(
        tx.conn(),
        &session::hash_of(&request.token),
        LinkKind::SetUp,
        app.clock.now(),
    )
    .await?;
    if people::any(tx.conn()).await? {
        return Err(Error::LinkSpent);
    }
    let id = PersonId::from_bytes(app.entropy.bytes()?);
    let account = NewAccount {
        id: &id,
        email: &email,
        name: request.name.trim(),
        password_hash: Some(&hash),
        administrator: true,
    };
    people::insert(tx.conn(), &account, app.clock.now()).await?;
    let token = session::start(app, &mut tx, &id).await?;
    record(app, &mut tx, who, "person.set_up", &id).await?;
    tx.commit().await?;
    Ok(token)
}

/// The link that makes the first administrator, if there is no account yet.
///
/// # Errors
/// If the database does not take it.
pub async fn set_up_link(app: &App) -> Result<Option<Token>, Error> {
    let mut tx = app.store.begin().await?;
    if people::any(tx.conn()).await? {
        return Ok(None);
    }
    let token = Token::mint(app)?;
    people::insert_link(
        tx.conn(),
        &token.hash(),
        LinkKind::SetUp,
        None,
        app.clock.now() + SET_UP_LINK,
    )
    .await?;
    tx.commit_quietly().await?;
    Ok(Some(token))
}

/// A link that signs a person in once.
///
/// # Errors
/// If the database does not take it.
pub async fn sign_in_link(app: &App, person: &PersonId) -> Result<Token, Error> {
    let token = Token::mint(app)?;
    let mut tx = app.store.begin().await?;
    people::insert_link(
        tx.conn(),
        &token.hash(),
        LinkKind::SignIn,
        Some(person),
        app.clock.now() + SIGN_IN_LINK,
    )
    .await?;
    tx.commit_quietly().await?;
    Ok(token)
}

/// Checks the password of an account that is not locked, and counts a failure.
async fn check_account(app: &App, account: &Account, password: SecretString) -> Result<(), Error> {
    let now = app.clock.now();
    refuse_locked(account.locked_until, now)?;
    let usable = account.disabled_at.is_none();
    let hash = account.password_hash.clone().filter(|_| usable);
    if app.passwords.verify(password, hash).await? {
        return Ok(());
    }
    let mut tx = app.store.begin().await?;
    // Read again: others may have failed at the same time, and each of them counts.
    let failures = people::failures(tx.conn(), &account.id).await? + 1;
    let until = locked_until(failures, now);
    people::set_failures(tx.conn(), &account.id, failures, until).await?;
    tx.commit_quietly().await?;
    Err(Error::BadCredentials)
}

async fn begin(
    app: &App,
    who: &Who,
    person: &PersonId,
    old_session: Option<&[u8; 32]>,
    action: &'static str,
) -> Result<Token, Error> {
    let mut tx = app.store.begin().await?;
    people::set_failures(tx.conn(), person, 0, None).await?;
    end_old(&mut tx, old_session).await?;
    let token = session::start(app, &mut tx, person).await?;
    record(app, &mut tx, who, action, person).await?;
    tx.commit_quietly().await?;
    Ok(token)
}

async fn end_old(tx: &mut Tx, old_session: Option<&[u8; 32]>) -> Result<(), Error> {
    match old_session {
        Some(session) => sessions::delete(tx.conn(), session).await,
        None => Ok(()),
    }
}

/// Signs out: ends the session.
///
/// # Errors
/// If the database does not take it.
pub async fn end(app: &App, who: &Who, person: &PersonId, session: &[u8; 32]) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    sessions::delete(tx.conn(), session).await?;
    record(app, &mut tx, who, "session.sign_out", person).await?;
    tx.commit_quietly().await
}

async fn record(
    app: &App,
    tx: &mut Tx,
    who: &Who,
    action: &'static str,
    person: &PersonId,
) -> Result<(), Error> {
    let entry = Entry {
        who,
        action,
        object_kind: "person",
        object_id: person.as_str(),
        workspace: None,
        before: None,
        after: None,
    };
    audit::insert(tx.conn(), app.clock.now(), &entry).await
}
