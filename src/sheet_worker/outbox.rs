//! The worker's answers on their way to the page.

use super::scope::scope;
use js_sys::{Array, Object, Reflect, Uint8Array};
use portico_tabular::protocol::{Asked, Reply};
use portico_tabular::refusal::Refusal;
use wasm_bindgen::JsValue;

/// Sends an answer. Texts for the clipboard stand beside it: the page need not read them.
pub fn post(reply: &Reply) {
    let message = match reply {
        Reply::Copied { text, html } => {
            let message = message(&Reply::Copied {
                text: String::new(),
                html: String::new(),
            });
            for (name, text) in [("text", text), ("html", html)] {
                let _ = Reflect::set(&message, &name.into(), &text.as_str().into());
            }
            message
        }
        reply => message(reply),
    };
    // Only a page that is gone takes no messages.
    let _ = scope().post_message(&message);
}

/// Sends a piece of a file; its bytes change hands and are not copied.
pub fn post_piece(bytes: &[u8]) {
    let buffer = Uint8Array::from(bytes).buffer();
    let message = message(&Reply::Piece);
    let _ = Reflect::set(&message, &"bytes".into(), &buffer);
    let _ = scope().post_message_with_transfer(&message, &Array::of1(&buffer));
}

/// Says why something could not be done.
pub fn refuse(what: Asked, refusal: &Refusal) {
    post(&Reply::Refused {
        what,
        code: refusal.code.to_owned(),
        reason: refusal.reason.clone(),
    });
}

fn message(reply: &Reply) -> JsValue {
    let text = serde_json::to_string(reply).unwrap_or_default();
    let message = Object::new();
    // A plain object takes every property.
    let _ = Reflect::set(&message, &"message".into(), &text.into());
    message.into()
}
