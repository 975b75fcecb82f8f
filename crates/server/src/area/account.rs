//! A blob area as a storage account, for code that was written for Azure's: a connection string of the form
//! `DefaultEndpointsProtocol=…;AccountName=…;AccountKey=…;BlobEndpoint=…`.
//!
//! The account's name is the id of one of the endpoint's keys, and its key a secret that follows from it:
//! Azure's clients sign with the account's key, and the server, which does not know its keys' texts, has to
//! be able to compute it. It ends with the key that it belongs to, and opens the blob area alone.

use crate::keys::derive;
use crate::keys::secrets::Pepper;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portico_api::id::EndpointId;
use portico_domain::key::KeyId;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The account key that belongs to a key of an endpoint.
pub fn account_key(pepper: &Pepper, endpoint: &EndpointId, key: &KeyId) -> Zeroizing<[u8; 32]> {
    derive::derive(pepper, "blob account", &format!("{endpoint}/{key}"))
}

/// The connection string that belongs to a key of an endpoint, whose blob area is reached at `url`.
pub fn connection_string(
    pepper: &Pepper,
    endpoint: &EndpointId,
    key: &KeyId,
    url: &str,
) -> Zeroizing<String> {
    let protocol = url.split("://").next().unwrap_or("http");
    let secret = Zeroizing::new(STANDARD.encode(*account_key(pepper, endpoint, key)));
    Zeroizing::new(format!(
        "DefaultEndpointsProtocol={protocol};AccountName={key};AccountKey={};BlobEndpoint={url}",
        *secret
    ))
}

/// What a connection string says. No `Debug`: it holds a secret.
#[derive(Default)]
pub struct Connection {
    /// `AccountName`.
    pub account: Option<String>,
    /// `AccountKey`.
    pub key: Option<Zeroizing<String>>,
    /// `BlobEndpoint`, without a slash at its end.
    pub url: Option<String>,
}

/// Why a text is no connection string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionProblem {
    /// It is not `name=value;…`.
    #[error("it is not of the form Name=value;Name=value")]
    Form,
    /// It has no key.
    #[error("it has no AccountKey")]
    NoKey,
    /// It is of another storage account.
    #[error(
        "it names a storage account that is not on this server; ask for this endpoint's own at its address /blobs?comp=connectionstring"
    )]
    Foreign,
}

impl Connection {
    /// Reads a connection string; names in any case and order, others are passed over.
    ///
    /// # Errors
    /// [`ConnectionProblem`].
    pub fn parse(text: &str) -> Result<Self, ConnectionProblem> {
        let mut found = Self::default();
        for part in text
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (name, value) = part.split_once('=').ok_or(ConnectionProblem::Form)?;
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "accountname" => found.account = Some(value.to_owned()),
                "accountkey" => found.key = Some(Zeroizing::new(value.to_owned())),
                "blobendpoint" => found.url = Some(value.trim_end_matches('/').to_owned()),
                // The emulator's account.
                "usedevelopmentstorage" => return Err(ConnectionProblem::Foreign),
                _ => {}
            }
        }
        if found.key.is_none() {
            return Err(ConnectionProblem::NoKey);
        }
        Ok(found)
    }

    /// Whether its key is the account key that belongs to this key of an endpoint.
    pub fn has_key_of(&self, pepper: &Pepper, endpoint: &EndpointId, key: &KeyId) -> bool {
        let sent = self
            .key
            .as_ref()
            .and_then(|text| STANDARD.decode(text.as_bytes()).ok());
        sent.is_some_and(|sent| account_key(pepper, endpoint, key).ct_eq(&sent[..]).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_out_is_read_back() {
        let (pepper, endpoint) = (Pepper::new([1; 32]), EndpointId::from_bytes([7; 16]));
        let key = KeyId::parse("0123456789A").unwrap();
        let text = connection_string(&pepper, &endpoint, &key, "https://models.example.com/b");
        let read = Connection::parse(&text).ok().unwrap();
        assert_eq!(read.account.as_deref(), Some("0123456789A"));
        assert_eq!(read.url.as_deref(), Some("https://models.example.com/b"));
        assert!(read.has_key_of(&pepper, &endpoint, &key));
        let other = KeyId::parse("0123456789B").unwrap();
        assert!(!read.has_key_of(&pepper, &endpoint, &other));
        assert!(!read.has_key_of(&pepper, &EndpointId::from_bytes([8; 16]), &key));
        let spaced = text
            .replace(';', " ; ")
            .replace("AccountName", "accountname");
        assert!(
            Connection::parse(&format!("{spaced};"))
                .ok()
                .unwrap()
                .has_key_of(&pepper, &endpoint, &key)
        );
    }

    #[test]
    fn other_texts_are_told_apart() {
        let problem = |text: &str| Connection::parse(text).err();
        assert_eq!(problem("x"), Some(ConnectionProblem::Form));
        assert_eq!(problem(""), Some(ConnectionProblem::NoKey));
        assert_eq!(problem("AccountName=a"), Some(ConnectionProblem::NoKey));
        assert_eq!(
            problem("UseDevelopmentStorage=true"),
            Some(ConnectionProblem::Foreign)
        );
    }
}
