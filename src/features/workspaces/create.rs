//! The dialog that makes a workspace.

use super::text;
use crate::client::{self, ClientError};
use crate::features::endpoints::random_hex;
use crate::routes::{Page, WorkspaceTab};
use crate::session::use_session;
use crate::ui::live::{effect, live, view};
use crate::ui::toast::use_toasts;
use crate::ui::{Button, ButtonKind, Confirm, Dialog, ErrorPanel, TextArea, TextInput};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use portico_api::name::{check_description, check_title};
use portico_api::problem::Code;
use portico_api::workspace::CreateWorkspace;

/// Asks for name and description; leads to the new workspace.
#[component]
pub fn CreateWorkspaceDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let dirty = RwSignal::new(false);
    let leaving = RwSignal::new(false);
    let close = Callback::new(move |()| {
        if dirty.get_untracked() {
            leaving.set(true);
        } else {
            open.set(false);
        }
    });
    let discard = Callback::new(move |()| {
        leaving.set(false);
        open.set(false);
    });
    view! {
        <Dialog open=open title=text::CREATE on_close=close>
            <CreateForm dirty=dirty on_cancel=close/>
        </Dialog>
        <Confirm open=leaving title="Discard this workspace?" action="Discard" on_confirm=discard>
            <p>"What you typed has not been saved."</p>
        </Confirm>
    }
}

#[component]
fn CreateForm(dirty: RwSignal<bool>, on_cancel: Callback<()>) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let name = RwSignal::new(String::new());
    let description = RwSignal::new(String::new());
    let tried = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<ClientError>);
    let name_field = NodeRef::<html::Input>::new();
    // The same key for every try of this form: a repeated click makes no second workspace.
    let key = StoredValue::new(random_hex());
    effect(move || dirty.set(!name.read().is_empty() || !description.read().is_empty()));

    let name_error = Signal::derive(move || {
        let rule = check_title(&name.read()).err().filter(|_| tried.get());
        let server = failed.with(|failed| failed.as_ref().and_then(|error| error.field("/name")));
        rule.map(|rule| rule.to_string())
            .or(server)
            .unwrap_or_default()
    });
    let description_error = Signal::derive(move || {
        let rule = check_description(&description.read()).err();
        rule.map(|rule| rule.to_string()).unwrap_or_default()
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        failed.set(None);
        tried.set(true);
        if !name_error.read_untracked().is_empty() || !description_error.read_untracked().is_empty()
        {
            if let Some(field) = name_field.get_untracked() {
                let _ = field.focus();
            }
            return;
        }
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let body = CreateWorkspace {
            name: name.get_untracked().trim().to_owned(),
            description: description.get_untracked(),
        };
        let navigate = navigate.clone();
        spawn_local(async move {
            match client::workspaces::create(&body, &key.get_value()).await {
                Ok(made) => {
                    // Who makes a workspace becomes its owner: the session has a new membership.
                    session.reload().await;
                    toasts.success(format!("Workspace {} created", made.value.name));
                    let page = Page::Workspace {
                        ws: made.value.id,
                        tab: WorkspaceTab::default(),
                    };
                    navigate(&page.href(), leptos_router::NavigateOptions::default());
                }
                Err(error) => {
                    failed.try_set(Some(error));
                    key.try_set_value(random_hex());
                }
            }
            busy.try_set(false);
        });
    };
    let general = move || {
        failed
            .get()
            .filter(|error| !error.is(Code::Invalid))
            .map(|error| view! { <ErrorPanel error=error/> })
    };
    view! {
        <form class="dialog-form" novalidate=true on:submit=submit>
            <div class="dialog-body">
                {live(general)}
                <TextInput label=text::NAME value=name error=name_error hint=text::NAME_HINT name="name" autofocus=true node_ref=name_field/>
                <TextArea label=text::DESCRIPTION value=description error=description_error name="description" optional=true/>
            </div>
            <footer class="dialog-foot">
                <Button on_click=Callback::new(move |_| on_cancel.run(()))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy=busy>{text::CREATE}</Button>
            </footer>
        </form>
    }
}
