//! A short state word. The word carries the meaning; shape and colour only repeat it.

use super::live::view;
use leptos::prelude::*;

/// What a state means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Neutral,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Broken or refused.
    Bad,
    /// Something to know.
    Info,
}

impl Tone {
    /// The tone's class, as the style sheet has it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "tone-neutral",
            Self::Good => "tone-good",
            Self::Warning => "tone-warning",
            Self::Bad => "tone-bad",
            Self::Info => "tone-info",
        }
    }
}

/// Shows a state word.
#[component]
pub fn Badge(
    /// What the state means.
    #[prop(optional)]
    tone: Tone,
    /// The word.
    #[prop(into)]
    text: String,
    /// More about it, for the pointer.
    #[prop(optional, into)]
    title: Option<String>,
) -> impl IntoView {
    view! {
        <span class=format!("badge {}", tone.class()) title=title>
            <span class="badge-dot" aria-hidden="true"></span>
            {text}
        </span>
    }
}
