//! The set-up page. The password goes to the server and is kept nowhere.

use super::text;
use crate::client::{self, ClientError};
use crate::features::account::link::Link;
use crate::features::signin::Entrance;
use crate::routes::Page;
use crate::session::use_session;
use crate::ui::live::{effect, live, view};
use crate::ui::{Button, ButtonKind, ErrorPanel, TextInput};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use portico_api::name::check_title;
use portico_api::problem::Code;
use portico_api::session::{SetUp, check_password, is_email};

/// The set-up page. The token is held until the account is made, so that a refused form can be sent
/// again.
#[component]
pub fn SetupPage() -> impl IntoView {
    let link = expect_context::<Link>();
    let token = RwSignal::new(None::<String>);
    effect(move || {
        if let Some(taken) = link.take() {
            token.set(Some(taken));
        }
    });
    view! {
        <Entrance title=text::TITLE>
            {move || match token.get() {
                Some(token) => view! { <SetupForm token=token/> }.into_any(),
                None => view! { <Dead note=text::NO_LINK/> }.into_any(),
            }}
        </Entrance>
    }
}

/// Why nothing can be set up here.
#[component]
fn Dead(note: &'static str) -> impl IntoView {
    view! {
        <p class="notice tone-info">{note}</p>
        <a class=ButtonKind::Plain.class() href=Page::SignIn.href()>{text::SIGN_IN}</a>
    }
}

#[component]
fn SetupForm(token: String) -> impl IntoView {
    let session = use_session();
    let link = expect_context::<Link>();
    let navigate = use_navigate();
    let name = RwSignal::new(String::new());
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let tried = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<ClientError>);
    let fields = [(); 3].map(|()| NodeRef::<html::Input>::new());

    // A field's own rule first, then what the server said about it.
    let problem = move |rule: Option<String>, pointer: &str| {
        let rule = if tried.get() { rule } else { None };
        rule.or_else(|| {
            failed.with(|failed| failed.as_ref().and_then(|error| error.field(pointer)))
        })
        .unwrap_or_default()
    };
    let name_error = Signal::derive(move || {
        problem(
            check_title(&name.read()).err().map(|rule| rule.to_string()),
            "/name",
        )
    });
    let email_error = Signal::derive(move || {
        let good = is_email(email.read().trim());
        problem((!good).then(|| text::EMAIL_RULE.to_owned()), "/email")
    });
    let password_error = Signal::derive(move || {
        problem(
            check_password(&password.read())
                .err()
                .map(|rule| rule.to_string()),
            "/password",
        )
    });

    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        failed.set(None);
        tried.set(true);
        let bad = [name_error, email_error, password_error]
            .iter()
            .position(|error| !error.read_untracked().is_empty());
        if let Some(bad) = bad {
            if let Some(field) = fields[bad].get_untracked() {
                let _ = field.focus();
            }
            return;
        }
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let body = SetUp {
            token: token.clone(),
            name: name.get_untracked().trim().to_owned(),
            email: email.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
        };
        let navigate = navigate.clone();
        spawn_local(async move {
            match client::session::set_up(&body).await {
                Ok(()) => {
                    session.reload().await;
                    link.done();
                    navigate(
                        &Page::Home.href(),
                        leptos_router::NavigateOptions {
                            replace: true,
                            ..leptos_router::NavigateOptions::default()
                        },
                    );
                }
                Err(error) => {
                    failed.try_set(Some(error));
                }
            }
            busy.try_set(false);
        });
    };
    let general = move || {
        failed.get().map(|error| {
            if error.is(Code::LinkSpent) {
                view! { <Dead note=text::SPENT/> }.into_any()
            } else if error.is(Code::Invalid) {
                // It stands at its field.
                ().into_any()
            } else {
                view! { <ErrorPanel error=error/> }.into_any()
            }
        })
    };
    let [name_field, email_field, password_field] = fields;
    view! {
        <p class="muted">{text::INTRO}</p>
        {live(general)}
        <form class="stack" novalidate=true on:submit=submit>
            <TextInput label=text::NAME value=name error=name_error name="name" autocomplete="name" autofocus=true node_ref=name_field/>
            <TextInput label=text::EMAIL value=email error=email_error hint=text::EMAIL_HINT kind="email" name="email" autocomplete="username" node_ref=email_field/>
            <TextInput label=text::PASSWORD value=password error=password_error hint=text::PASSWORD_HINT kind="password" name="password" autocomplete="new-password" node_ref=password_field/>
            <Button kind=ButtonKind::Primary submit=true busy=busy>{text::CREATE}</Button>
        </form>
    }
}
