//! Sealed copies of keys: AES-256-GCM under a data key of the workspace, which is itself sealed under
//! the key-encryption key. Associated data binds every sealed text to its row, so that a row copied
//! to another place does not open.

use super::secrets::KeyEncryptionKey;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use portico_api::id::WorkspaceId;
use portico_api::key::KeySlot;
use portico_domain::key::KeyId;
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

/// Seals the keys of one workspace. No `Debug`, `Display` or `Serialize`; wiped when dropped.
pub struct DataKey(SecretBox<[u8; 32]>);

impl DataKey {
    /// Takes fresh entropy.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }
}

/// A sealed text as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Used once with its key.
    pub nonce: [u8; 12],
    /// The sealed text with its tag of 16 bytes.
    pub bytes: Vec<u8>,
}

/// A sealed text that does not open: another key, another row, or changed bytes. Deliberately says no
/// more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed text does not open with this key at this place")]
pub struct SealError;

/// The row that a sealed key belongs to.
#[derive(Clone, Copy, Debug)]
pub struct KeyRow<'a> {
    /// The workspace.
    pub workspace: &'a WorkspaceId,
    /// What the key opens: an endpoint's id, or again the workspace's.
    pub owner: &'a str,
    /// The key's id.
    pub key: &'a KeyId,
    /// Its slot.
    pub slot: KeySlot,
    /// Its generation.
    pub generation: u32,
    /// The id of the data key.
    pub data_key: &'a str,
}

impl KeyRow<'_> {
    /// The associated data of the row.
    pub fn associated_data(&self) -> String {
        format!(
            "keys|{}|{}|{}|{}|{}|{}",
            self.workspace,
            self.owner,
            self.key,
            self.slot.as_str(),
            self.generation,
            self.data_key
        )
    }
}

/// Seals a data key for storing. `nonce` is fresh entropy.
///
/// # Errors
/// [`SealError`] only if the cipher refuses, which it does for texts of many gigabytes.
pub fn wrap_data_key(
    kek: &KeyEncryptionKey,
    workspace: &WorkspaceId,
    data_key_id: &str,
    data_key: &DataKey,
    nonce: [u8; 12],
) -> Result<Sealed, SealError> {
    let aad = data_key_row(workspace, data_key_id);
    encrypt(kek.expose(), &aad, nonce, data_key.0.expose_secret())
}

/// Opens a stored data key.
///
/// # Errors
/// [`SealError`] with another key-encryption key, workspace or id, or changed bytes.
pub fn unwrap_data_key(
    kek: &KeyEncryptionKey,
    workspace: &WorkspaceId,
    data_key_id: &str,
    sealed: &Sealed,
) -> Result<DataKey, SealError> {
    let aad = data_key_row(workspace, data_key_id);
    let plain = decrypt(kek.expose(), &aad, sealed)?;
    let bytes = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| SealError)?;
    Ok(DataKey::new(bytes))
}

/// Seals a text under a data key. `nonce` is fresh entropy.
///
/// # Errors
/// As [`wrap_data_key`].
pub fn seal(
    data_key: &DataKey,
    associated_data: &str,
    nonce: [u8; 12],
    plaintext: &[u8],
) -> Result<Sealed, SealError> {
    encrypt(
        data_key.0.expose_secret(),
        associated_data,
        nonce,
        plaintext,
    )
}

/// Opens a text sealed under a data key. The answer is wiped when dropped.
///
/// # Errors
/// [`SealError`] with another data key, other associated data or changed bytes.
pub fn open(
    data_key: &DataKey,
    associated_data: &str,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    decrypt(data_key.0.expose_secret(), associated_data, sealed)
}

fn data_key_row(workspace: &WorkspaceId, data_key_id: &str) -> String {
    format!("data_keys|{workspace}|{data_key_id}")
}

fn encrypt(
    key: &[u8; 32],
    aad: &str,
    nonce: [u8; 12],
    plaintext: &[u8],
) -> Result<Sealed, SealError> {
    let payload = Payload {
        msg: plaintext,
        aad: aad.as_bytes(),
    };
    let bytes = Aes256Gcm::new(key.into())
        .encrypt(&nonce.into(), payload)
        .map_err(|_| SealError)?;
    Ok(Sealed { nonce, bytes })
}

