//! Secrets that follow from the pepper: what signs links to blobs, and what Azure's clients sign their
//! requests with. None of them tells anything of the pepper or of another one.

use super::secrets::Pepper;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The secret for this purpose and object. Purposes hold no `|`.
pub fn derive(pepper: &Pepper, purpose: &str, object: &str) -> Zeroizing<[u8; 32]> {
    // A verifier is made of a key's text, which begins otherwise: no verifier is ever such a secret.
    let text = format!("derived|{purpose}|{object}");
    Zeroizing::new(super::verify::verifier(pepper, &text))
}

/// HMAC-SHA-256 of a message.
pub fn sign(secret: &[u8; 32], message: &str) -> [u8; 32] {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(secret);
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_and_object_has_its_own() {
        let pepper = Pepper::new([1; 32]);
        let one = derive(&pepper, "a", "b");
        assert_eq!(one, derive(&pepper, "a", "b"));
        assert_ne!(one, derive(&pepper, "a", "c"));
        assert_ne!(one, derive(&pepper, "c", "b"));
        assert_ne!(one, derive(&Pepper::new([2; 32]), "a", "b"));
        assert_ne!(sign(&one, "x"), sign(&one, "y"));
    }
}
