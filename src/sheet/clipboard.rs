//! The clipboard, by its own events alone: no permission is asked for.

use super::worker::Clip;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ClipboardEvent, DataTransfer, DataTransferItem, File};

/// What a paste brings: a file if there is one and no text, else html and text.
pub enum Pasted {
    /// A copied file.
    File(File),
    /// Rows.
    Clip(Clip),
}

/// What a paste event brings; none if it is nothing that can be a table.
pub fn pasted(event: &ClipboardEvent) -> Option<Pasted> {
    let data = event.clipboard_data()?;
    let of = |kind| data.get_data(kind).unwrap_or_default();
    let clip = Clip {
        html: of("text/html"),
        text: of("text/plain"),
    };
    if clip.is_empty() {
        file(&data).map(Pasted::File)
    } else {
        Some(Pasted::Clip(clip))
    }
}

/// The first file of what was dropped or pasted.
pub fn file(data: &DataTransfer) -> Option<File> {
    data.files().and_then(|files| files.get(0))
}

/// Whether what is dragged over the page is a file.
pub fn holds_file(data: &DataTransfer) -> bool {
    let items = data.items();
    (0..items.length())
        .filter_map(|index| items.get(index))
        .any(|item: DataTransferItem| item.kind() == "file")
}

/// Puts rows on the clipboard within its own event. Whether that worked.
pub fn put(event: &ClipboardEvent, text: &str, html: &str) -> bool {
    let Some(data) = event.clipboard_data() else {
        return false;
    };
    let put = data.set_data("text/plain", text).is_ok() && data.set_data("text/html", html).is_ok();
    if put {
        event.prevent_default();
    }
    put
}

/// Puts a text on the clipboard after its event is over. Whether the browser let it.
pub async fn put_later(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    JsFuture::from(window.navigator().clipboard().write_text(text))
        .await
        .is_ok()
}
