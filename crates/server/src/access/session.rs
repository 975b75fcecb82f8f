//! Sessions of people: a cookie with 256 random bits, stored hashed. A new id at every sign-in and
//! step-up; the old one ends with it.

use crate::app::App;
use crate::clock::{DAY, Micros, SECOND};
use crate::error::Error;
use crate::store::{Tx, sessions};
use portico_api::id::PersonId;
use sha2::{Digest, Sha256};

/// The cookie. The prefix makes browsers insist on `Secure`, `Path=/` and no `Domain`.
pub const COOKIE: &str = "__Host-sid";
/// A session ends this long after it was last used …
const IDLE: Micros = 12 * 60 * 60 * SECOND;
/// … and this long after sign-in, whatever happens.
const ABSOLUTE: Micros = 7 * DAY;
/// Sensitive acts want a sign-in that is at most this old.
pub const FRESH: Micros = 15 * 60 * SECOND;
/// `seen_at` is written at most this often.
const SEEN_EVERY: Micros = 60 * SECOND;

/// A secret token that only its holder knows; the database has its hash. Neither `Debug` nor `Display`.
pub struct Token(zeroize::Zeroizing<String>);

impl Token {
    /// A fresh token of 256 bits.
    ///
    /// # Errors
    /// If there are no random bytes.
    pub fn mint(app: &App) -> Result<Self, Error> {
        Ok(Self(zeroize::Zeroizing::new(hex::encode(
            app.entropy.bytes::<32>()?,
        ))))
    }

    /// The text, for the one answer or link that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn hash(&self) -> [u8; 32] {
        hash_of(&self.0)
    }
}

/// The hash by which a token is stored.
pub fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Starts a session in a transaction; answers the token for the cookie.
///
/// # Errors
/// If the database does not take it.
pub async fn start(app: &App, tx: &mut Tx, person: &PersonId) -> Result<Token, Error> {
    let now = app.clock.now();
    let token = Token::mint(app)?;
    sessions::sweep(tx.conn(), now).await?;
    sessions::insert(tx.conn(), &token.hash(), person, now, now + ABSOLUTE).await?;
    Ok(token)
}

/// The session of a cookie, if it is still good.
///
/// # Errors
/// If the database does not answer.
pub async fn resume(app: &App, token: &str) -> Result<Option<sessions::Session>, Error> {
    let hash = hash_of(token);
    let now = app.clock.now();
    let Some(session) = sessions::find(app.store.read(), &hash).await? else {
        return Ok(None);
    };
    if session.expires_at <= now || session.seen_at + IDLE <= now {
        return Ok(None);
    }
    if session.seen_at + SEEN_EVERY <= now {
        let mut tx = app.store.begin().await?;
        sessions::seen(tx.conn(), &hash, now).await?;
        tx.commit_quietly().await?;
    }
    Ok(Some(session))
}

/// The header that hands the token to the browser.
pub fn cookie(token: &Token) -> String {
    format!(
        "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={}",
        token.expose(),
        ABSOLUTE / SECOND
    )
}

/// The header that takes it back.
pub fn no_cookie() -> String {
    format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}
