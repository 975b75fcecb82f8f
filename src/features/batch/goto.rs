//! Asks for a row and goes there.

use super::state::use_sheet;
use crate::ui::live::{effect, view};
use crate::ui::{Button, ButtonKind, Dialog, TextInput};
use leptos::ev;
use leptos::prelude::*;

/// The dialog.
#[component]
pub fn GoTo() -> impl IntoView {
    let sheet = use_sheet();
    let open = sheet.goto_open;
    let text = RwSignal::new(String::new());
    let error = RwSignal::new(String::new());
    let close = move || {
        open.set(false);
        error.set(String::new());
    };
    effect(move || {
        if open.get() {
            text.set(String::new());
        }
    });
    let go = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let typed: String = text
            .read_untracked()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        match typed.parse::<u32>() {
            Ok(row) if row > 0 => {
                close();
                // Once the dialog has given the focus back.
                request_animation_frame(move || sheet.with_grid(|grid| grid.go_to(row)));
            }
            _ => error.set("Give a row's number, such as 777,778.".to_owned()),
        }
    };
    view! {
        <Dialog open=open title=Signal::stored("Go to row".to_owned()) on_close=Callback::new(move |()| close())>
            <form on:submit=go>
                <div class="dialog-body">
                    <TextInput
                        label=Signal::stored("Row".to_owned())
                        value=text
                        error=error
                        hint=Signal::stored("As it is numbered on the left.".to_owned())
                        autofocus=true
                        mono=true
                    />
                </div>
                <footer class="dialog-foot">
                    <Button on_click=Callback::new(move |_| close())>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true>"Go"</Button>
                </footer>
            </form>
        </Dialog>
    }
}
