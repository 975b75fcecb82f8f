//! What stands in a menu: entries that do something or lead somewhere.

use super::choice::Show;
use super::icon::{Glyph, Icon};
use super::live::view;
use leptos::ev;
use leptos::prelude::*;

/// An entry that does something.
#[component]
pub fn MenuButton(
    /// An icon before the text.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// Whether it destroys something.
    #[prop(optional)]
    danger: bool,
    /// Whether it is the chosen one of several; without it the entry is no choice.
    #[prop(optional, into)]
    chosen: Option<Signal<bool>>,
    /// Why it can't be used now; empty when it can.
    #[prop(optional, into)]
    blocked: String,
    /// What it does.
    on_click: Callback<()>,
    /// Its text.
    children: Children,
) -> impl IntoView {
    let off = !blocked.is_empty();
    view! {
        <button
            type="button"
            class="menu-entry"
            class:menu-danger=danger
            role=if chosen.is_some() { "menuitemradio" } else { "menuitem" }
            tabindex="-1"
            aria-checked=move || chosen.map(|chosen| if chosen.get() { "true" } else { "false" })
            aria-disabled=off.then_some("true")
            on:click=move |event: ev::MouseEvent| {
                if off {
                    event.stop_propagation();
                } else {
                    on_click.run(());
                }
            }
        >
            {glyph.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span class="menu-text">
                {children()}
                {off.then(|| view! { <small>{blocked}</small> })}
            </span>
            {chosen
                .map(|chosen| {
                    view! {
                        <Show when=move || chosen.get()>
                            <Icon glyph=Glyph::Check/>
                        </Show>
                    }
                })}
        </button>
    }
}

/// An entry that leads somewhere.
#[component]
pub fn MenuLink(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// An icon before the text.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// Whether it is where the person is.
    #[prop(optional)]
    current: bool,
    /// Its text.
    children: Children,
) -> impl IntoView {
    view! {
        <a
            class="menu-entry"
            role="menuitem"
            tabindex="-1"
            href=href
            aria-current=current.then_some("page")
        >
            {glyph.map(|glyph| view! { <Icon glyph=glyph/> })}
            <span class="menu-text">{children()}</span>
            {current.then(|| view! { <Icon glyph=Glyph::Check/> })}
        </a>
    }
}
