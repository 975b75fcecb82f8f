//! Asks before something is destroyed. The focus starts on *Cancel*.

use super::button::{Button, ButtonKind};
use super::choice::Show;
use super::dialog::Dialog;
use super::error::ErrorPanel;
use super::field::TextInput;
use super::live::view;
use crate::client::ClientError;
use leptos::prelude::*;

/// A dialog that names what is about to happen.
#[component]
pub fn Confirm(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The question, naming the object.
    #[prop(into)]
    title: Signal<String>,
    /// What the button says.
    #[prop(into)]
    action: Signal<String>,
    /// Whether the act destroys something.
    #[prop(default = true)]
    danger: bool,
    /// A text that must be typed first; empty when none must.
    #[prop(optional, into)]
    typed: Signal<String>,
    /// Whether the act is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Why the act failed.
    #[prop(optional, into)]
    error: Signal<Option<ClientError>>,
    /// Does it; the owner sets `open` to false when it is done.
    on_confirm: Callback<()>,
    /// What it means, with its consequences.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let text = RwSignal::new(String::new());
    let blocked = Signal::derive(move || {
        let wanted = typed.get();
        if wanted.is_empty() || text.read().trim() == wanted {
            String::new()
        } else {
            format!("Type {wanted} first")
        }
    });
    let cancel = move || {
        if !busy.get_untracked() {
            open.set(false);
        }
    };
    view! {
        <Dialog open=open title=title on_close=Callback::new(move |()| cancel())>
            <div class="dialog-body">
                {children.get_value()()}
                <Show when=move || !typed.read().is_empty()>
                    <TextInput label=Signal::derive(move || format!("Type {} to go on", typed.get())) value=text mono=true/>
                </Show>
                {move || error.get().map(|error| view! { <ErrorPanel error=error/> })}
            </div>
            <footer class="dialog-foot">
                <Button autofocus=true on_click=Callback::new(move |_| cancel())>"Cancel"</Button>
                <Button
                    kind=if danger { ButtonKind::Danger } else { ButtonKind::Primary }
                    busy=busy
                    blocked=blocked
                    on_click=Callback::new(move |_| on_confirm.run(()))
                >
                    {move || action.get()}
                </Button>
            </footer>
        </Dialog>
    }
}
