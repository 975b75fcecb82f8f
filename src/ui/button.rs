//! Buttons. One that can't be used now stays reachable and says why.

use super::icon::{Glyph, Icon};
use super::live::view;
use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// How much a button stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// One of several.
    #[default]
    Plain,
    /// The one thing to do on the page or in the dialog.
    Primary,
    /// Destroys something.
    Danger,
    /// Without a border, for rows and tool bars.
    Quiet,
}

impl ButtonKind {
    /// The classes of such a button, for a link that looks like one.
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "button",
            Self::Primary => "button button-primary",
            Self::Danger => "button button-danger",
            Self::Quiet => "button button-quiet",
        }
    }
}

/// A button.
#[component]
pub fn Button(
    /// How much it stands out.
    #[prop(optional)]
    kind: ButtonKind,
    /// An icon before the text.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// Whether it sends the form that it is in.
    #[prop(optional)]
    submit: bool,
    /// Whether its act is under way; it takes no second click meanwhile.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Why it can't be used now; empty when it can.
    #[prop(optional, into)]
    blocked: Signal<String>,
    /// Whether the dialog that it is in opens with the focus on it.
    #[prop(optional)]
    autofocus: bool,
    /// What it does.
    #[prop(optional)]
    on_click: Option<Callback<MouseEvent>>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    let off = move || busy.get() || !blocked.read().is_empty();
    let reason = move || Some(blocked.get()).filter(|reason| !reason.is_empty());
    view! {
        <button
            class=kind.class()
            class:busy=move || busy.get()
            type=if submit { "submit" } else { "button" }
            autofocus=autofocus
            aria-disabled=move || off().then_some("true")
            aria-busy=move || busy.get().then_some("true")
            title=reason
            on:click=move |event| {
                if off() {
                    event.prevent_default();
                } else if let Some(act) = on_click {
                    act.run(event);
                }
            }
        >
            {glyph.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span>{children()}</span>
            {move || reason().map(|reason| view! { <span class="visually-hidden">{format!(" ({reason})")}</span> })}
        </button>
    }
}
