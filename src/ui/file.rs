//! Files that a person hands over, by a button or by dropping them, and files that the page hands out.

use super::button::{Button, ButtonKind};
use super::live::view;
use js_sys::{Array, Uint8Array};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsCast;
use web_sys::{
    Blob, BlobPropertyBag, DataTransfer, DataTransferItem, File, HtmlAnchorElement, Url,
};

/// A button that lets a person choose a file.
#[component]
pub fn ChooseFile(
    /// What the button says.
    #[prop(into)]
    label: Signal<String>,
    /// What the file is, for screen readers.
    #[prop(into)]
    name: String,
    /// Endings and media types that the browser's own dialog offers first.
    accept: &'static str,
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
    /// Whether a file is worked on; it takes no second one meanwhile.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Why it can't be used now; empty when it can.
    #[prop(optional, into)]
    blocked: Signal<String>,
    /// Takes the file.
    on_file: Callback<File>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let file = input.files().and_then(|files| files.get(0));
        // So that the same file can be chosen again.
        input.set_value("");
        if let Some(file) = file {
            on_file.run(file);
        }
    };
    view! {
        <input
            node_ref=input
            type="file"
            aria-label=name
            tabindex="-1"
            hidden=true
            accept=accept
            on:change=chosen
        />
        <Button kind=kind busy=busy blocked=blocked on_click=Callback::new(choose)>
            {move || label.get()}
        </Button>
    }
}

/// A part of the page that takes a dropped file.
#[component]
pub fn FileDrop(
    /// Its classes.
    class: &'static str,
    /// Whether it takes one now.
    #[prop(into)]
    open: Signal<bool>,
    /// Takes the file.
    on_file: Callback<File>,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let over = RwSignal::new(false);
    let dragged = move |event: ev::DragEvent| {
        if open.get_untracked() && event.data_transfer().is_some_and(|data| holds_file(&data)) {
            event.prevent_default();
            over.set(true);
        }
    };
    let dropped = move |event: ev::DragEvent| {
        over.set(false);
        let file = event
            .data_transfer()
            .and_then(|data| data.files())
            .and_then(|files| files.get(0));
        if let (true, Some(file)) = (open.get_untracked(), file) {
            event.prevent_default();
            on_file.run(file);
        }
    };
    view! {
        <div
            class=class
            class:file-over=move || over.get()
            on:dragenter=dragged
            on:dragover=dragged
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            {children()}
        </div>
    }
}

/// Whether what is dragged over the page is a file.
fn holds_file(data: &DataTransfer) -> bool {
    let items = data.items();
    (0..items.length())
        .filter_map(|index| items.get(index))
        .any(|item: DataTransferItem| item.kind() == "file")
}

/// How long a file's address stays: until then the browser has surely begun to save it.
const KEPT: Duration = Duration::from_secs(60);

/// Hands a file to the browser, which saves it. Whether it took it.
pub fn save(name: &str, media_type: &str, bytes: &[u8]) -> bool {
    save_blob(name, media_type, bytes).is_some()
}

fn save_blob(name: &str, media_type: &str, bytes: &[u8]) -> Option<()> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let document = document();
    let link: HtmlAnchorElement = document.create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&address);
    link.set_download(name);
    document.body()?.append_child(&link).ok()?;
    link.click();
    link.remove();
    set_timeout(
        move || {
            let _ = Url::revoke_object_url(&address);
        },
        KEPT,
    );
    Some(())
}
