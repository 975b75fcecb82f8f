//! Random ids. Ids are no secrets; that they never meet is all that they need.

use leptos::prelude::*;
use portico_api::id::EndpointId;

/// An id for an endpoint that is about to be made.
pub fn endpoint_id() -> EndpointId {
    EndpointId::from_bytes(random_bytes())
}

/// 32 random hexadecimal digits, such as an idempotency key.
pub fn random_hex() -> String {
    endpoint_id().as_str().to_owned()
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0_u8; 16];
    let strong = window()
        .crypto()
        .is_ok_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !strong {
        for byte in &mut bytes {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the product lies from 0 up to, and without, 256"
            )]
            let random = (js_sys::Math::random() * 256.0) as u8;
            *byte = random;
        }
    }
    bytes
}