fn decrypt(key: &[u8; 32], aad: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let payload = Payload {
        msg: &sealed.bytes,
        aad: aad.as_bytes(),
    };
    Aes256Gcm::new(key.into())
        .decrypt(&sealed.nonce.into(), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(byte: u8) -> WorkspaceId {
        WorkspaceId::from_bytes([byte; 16])
    }

    #[test]
    fn associated_data_names_the_row() {
        let (workspace, key) = (workspace(0xaa), KeyId::parse("0123456789A").unwrap());
        let row = KeyRow {
            workspace: &workspace,
            owner: "owner",
            key: &key,
            slot: KeySlot::Secondary,
            generation: 7,
            data_key: "dk",
        };
        assert_eq!(
            row.associated_data(),
            format!("keys|{}|owner|0123456789A|secondary|7|dk", "a".repeat(32))
        );
    }

    #[test]
    fn a_sealed_key_opens_at_its_own_place_alone() {
        let data_key = DataKey::new([1; 32]);
        let (here, elsewhere) = (workspace(1), workspace(2));
        let (key, other_key) = (
            KeyId::parse("0123456789A").unwrap(),
            KeyId::parse("0123456789B").unwrap(),
        );
        let row = KeyRow {
            workspace: &here,
            owner: "owner",
            key: &key,
            slot: KeySlot::Primary,
            generation: 1,
            data_key: "dk",
        };
        let sealed = seal(&data_key, &row.associated_data(), [3; 12], b"secret").unwrap();
        assert!(!sealed.bytes.windows(6).any(|part| part == b"secret"));
        let opened = open(&data_key, &row.associated_data(), &sealed);
        assert_eq!(opened.as_deref().map(Vec::as_slice), Ok(&b"secret"[..]));

        let moved = [
            KeyRow {
                workspace: &elsewhere,
                ..row
            },
            KeyRow {
                owner: "other",
                ..row
            },
            KeyRow {
                key: &other_key,
                ..row
            },
            KeyRow {
                slot: KeySlot::Secondary,
                ..row
            },
            KeyRow {
                generation: 2,
                ..row
            },
            KeyRow {
                data_key: "dk2",
                ..row
            },
        ];
        for row in moved {
            assert_eq!(
                open(&data_key, &row.associated_data(), &sealed),
                Err(SealError)
            );
        }
        let other = DataKey::new([2; 32]);
        assert_eq!(
            open(&other, &row.associated_data(), &sealed),
            Err(SealError)
        );
        for bit in 0..sealed.bytes.len() * 8 {
            let mut changed = sealed.clone();
            changed.bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                open(&data_key, &row.associated_data(), &changed),
                Err(SealError)
            );
        }
        let mut changed = sealed;
        changed.nonce[0] ^= 1;
        assert_eq!(
            open(&data_key, &row.associated_data(), &changed),
            Err(SealError)
        );
    }

    #[test]
    fn a_data_key_opens_with_its_own_kek_and_workspace_alone() {
        let kek = KeyEncryptionKey::new([5; 32]);
        let data_key = DataKey::new([6; 32]);
        let wrapped = wrap_data_key(&kek, &workspace(1), "dk", &data_key, [7; 12]).unwrap();
        let opened = unwrap_data_key(&kek, &workspace(1), "dk", &wrapped)
            .ok()
            .unwrap();
        assert_eq!(opened.0.expose_secret(), &[6; 32]);

        let wrong = KeyEncryptionKey::new([4; 32]);
        assert!(unwrap_data_key(&wrong, &workspace(1), "dk", &wrapped).is_err());
        assert!(unwrap_data_key(&kek, &workspace(2), "dk", &wrapped).is_err());
        assert!(unwrap_data_key(&kek, &workspace(1), "dk2", &wrapped).is_err());
        let short = seal(&data_key, "", [0; 12], b"short").unwrap();
        assert!(unwrap_data_key(&kek, &workspace(1), "dk", &short).is_err());
    }
}
