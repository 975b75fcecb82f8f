//! Why something could not be shown or done: what, why, what now, and the request's id.

use super::button::{Button, ButtonKind};
use super::copy::{CopyButton, CopySource};
use super::icon::{Glyph, Icon};
use super::live::view;
use crate::client::{ClientError, Refusal};
use leptos::prelude::*;
use portico_api::problem::Code;

/// What a person can do about a refusal.
fn next_step(code: Code) -> Option<&'static str> {
    match code {
        Code::Forbidden => Some("Ask an owner of the workspace for this right."),
        Code::TooManyRequests => Some("Wait a moment, then try again."),
        Code::PreconditionFailed => {
            Some("Someone changed it meanwhile. Reload to see the newest state.")
        }
        Code::Internal | Code::EngineUnavailable | Code::EngineEnded => {
            Some("Try again; if it stays, hand the request id to who runs this server.")
        }
        _ => None,
    }
}

/// An error in words.
struct Told {
    title: String,
    what: String,
    next: Option<String>,
    request_id: Option<String>,
}

impl From<ClientError> for Told {
    fn from(error: ClientError) -> Self {
        let what = error.in_words();
        match error {
            ClientError::Problem(refusal) => {
                let Refusal {
                    problem,
                    retry_after,
                } = *refusal;
                let next = match retry_after {
                    Some(1) => Some("Try again in a second.".to_owned()),
                    Some(seconds) => Some(format!("Try again in {seconds} seconds.")),
                    None => next_step(problem.code).map(str::to_owned),
                };
                Self {
                    title: problem.title,
                    what,
                    next,
                    request_id: Some(problem.request_id),
                }
            }
            ClientError::Offline => Self {
                title: "No connection".to_owned(),
                what,
                next: Some("Check the network, then try again.".to_owned()),
                request_id: None,
            },
            ClientError::Unreadable => Self {
                title: "Unexpected answer".to_owned(),
                what,
                next: Some("Reload the page.".to_owned()),
                request_id: None,
            },
        }
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
    let Told {
        title,
        what,
        next,
        request_id,
    } = error.into();
    view! {
        <div class="error-panel tone-bad" role="alert">
            <Icon glyph=Glyph::Warning/>
            <div class="error-text">
                <p class="error-title">{title}</p>
                <p>{what}</p>
                {next.map(|next| view! { <p>{next}</p> })}
                {request_id
                    .map(|id| {
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
