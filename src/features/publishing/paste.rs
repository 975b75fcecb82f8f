//! Names the columns of a model that takes one matrix: a graph does not know them.

use super::state::use_publishing;
use super::text;
use crate::ui::focus::focus_last;
use crate::ui::live::view;
use crate::ui::{Button, ButtonKind, Dialog, TextArea};
use leptos::prelude::*;

/// A button with its dialog.
#[component]
pub fn PasteNames() -> impl IntoView {
    let state = use_publishing();
    let open = RwSignal::new(false);
    let names = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let apply = move || {
        let mut form = state.form.get_untracked();
        match form.name_columns(&names.get_untracked()) {
            Ok(()) => {
                open.set(false);
                state.refill(|now| *now = form);
                focus_last(".publish-inputs tbody tr:first-child th input");
            }
            Err(problem) => error.set(problem),
        }
    };
    view! {
        <Button on_click=Callback::new(move |_| {
            names.set(String::new());
            error.set(String::new());
            open.set(true);
        })>{text::PASTE}</Button>
        <Dialog open=open title=text::PASTE_TITLE on_close=Callback::new(move |()| open.set(false))>
            <form
                on:submit=move |event| {
                    event.prevent_default();
                    apply();
                }
            >
                <div class="dialog-body">
                    <TextArea label=text::PASTE_TITLE value=names hint=text::PASTE_HINT error=error rows=8 mono=true/>
                </div>
                <footer class="dialog-foot">
                    <Button on_click=Callback::new(move |_| open.set(false))>{text::CANCEL}</Button>
                    <Button kind=ButtonKind::Primary submit=true>{text::PASTE_ACT}</Button>
                </footer>
            </form>
        </Dialog>
    }
}
