//! The sign-in page. The password goes to the server and is kept nowhere.

use super::text;
use crate::client::{self, ClientError};
use crate::features::account::link::Link;
use crate::features::shell::{Mark, ThemeToggle};
use crate::session::use_session;
use crate::ui::choice::Show;
use crate::ui::live::{effect, live, view};
use crate::ui::{Button, ButtonKind, ErrorPanel, Skeleton, TextInput};
use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::problem::Code;
use portico_api::session::{SignIn, is_email};

/// The frame of pages without a session: mark, title, one form.
#[component]
pub fn Entrance(
    /// The page's title.
    title: &'static str,
    /// The form.
    children: Children,
) -> impl IntoView {
    document().set_title(&format!("{title} · Portico"));
    view! {
        <main class="entrance">
            <div class="entrance-card">
                <div class="entrance-mark">
                    <Mark/>
                    <ThemeToggle/>
                </div>
                <h1>{title}</h1>
                {children()}
            </div>
        </main>
    }
}

/// Why signing in failed.
#[derive(Clone, PartialEq)]
enum Refusal {
    Wrong,
    Spent,
    Other(ClientError),
}

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Self {
        match error.code() {
            Some(Code::BadCredentials) => Self::Wrong,
            Some(Code::LinkSpent) => Self::Spent,
            _ => Self::Other(error),
        }
    }
}

/// The sign-in page. The page that was asked for stays in the address and is shown afterwards.
#[component]
pub fn SignInPage() -> impl IntoView {
    let session = use_session();
    let link = expect_context::<Link>();
    let busy = RwSignal::new(false);
    let with_link = RwSignal::new(false);
    let refusal = RwSignal::new(None::<Refusal>);
    let sign_in = move |body: SignIn| {
        refusal.set(None);
        busy.set(true);
        spawn_local(async move {
            match client::session::sign_in(&body).await {
                Ok(()) => {
                    session.reload().await;
                    link.done();
                }
                Err(error) => {
                    refusal.try_set(Some(error.into()));
                }
            }
            busy.try_set(false);
            with_link.try_set(false);
        });
    };
    effect(move || {
        if let Some(token) = link.take() {
            with_link.set(true);
            sign_in(SignIn::Link { token });
        }
    });
    let shown = move || {
        refusal.get().map(|refusal| match refusal {
            Refusal::Wrong => {
                view! { <p class="notice tone-bad" role="alert">{text::WRONG}</p> }.into_any()
            }
            Refusal::Spent => {
                view! { <p class="notice tone-warning" role="alert">{text::SPENT}</p> }.into_any()
            }
            Refusal::Other(error) => view! { <ErrorPanel error=error/> }.into_any(),
        })
    };
    view! {
        <Entrance title=text::TITLE>
            {live(shown)}
            <Show
                when=move || !with_link.get()
                fallback=|| {
                    view! {
                        <p class="muted" role="status">{text::WITH_LINK}</p>
                        <Skeleton lines=2/>
                    }
                }
            >
                <PasswordForm busy=busy on_submit=Callback::new(sign_in)/>
                <p class="entrance-help">{text::HELP}</p>
            </Show>
        </Entrance>
    }
}

#[component]
fn PasswordForm(busy: RwSignal<bool>, on_submit: Callback<SignIn>) -> impl IntoView {
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let tried = RwSignal::new(false);
    let email_field = NodeRef::<html::Input>::new();
    let password_field = NodeRef::<html::Input>::new();
    let email_error = Signal::derive(move || {
        let bad = tried.get() && !is_email(email.read().trim());
        if bad {
            text::EMAIL_RULE.to_owned()
        } else {
            String::new()
        }
    });
    let password_error = Signal::derive(move || {
        let bad = tried.get() && password.read().is_empty();
        if bad {
            text::PASSWORD_RULE.to_owned()
        } else {
            String::new()
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let first_bad = if !email_error.read_untracked().is_empty() {
            Some(email_field)
        } else if !password_error.read_untracked().is_empty() {
            Some(password_field)
        } else {
            None
        };
        if let Some(field) = first_bad {
            if let Some(field) = field.get_untracked() {
                let _ = field.focus();
            }
        } else if !busy.get_untracked() {
            on_submit.run(SignIn::Password {
                email: email.get_untracked().trim().to_owned(),
                password: password.get_untracked(),
            });
        }
    };
    view! {
        <form class="stack" novalidate=true on:submit=submit>
            <TextInput label=text::EMAIL value=email error=email_error kind="email" name="email" autocomplete="username" autofocus=true node_ref=email_field/>
            <TextInput label=text::PASSWORD value=password error=password_error kind="password" name="password" autocomplete="current-password" node_ref=password_field/>
            <Button kind=ButtonKind::Primary submit=true busy=busy>{text::SIGN_IN}</Button>
        </form>
    }
}
