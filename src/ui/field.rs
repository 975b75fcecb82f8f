//! Form fields: label, rule, input and error, wired for screen readers.

use super::live::view;
use leptos::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// Ids that tie a field's parts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldIds {
    /// The input's id.
    pub input: String,
    /// The rule's id.
    pub hint: String,
    /// The error's id.
    pub error: String,
}

impl FieldIds {
    /// Ids that no other field of the document has.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // Each of the portal's programs counts for itself, and they stand in one document.
        let program = env!("CARGO_CRATE_NAME");
        let input = format!("{program}-field-{number}");
        Self {
            hint: format!("{input}-hint"),
            error: format!("{input}-error"),
            input,
        }
    }

    /// What the input hands to `aria-describedby`.
    pub fn described_by(&self) -> String {
        format!("{} {}", self.hint, self.error)
    }
}

/// A label with its rule and its error around any input; give the input `ids.input` as its id and
/// `ids.described_by()` as its description.
#[component]
pub fn Field(
    /// Ids of the parts.
    ids: FieldIds,
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// The rule, there before any error.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// What is wrong; empty if nothing is.
    #[prop(optional, into)]
    error: Signal<String>,
    /// Says beside the label that the field may stay empty.
    #[prop(optional)]
    optional: bool,
    /// The input.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field" class:field-bad=move || !error.read().is_empty()>
            <label class="field-label" for=ids.input>
                {label}
                {optional.then(|| view! { <span class="field-optional">" (optional)"</span> })}
            </label>
            {children()}
            <p class="field-hint" id=ids.hint>{hint}</p>
            <p class="field-error" id=ids.error aria-live="polite">{error}</p>
        </div>
    }
}

/// A line of text.
#[component]
pub fn TextInput(
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// What stands in it.
    value: RwSignal<String>,
    /// The rule, there before any error.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// What is wrong; empty if nothing is.
    #[prop(optional, into)]
    error: Signal<String>,
    /// The input's type: text, email, password, number, search, datetime-local.
    #[prop(default = "text")]
    kind: &'static str,
    /// The input's name.
    #[prop(optional, into)]
    name: String,
    /// What a browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether the field may stay empty; says so beside the label.
    #[prop(optional)]
    optional: bool,
    /// Whether the page or dialog opens with the focus here.
    #[prop(optional)]
    autofocus: bool,
    /// Whether it is an identifier: monospaced, no spelling check.
    #[prop(optional)]
    mono: bool,
    /// Shown while it is empty.
    #[prop(optional, into)]
    placeholder: String,
    /// Called when the field is left.
    #[prop(optional)]
    on_blur: Option<Callback<()>>,
    /// The input element, for setting the focus.
    #[prop(optional)]
    node_ref: NodeRef<leptos::html::Input>,
) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    view! {
        <Field ids=ids label=label hint=hint error=error optional=optional>
            <input
                node_ref=node_ref
                class="input"
                class:mono=mono
                id=id
                type=kind
                name=name
                autocomplete=autocomplete
                autofocus=autofocus
                autocapitalize="none"
                spellcheck=if mono || kind != "text" { "false" } else { "true" }
                placeholder=placeholder
                aria-describedby=described
                aria-invalid=move || (!error.read().is_empty()).then_some("true")
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
                on:blur=move |_| {
                    if let Some(act) = on_blur {
                        act.run(());
                    }
                }
            />
        </Field>
    }
}

/// Several lines of text.
#[component]
pub fn TextArea(
    /// What is asked for.
    #[prop(into)]
    label: Signal<String>,
    /// What stands in it.
    value: RwSignal<String>,
    /// The rule, there before any error.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// What is wrong; empty if nothing is.
    #[prop(optional, into)]
    error: Signal<String>,
    /// The field's name.
    #[prop(optional, into)]
    name: String,
    /// Lines shown.
    #[prop(default = 3)]
    rows: u32,
    /// Whether the field may stay empty; says so beside the label.
    #[prop(optional)]
    optional: bool,
    /// Whether it is code: monospaced, no spelling check.
    #[prop(optional)]
    mono: bool,
) -> impl IntoView {
    let ids = FieldIds::new();
    let (id, described) = (ids.input.clone(), ids.described_by());
    view! {
        <Field ids=ids label=label hint=hint error=error optional=optional>
            <textarea
                class="input"
                class:mono=mono
                id=id
                name=name
                rows=rows
                spellcheck=if mono { "false" } else { "true" }
                aria-describedby=described
                aria-invalid=move || (!error.read().is_empty()).then_some("true")
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
        </Field>
    }
}
