//! Verifiers of keys: HMAC-SHA-256 of the whole text under the pepper. A stolen database holds nothing
//! that a key could be found from.

use super::secrets::Pepper;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// What is stored to recognise this key.
pub fn verifier(pepper: &Pepper, key: &str) -> [u8; 32] {
    // HMAC pads a short key with zeros to the hash's block; done here, it can't fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(pepper.expose());
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(key.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Whether this key is the one that the verifier was made from. Takes the same time for a key whose id
/// is unknown (`None`) as for one whose secret is wrong.
pub fn verify(pepper: &Pepper, key: &str, stored: Option<&[u8; 32]>) -> bool {
    let known = Choice::from(u8::from(stored.is_some()));
    let stored = stored.unwrap_or(&[0; 32]);
    let fits = verifier(pepper, key).ct_eq(stored);
    (known & fits).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verifier_is_hmac_sha_256() {
        // RFC 4231, test case 2, whose key is shorter than a block: padding with zeros changes nothing.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let sum = verifier(&Pepper::new(key), "what do ya want for nothing?");
        assert_eq!(
            hex::encode(sum),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn only_the_same_key_under_the_same_pepper_fits() {
        let pepper = Pepper::new([1; 32]);
        let stored = verifier(&pepper, "key");
        assert!(verify(&pepper, "key", Some(&stored)));
        assert!(!verify(&pepper, "kez", Some(&stored)));
        assert!(!verify(&pepper, "", Some(&stored)));
        assert!(!verify(&Pepper::new([2; 32]), "key", Some(&stored)));
    }

    #[test]
    fn an_unknown_id_never_fits() {
        assert!(!verify(&Pepper::new([1; 32]), "key", None));
    }
}
