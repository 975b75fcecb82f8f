//! A menu that opens below its button, above everything else, with the keys that menus have.

use super::choice::Show;
use super::field::FieldIds;
use super::live::{effect, view};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// A button with a menu. Children are [`MenuButton`](super::MenuButton)s and
/// [`MenuLink`](super::MenuLink)s, made when it opens.
#[component]
pub fn Menu(
    /// The button's name, where what it shows does not say it.
    #[prop(optional, into)]
    label: Option<String>,
    /// The button's classes.
    #[prop(default = "button button-quiet icon-button")]
    class: &'static str,
    /// What the button shows.
    #[prop(into)]
    trigger: ViewFn,
    /// What stands above the entries.
    #[prop(optional, into)]
    head: ViewFn,
    /// The entries.
    children: ChildrenFn,
) -> impl IntoView {
    let panel = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let open = RwSignal::new(false);
    let children = StoredValue::new(children);
    let head = StoredValue::new(head);
    let id = FieldIds::new().input;
    let controls = id.clone();
    let name = label.clone();

    let (panel_ref, button_ref) = (panel, button);
    effect(move || {
        let shown = open.get();
        let (Some(panel), Some(button)) = (panel.get(), button.get_untracked()) else {
            return;
        };
        if shown {
            // It fails only for an element outside the document, which this one is not.
            let _ = panel.show_popover();
            place(&panel, &button);
            step(&panel, Step::First);
            let beside = window_event_listener(ev::pointerdown, move |event| {
                let at = event
                    .target()
                    .and_then(|at| at.dyn_into::<web_sys::Node>().ok());
                if at.is_some_and(|at| !within(panel_ref, &at) && !within(button_ref, &at)) {
                    open.try_set(false);
                }
            });
            on_cleanup(move || beside.remove());
        } else {
            let _ = panel.hide_popover();
        }
    });
    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    view! {
        <span class="menu">
            <button
                node_ref=button
                type="button"
                class=class
                aria-label=label
                aria-haspopup="menu"
                aria-expanded=move || if open.get() { "true" } else { "false" }
                aria-controls=controls
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {move || trigger.run()}
            </button>
            <div
                node_ref=panel
                id=id
                class="menu-panel"
                tabindex="-1"
                popover="manual"
                on:keydown=move |event: ev::KeyboardEvent| {
                    let Some(panel) = panel.get_untracked() else { return };
                    match event.key().as_str() {
                        "Escape" => {
                            event.stop_propagation();
                            close();
                        }
                        "Tab" => open.set(false),
                        "ArrowDown" => step(&panel, Step::Next),
                        "ArrowUp" => step(&panel, Step::Previous),
                        "Home" => step(&panel, Step::First),
                        "End" => step(&panel, Step::Last),
                        _ => return,
                    }
                    if event.key() != "Tab" {
                        event.prevent_default();
                    }
                }
                on:click=move |event: ev::MouseEvent| {
                    let entry = event
                        .target()
                        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
                        .and_then(|target| target.closest(ENTRIES).ok().flatten());
                    if entry.is_some() {
                        close();
                    }
                }
                on:focusout=move |event: ev::FocusEvent| {
                    let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
                    // The focus goes nowhere when a focused entry gives way to others.
                    if to.is_some_and(|to| !within(panel, &to) && !within(button, &to)) {
                        open.try_set(false);
                    }
                }
            >
                <Show when=move || open.get()>
                    {head.get_value().run()}
                    <div role="menu" aria-label=name.clone().unwrap_or_else(|| "Actions".to_owned())>
                        {children.get_value()()}
                    </div>
                </Show>
            </div>
        </span>
    }
}

/// Whether a node is in an element of the view.
fn within<E>(element: NodeRef<E>, node: &web_sys::Node) -> bool
where
    E: html::ElementType,
    E::Output: JsCast + Clone + AsRef<web_sys::Node> + 'static,
{
    element
        .try_get_untracked()
        .flatten()
        .is_some_and(|element| AsRef::<web_sys::Node>::as_ref(&element).contains(Some(node)))
}

/// The entries that can be chosen.
const ENTRIES: &str = "[role^=menuitem]:not(.menu-note)";

/// Where the focus goes.
#[derive(Clone, Copy)]
enum Step {
    First,
    Next,
    Previous,
    Last,
}

/// Moves the focus over the entries; it goes round at the ends.
fn step(panel: &HtmlElement, step: Step) {
    let Ok(entries) = panel.query_selector_all(ENTRIES) else {
        return;
    };
    let count = entries.length();
    if count == 0 {
        let _ = panel.focus();
        return;
    }
    let active = document().active_element();
    let current = (0..count).find(|index| {
        entries
            .item(*index)
            .zip(active.as_ref())
            .is_some_and(|(entry, active)| entry.is_same_node(Some(active)))
    });
    let target = match (step, current) {
        (Step::First, _) | (Step::Next, None) => 0,
        (Step::Last, _) | (Step::Previous, None) => count - 1,
        (Step::Next, Some(index)) => (index + 1) % count,
        (Step::Previous, Some(index)) => (index + count - 1) % count,
    };
    if let Some(entry) = entries
        .item(target)
        .and_then(|entry| entry.dyn_into::<HtmlElement>().ok())
    {
        let _ = entry.focus();
    }
}

/// Puts the panel under its button, within the window.
fn place(panel: &HtmlElement, button: &HtmlElement) {
    const GAP: f64 = 4.0;
    let from = button.get_bounding_client_rect();
    let size = panel.get_bounding_client_rect();
    let extent = |length: Result<wasm_bindgen::JsValue, _>| {
        length
            .ok()
            .and_then(|length| length.as_f64())
            .unwrap_or(0.0)
    };
    let width = extent(window().inner_width());
    let height = extent(window().inner_height());
    let left = if from.left() + size.width() + GAP > width {
        from.right() - size.width()
    } else {
        from.left()
    };
    let below = from.bottom() + GAP;
    let top = if below + size.height() > height && from.top() > size.height() {
        from.top() - GAP - size.height()
    } else {
        below
    };
    let style = web_sys::HtmlElement::style(panel);
    let _ = style.set_property("left", &format!("{}px", left.max(GAP)));
    let _ = style.set_property("top", &format!("{top}px"));
}
