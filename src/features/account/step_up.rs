//! Asks for the password again before a sensitive act. The password goes to the server and is kept
//! nowhere.

use super::text;
use crate::client::{self, Answer, ClientError};
use crate::session::use_session;
use crate::ui::live::view;
use crate::ui::{Button, ButtonKind, Dialog, ErrorPanel, TextInput};
use js_sys::{Function, Promise};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::problem::Code;
use std::future::Future;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Asks for the password; made once in the shell.
#[derive(Clone, Copy)]
pub struct StepUp {
    open: RwSignal<bool>,
    answer: StoredValue<Option<Function>, LocalStorage>,
}

impl StepUp {
    /// Asks nothing yet.
    pub fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            answer: StoredValue::new_local(None),
        }
    }

    /// Asks for the password. Whether it was given and accepted; `false` when the person closed the
    /// dialog.
    pub async fn require(self) -> bool {
        self.settle(false);
        let promise = Promise::new(&mut |resolve, _| self.answer.set_value(Some(resolve)));
        self.open.try_set(true);
        JsFuture::from(promise)
            .await
            .is_ok_and(|given| given.is_truthy())
    }

    /// Does an act; if the server wants a fresh sign-in first, asks for the password and does the
    /// act again.
    ///
    /// # Errors
    /// What the act came to; *step_up_required* when the person closed the dialog.
    pub async fn guard<T, F: Future<Output = Answer<T>>>(self, act: impl Fn() -> F) -> Answer<T> {
        match act().await {
            Err(error) if error.is(Code::StepUpRequired) => {
                if self.require().await {
                    act().await
                } else {
                    Err(error)
                }
            }
            answer => answer,
        }
    }

    fn settle(self, given: bool) {
        self.open.try_set(false);
        let answer = self.answer.try_update_value(Option::take).flatten();
        if let Some(answer) = answer {
            // Resolving a promise can't fail.
            let _ = answer.call1(&JsValue::NULL, &given.into());
        }
    }
}

/// What asks for the password.
pub fn use_step_up() -> StepUp {
    expect_context()
}

/// The dialog; once in the shell.
#[component]
pub fn StepUpDialog() -> impl IntoView {
    let step_up = use_step_up();
    view! {
        <Dialog
            open=step_up.open
            title=text::TITLE
            on_close=Callback::new(move |()| step_up.settle(false))
        >
            <StepUpForm/>
        </Dialog>
    }
}

#[component]
fn StepUpForm() -> impl IntoView {
    let step_up = use_step_up();
    let email = untrack(|| use_session().me())
        .map(|me| me.email.clone())
        .unwrap_or_default();
    let password = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(String::new());
    let failed = RwSignal::new(None::<ClientError>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        wrong.set(String::new());
        failed.set(None);
        busy.set(true);
        let given = password.get_untracked();
        spawn_local(async move {
            let answer = client::session::step_up(given).await;
            busy.try_set(false);
            match answer {
                Ok(()) => step_up.settle(true),
                Err(error) if error.is(Code::BadCredentials) => {
                    wrong.try_set(text::WRONG.to_owned());
                }
                Err(error) => {
                    failed.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <form class="dialog-form" on:submit=submit>
            <div class="dialog-body">
                <p>{text::WHY}</p>
                // Password managers look for the account that a password belongs to.
                <input class="visually-hidden" type="text" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" readonly=true prop:value=email/>
                <TextInput label=text::PASSWORD value=password error=wrong kind="password" name="password" autocomplete="current-password" autofocus=true/>
                {move || failed.get().map(|error| view! { <ErrorPanel error=error/> })}
            </div>
            <footer class="dialog-foot">
                <Button on_click=Callback::new(move |_| step_up.settle(false))>{text::CANCEL}</Button>
                <Button kind=ButtonKind::Primary submit=true busy=busy>{text::CONFIRM}</Button>
            </footer>
        </form>
    }
}
