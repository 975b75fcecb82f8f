//! The clipboard, by its own events alone: no permission is asked for. Texts stay with the browser,
//! because a copy of a large one on its way through the page would keep the page waiting.

use super::worker::Clip;
use js_sys::{JsString, Promise};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ClipboardEvent, DataTransfer, DataTransferItem, File};

#[wasm_bindgen]
extern "C" {
    /// What web-sys binds with texts of Rust.
    type Texts;
    #[wasm_bindgen(method, js_name = getData)]
    fn text(this: &Texts, kind: &str) -> JsString;
    #[wasm_bindgen(method, catch, js_name = setData)]
    fn put(this: &Texts, kind: &str, text: &JsString) -> Result<(), wasm_bindgen::JsValue>;
    #[wasm_bindgen(method, js_name = writeText)]
    fn write(this: &Texts, text: &JsString) -> Promise;
}

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
    let texts: &Texts = data.unchecked_ref();
    let clip = Clip {
        html: texts.text("text/html"),
        text: texts.text("text/plain"),
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
pub fn put(event: &ClipboardEvent, clip: &Clip) -> bool {
    let Some(data) = event.clipboard_data() else {
        return false;
    };
    let texts: &Texts = data.unchecked_ref();
    let put =
        texts.put("text/plain", &clip.text).is_ok() && texts.put("text/html", &clip.html).is_ok();
    if put {
        event.prevent_default();
    }
    put
}

/// Puts a text on the clipboard after its event is over. Whether the browser let it.
pub async fn put_later(text: &JsString) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    let clipboard = window.navigator().clipboard();
    let texts: &Texts = clipboard.unchecked_ref();
    JsFuture::from(texts.write(text)).await.is_ok()
}
