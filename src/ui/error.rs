//! Why something could not be shown or done: what, why, what now, and the request's id.

use super::button::{Button, ButtonKind};
use super::copy::{CopyButton, CopySource};
use super::icon::{Glyph, Icon};
use crate::client::ClientError;
use leptos::prelude::*;
use portico_api::problem::Code;

/// What failed, in a few words.
fn headline(error: &ClientError) -> String {
    match error {
        ClientError::Problem(problem) if problem.code == Code::NotFound => "Not found".to_owned(),
        ClientError::Problem(problem) => problem.title.clone(),
        ClientError::Offline => "No connection".to_owned(),
        ClientError::Unreadable => "Unexpected answer".to_owned(),
    }
}

/// What a person can do about it.
fn next_step(error: &ClientError) -> Option<&'static str> {
    match error {
        ClientError::Offline => Some("Check the network, then try again."),
        ClientError::Unreadable => Some("Reload the page."),
        ClientError::Problem(problem) => match problem.code {
            Code::Forbidden => Some("Ask an owner of the workspace for this right."),
            Code::TooManyRequests => Some("Wait a moment, then try again."),
            Code::PreconditionFailed => {
                Some("Someone changed it meanwhile. Reload to see the newest state.")
            }
            Code::Internal | Code::EngineUnavailable | Code::EngineEnded => {
                Some("Try again; if it stays, hand the request id to who runs this server.")
            }
            _ => None,
        },
    }
}

/// Shows an error where its subject would be.
#[component]
pub fn ErrorPanel(
    /// What went wrong.
    error: ClientError,
    /// Tries again; without it there is no such button.
    #[prop(optional)]
    retry: Option<Callback<()>>,
) -> impl IntoView {
    let id = error.request_id().unwrap_or_default().to_owned();
    view! {
        <div class="error-panel tone-bad" role="alert">
            <Icon glyph=Glyph::Warning/>
            <div class="error-text">
                <p class="error-title">{headline(&error)}</p>
                <p>{error.in_words()}</p>
                {next_step(&error).map(|step| view! { <p>{step}</p> })}
                {(!id.is_empty())
                    .then(|| {
                        view! {
                            <p class="error-id">
                                "Request " <code>{id.clone()}</code> " "
                                <CopyButton source=CopySource::text(id) label="Copy request id" bare=true/>
                            </p>
                        }
                    })}
            </div>
            {retry
                .map(|retry| {
                    view! {
                        <Button kind=ButtonKind::Plain on_click=Callback::new(move |_| retry.run(()))>
                            "Try again"
                        </Button>
                    }
                })}
        </div>
    }
}
