//! What was made: URL and both keys, in clear, until the dialog closes.

use super::add_state::AddForm;
use crate::routes::{EndpointTab, Page};
use crate::ui::live::{effect, view};
use crate::ui::{Button, ButtonKind, Confirm, CopyButton, CopySource, Dialog};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use portico_api::endpoint::{CreatedEndpoint, Endpoint};
use portico_api::workspace::RevealPolicy;

/// The dialog with the result. It takes the keys from the form and drops them when it closes.
#[component]
pub fn CreatedDialog(
    /// The form that made the endpoint.
    form: AddForm,
    /// Whether keys can be shown again.
    policy: RevealPolicy,
    /// Whether the whole is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let asking = RwSignal::new(false);
    // What happens once the person agrees to lose the keys.
    let then = StoredValue::new(None::<Callback<()>>);
    let showing = Signal::derive(move || form.created.read().is_some());
    let close = Callback::new(move |()| {
        asking.set(false);
        open.set(false);
        form.created.set(None);
    });
    let leave = move |act: Callback<()>| {
        let keys = form
            .created
            .with_untracked(|c| c.as_ref().is_some_and(|c| c.keys.is_some()));
        if policy == RevealPolicy::Once && keys && !copied.get_untracked() {
            then.set_value(Some(act));
            asking.set(true);
        } else {
            act.run(());
        }
    };
    let confirmed = Callback::new(move |()| {
        asking.set(false);
        if let Some(act) = then.get_value() {
            act.run(());
        }
    });
    let navigate = use_navigate();
    let go = Callback::new(move |()| {
        let target = form
            .created
            .with_untracked(|c| c.as_ref().map(|c| address(&c.endpoint)));
        close.run(());
        if let Some(target) = target {
            navigate(&target, NavigateOptions::default());
        }
    });
    let another = Callback::new(move |()| form.again());
    effect(move || {
        if showing.get() {
            copied.set(false);
        }
    });
    view! {
        <Dialog open=showing title="Endpoint created" wide=true on_close=Callback::new(move |()| leave(close))>
            <div class="dialog-body">
                {move || form.created.get().map(|made| view! { <Result made=made policy=policy copied=copied/> })}
            </div>
            <footer class="dialog-foot">
                <Button on_click=Callback::new(move |_| leave(another))>"Add another"</Button>
                <Button kind=ButtonKind::Primary on_click=Callback::new(move |_| leave(go))>"Open endpoint"</Button>
            </footer>
        </Dialog>
        <Confirm open=asking title="Close without copying a key?" action="Close" on_confirm=confirmed>
            <p>"This workspace shows keys once. You will not see these again; a new one can be had by rotating."</p>
        </Confirm>
    }
}

fn address(endpoint: &Endpoint) -> String {
    Page::Endpoint {
        ws: endpoint.workspace_id.clone(),
        svc: endpoint.service_id.clone(),
        name: endpoint.name.clone(),
        tab: EndpointTab::default(),
    }
    .href()
}

#[component]
fn Result(made: CreatedEndpoint, policy: RevealPolicy, copied: RwSignal<bool>) -> impl IntoView {
    let CreatedEndpoint { endpoint, keys } = made;
    let mark = Callback::new(move |()| copied.set(true));
    let note = match (&keys, policy) {
        (None, _) => {
            "An earlier try had made this endpoint already. Its keys stand on its Keys tab."
        }
        (Some(_), RevealPolicy::Once) => "Copy the keys now: this workspace shows them once.",
        (Some(_), RevealPolicy::AnyTime) => {
            "Either key works. They can be shown again on the Keys tab."
        }
    };
    let url = endpoint.urls.request_response;
    view! {
        <p>
            <code class="created-name">{endpoint.name.to_string()}</code> " is live. " {note}
        </p>
        <Secret label="URL" copy="Copy URL" text=url autofocus=true on_copied=Callback::new(|()| ())/>
        {keys
            .map(|keys| {
                view! {
                    <Secret label="Primary key" copy="Copy primary key" text=keys.primary on_copied=mark/>
                    <Secret label="Secondary key" copy="Copy secondary key" text=keys.secondary on_copied=mark/>
                }
            })}
    }
}

/// A text with its label and a button that copies it.
#[component]
fn Secret(
    label: &'static str,
    copy: &'static str,
    text: String,
    #[prop(optional)] autofocus: bool,
    on_copied: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="created-row">
            <p class="field-label">{label}</p>
            <div class="url-line">
                <code>{text.clone()}</code>
                <CopyButton source=CopySource::text(text) label=copy autofocus=autofocus on_copied=on_copied/>
            </div>
        </div>
    }
}
