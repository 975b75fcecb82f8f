//! Files that the page hands to the browser.

use crate::ui::number::counted;
use js_sys::{Array, ArrayBuffer};
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// How long a file's address stays: until then the browser has surely begun to save it.
const KEPT: Duration = Duration::from_secs(60);

/// A file that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Cells that got a guard against being read as formulas.
    pub guarded: u64,
}

impl Made {
    /// What a person has to know about it, if anything.
    pub fn note(&self) -> Option<String> {
        (self.guarded > 0).then(|| {
            format!(
                "{} in {} began like a formula and got an apostrophe before it, so that no program runs it.",
                counted(self.guarded, "cell", "cells"),
                self.name
            )
        })
    }
}

/// Saves a file. Whether the browser took it.
pub fn save(made: &Made, pieces: &[ArrayBuffer]) -> bool {
    let parts: Array = pieces.iter().collect();
    let options = BlobPropertyBag::new();
    options.set_type(&made.media_type);
    let Ok(blob) = Blob::new_with_buffer_source_sequence_and_options(&parts, &options) else {
        return false;
    };
    let Ok(address) = Url::create_object_url_with_blob(&blob) else {
        return false;
    };
    let clicked = click(&address, &made.name).is_some();
    leptos::prelude::set_timeout(
        move || {
            let _ = Url::revoke_object_url(&address);
        },
        KEPT,
    );
    clicked
}

fn click(address: &str, name: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let link: HtmlAnchorElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(address);
    link.set_download(name);
    document.body()?.append_child(&link).ok()?;
    link.click();
    link.remove();
    Some(())
}

#[cfg(test)]
mod tests {
    use super::Made;

    #[test]
    fn a_guard_is_told() {
        let mut made = Made {
            name: "penguins.csv".to_owned(),
            media_type: "text/csv".to_owned(),
            guarded: 0,
        };
        assert_eq!(made.note(), None);
        made.guarded = 12;
        let note = made.note().expect("there is something to tell");
        assert!(note.starts_with("12 cells in penguins.csv"));
    }
}
