//! Signing in, step-up, set-up: the acts that make sessions.
//!
//! Failures slow an account down (five free, then one second doubling to fifteen minutes) and an
//! address (30 tries a minute). Known and unknown accounts take the same time and the same words.

use super::session::{self, Token};
use crate::app::App;
use crate::audit::{Entry, Who};
use crate::clock::{Micros, SECOND};
use crate::error::Error;
use crate::store::people::{self, Account, LinkKind, NewAccount};
use crate::store::{audit, sessions};
use portico_api::id::PersonId;
use portico_api::session::{SetUp, check_password, is_email};
use secrecy::SecretString;
use std::collections::HashMap;
use std::sync::Mutex;

const FREE_FAILURES: i64 = 5;
const LONGEST_LOCK: Micros = 15 * 60 * SECOND;
const TRIES_A_MINUTE: u32 = 30;
/// How long the link of the first start lives.
const SET_UP_LINK: Micros = 60 * 60 * SECOND;
/// How long a sign-in link lives.
const SIGN_IN_LINK: Micros = 24 * 60 * 60 * SECOND;

/// Tries by address within the running minute.
#[derive(Debug, Default)]
pub struct Tries {
    by_address: Mutex<HashMap<String, (i64, u32)>>,
}

impl Tries {
    fn count(&self, address: &str, now: Micros) -> Result<(), Error> {
        let minute = now / (60 * SECOND);
        let mut map = self
            .by_address
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
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

/// Signs in with e-mail and password.
///
/// # Errors
/// [`Error::BadCredentials`] whatever was wrong; [`Error::TooManyRequests`] after too many failures.
pub async fn with_password(
    app: &App,
    who: &Who,
    email: &str,
    password: SecretString,
) -> Result<Token, Error> {
    let now = app.clock.now();
    app.tries.count(who.address(), now)?;
    let email = email.trim().to_lowercase();
    let account = people::by_email(app.store.read(), &email).await?;
    if let Some(until) = account
        .as_ref()
        .and_then(|a| a.locked_until)
        .filter(|until| *until > now)
    {
        let seconds = (until - now).unsigned_abs().div_ceil(1_000_000);
        return Err(Error::TooManyRequests { seconds });
    }
    check_account(app, account.as_ref(), password).await?;
    let Some(account) = account else {
        return Err(Error::BadCredentials);
    };
    begin(app, who, &account.id, "session.sign_in").await
}

/// Signs in with a one-time link.
///
/// # Errors
/// [`Error::LinkSpent`] if it was used before or has expired.
pub async fn with_link(app: &App, who: &Who, token: &str) -> Result<Token, Error> {
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
    let token = session::start(app, &mut tx, &person).await?;
    record(app, &mut tx, who, "session.sign_in_by_link", &person).await?;
    tx.commit_quietly().await?;
    Ok(token)
}

/// Gives the password again: a new session takes the place of the old one.
///
/// # Errors
/// [`Error::BadCredentials`] if the password is wrong.
pub async fn step_up(
    app: &App,
    who: &Who,
    person: &PersonId,
    old_session: &[u8; 32],
    password: SecretString,
) -> Result<Token, Error> {
    app.tries.count(who.address(), app.clock.now())?;
    let account = people::by_id(app.store.read(), person).await?;
    check_account(app, account.as_ref(), password).await?;
    let mut tx = app.store.begin().await?;
    sessions::delete(tx.conn(), old_session).await?;
    let token = session::start(app, &mut tx, person).await?;
    record(app, &mut tx, who, "session.step_up", person).await?;
    tx.commit_quietly().await?;
    Ok(token)
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

/// Checks the password of an account that may not exist, and counts a failure.
async fn check_account(
    app: &App,
    account: Option<&Account>,
    password: SecretString,
) -> Result<(), Error> {
    let usable = account.filter(|account| account.disabled_at.is_none());
    let hash = usable.and_then(|account| account.password_hash.clone());
    if app.passwords.verify(password, hash).await? {
        return Ok(());
    }
    if let Some(account) = account {
        let failures = account.failures + 1;
        let over = failures - FREE_FAILURES;
        let locked_until = (over > 0).then(|| {
            let doubled = SECOND.saturating_mul(1 << (over - 1).min(20));
            app.clock.now() + doubled.min(LONGEST_LOCK)
        });
        let mut tx = app.store.begin().await?;
        people::set_failures(tx.conn(), &account.id, failures, locked_until).await?;
        tx.commit_quietly().await?;
    }
    Err(Error::BadCredentials)
}

async fn begin(
    app: &App,
    who: &Who,
    person: &PersonId,
    action: &'static str,
) -> Result<Token, Error> {
    let mut tx = app.store.begin().await?;
    people::set_failures(tx.conn(), person, 0, None).await?;
    let token = session::start(app, &mut tx, person).await?;
    record(app, &mut tx, who, action, person).await?;
    tx.commit_quietly().await?;
    Ok(token)
}

async fn record(
    app: &App,
    tx: &mut crate::store::Tx,
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
