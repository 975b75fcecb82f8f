//! What is shown before it is known who is signed in.

use super::account_menu::Mark;
use super::text;
use crate::session::{SessionState, use_session};
use crate::ui::live::view;
use crate::ui::{ErrorPanel, Skeleton};
use leptos::prelude::*;

/// The page before the first answer of the server; without one, it says why.
#[component]
pub fn StartPage() -> impl IntoView {
    let session = use_session();
    view! {
        <header class="bar">
            <span class="bar-home">
                <Mark/>
                <span>{text::PRODUCT}</span>
            </span>
        </header>
        <main class="page">
            {move || match session.state() {
                SessionState::Failed(error) => {
                    let retry = Callback::new(move |()| session.load());
                    view! { <ErrorPanel error=error retry=retry/> }.into_any()
                }
                _ => view! { <Skeleton lines=4/> }.into_any(),
            }}
        </main>
    }
}
