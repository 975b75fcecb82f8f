//! Passwords: Argon2id at OWASP's minimum, at most four hashings at once, never on an async thread.

use crate::error::Error;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{CustomizedPasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Memory in KiB, passes, lanes: OWASP's minimum for Argon2id. Four at once take 76 MiB.
const COST: (u32, u32, u32) = (19_456, 2, 1);
const AT_ONCE: usize = 4;

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Passwords {
    /// A password's hash in PHC form.
    ///
    /// # Errors
    /// If hashing fails.
    pub async fn hash(&self, password: SecretString, salt: [u8; 16]) -> Result<String, Error> {
        self.run(move || {
            hasher()?
                .hash_password_customized(
                    password.expose_secret().as_bytes(),
                    &salt,
                    None,
                    None,
                    params()?,
                )
                .map(|hash| hash.to_string())
                .map_err(|e| Error::Internal(e.to_string()))
        })
        .await
    }

    /// Whether the password belongs to the hash. Without a hash it takes as long and is never right,
    /// so that time does not tell whether an account exists.
    ///
    /// # Errors
    /// If the check can't be run.
    pub async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, Error> {
        self.run(move || {
            let known = hash.is_some();
            let hash = match hash {
                Some(hash) => hash,
                None => hasher()?
                    .hash_password_customized(b"nobody", &[0; 16], None, None, params()?)
                    .map(|hash| hash.to_string())
                    .map_err(|e| Error::Internal(e.to_string()))?,
            };
            let parsed = PasswordHash::new(&hash).map_err(|e| Error::Internal(e.to_string()))?;
            let fits = hasher()?
                .verify_password(password.expose_secret().as_bytes(), &parsed)
                .is_ok();
            Ok(fits && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let closed = |_| Error::Internal("password hashing has stopped".to_owned());
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(closed)?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        })
        .await
        .map_err(|e| Error::Internal(e.to_string()))?
    }
}

fn params() -> Result<Params, Error> {
    let (memory, passes, lanes) = COST;
    Params::new(memory, passes, lanes, None).map_err(|e| Error::Internal(e.to_string()))
}

fn hasher() -> Result<Argon2<'static>, Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_of_the_hash_is_right() {
        let passwords = Passwords::default();
        let hash = passwords
            .hash("correct horse".into(), [7; 16])
            .await
            .unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(
            passwords
                .verify("correct horse".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("battery staple".into(), Some(hash))
                .await
                .unwrap()
        );
        assert!(!passwords.verify("nobody".into(), None).await.unwrap());
    }
}
