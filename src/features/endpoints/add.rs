//! The Add Endpoint dialog: the form, the question before unsaved work is dropped, and the dialog
//! with what was made.

use super::add_fields::AddFields;
use super::add_state::AddForm;
use super::created::CreatedDialog;
use super::form::{FormLink, as_curl};
use crate::ui::choice::Show;
use crate::ui::leave::guard_tab;
use crate::ui::live::{effect, view};
use crate::ui::{Button, ButtonKind, CodeBlock, Confirm, Dialog, ErrorPanel};
use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use portico_api::endpoint::{CreatedEndpoint, Endpoint};
use portico_api::routes;
use portico_api::service::Service;
use portico_api::workspace::Workspace;

/// Adds an endpoint to a service. A link fills it in by `?name=`, `?throttle=` and `?description=`.
///
/// `open` stays true until the dialog with the result is closed as well.
#[component]
pub fn AddEndpointDialog(
    /// The service.
    service: Service,
    /// Its workspace.
    workspace: Workspace,
    /// Whether the dialog is open.
    open: RwSignal<bool>,
    /// Called once the endpoint is there, while its keys are still shown.
    on_created: Callback<Endpoint>,
) -> impl IntoView {
    let cap = workspace.max_concurrent_calls_cap;
    let form = AddForm::new(workspace.id.clone(), service.id.clone(), cap);
    let query = use_location().query;
    effect(move || {
        if open.get() {
            let query = query.get_untracked();
            form.open(&FormLink {
                name: query.get("name"),
                description: query.get("description"),
                throttle: query.get("throttle"),
            });
        }
    });
    let asking = RwSignal::new(false);
    let editing = Signal::derive(move || open.get() && form.created.read().is_none());
    guard_tab(Signal::derive(move || editing.get() && form.dirty()));
    let close = Callback::new(move |()| {
        if !form.sending.get_untracked() {
            if untrack(|| form.dirty()) {
                asking.set(true);
            } else {
                open.set(false);
            }
        }
    });
    let discard = Callback::new(move |()| {
        asking.set(false);
        open.set(false);
    });
    let made = Callback::new(move |created: CreatedEndpoint| {
        let endpoint = created.endpoint.clone();
        form.created.set(Some(created));
        on_created.run(endpoint);
    });
    let title = format!("Add endpoint to {}", service.name);
    let policy = workspace.reveal_policy;
    let service = StoredValue::new(service);
    let workspace = StoredValue::new(workspace);
    view! {
        <Dialog open=editing title=title wide=true on_close=close>
            <AddView form=form service=service.get_value() workspace=workspace.get_value() close=close made=made/>
        </Dialog>
        <Confirm open=asking title="Discard this endpoint?" action="Discard" on_confirm=discard>
            <p>"It was not created yet. What was filled in is dropped."</p>
        </Confirm>
        <CreatedDialog form=form policy=policy open=open/>
    }
}

/// The form itself; made anew each time the dialog opens.
#[component]
fn AddView(
    form: AddForm,
    service: Service,
    workspace: Workspace,
    close: Callback<()>,
    made: Callback<CreatedEndpoint>,
) -> impl IntoView {
    let showing = RwSignal::new(false);
    let path = routes::CREATE_ENDPOINT.at(&[workspace.id.as_str(), service.id.as_str()]);
    let url = format!("{}{path}", window().location().origin().unwrap_or_default());
    let request = Signal::derive(move || match form.request() {
        Some(request) => as_curl(&url, &request),
        None => "# Fill in the form without errors; then the request stands here.".to_owned(),
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        form.submit(made);
    };
    view! {
        <form class="dialog-form" novalidate=true on:submit=submit>
            <div class="dialog-body">
                {move || form.note.get().map(|note| view! { <p class="notice tone-info">{note}</p> })}
                <AddFields form=form service=service workspace=workspace/>
                <Show when=move || showing.get()>
                    <CodeBlock code=request label="The same as a request"/>
                </Show>
                {move || form.failure.get().map(|error| view! { <ErrorPanel error=error/> })}
            </div>
            <footer class="dialog-foot add-foot">
                <button
                    type="button"
                    class=ButtonKind::Quiet.class()
                    aria-expanded=move || if showing.get() { "true" } else { "false" }
                    on:click=move |_| showing.update(|showing| *showing = !*showing)
                >
                    {move || if showing.get() { "Hide request" } else { "Show as request" }}
                </button>
                <span class="add-spring"></span>
                <Button on_click=Callback::new(move |_| close.run(()))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=form.sending>"Create endpoint"</Button>
            </footer>
        </form>
    }
}
