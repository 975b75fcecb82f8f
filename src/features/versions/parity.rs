//! How a version scores its sample rows, against what was expected of them.

use super::model::{Verdict, compared_in_words, largest_in_words, verdict};
use crate::ui::live::view;
use crate::ui::{Button, Glyph, Icon, RelativeTime, Tone};
use leptos::prelude::*;
use portico_api::service::Parity;

/// The figures, with a verdict in words.
#[component]
pub fn ParityCard(
    /// The figures.
    parity: Parity,
    /// Scores the rows again; without it there is no such button.
    #[prop(optional)]
    again: Option<Callback<()>>,
    /// Whether that is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
) -> impl IntoView {
    let verdict = verdict(&parity);
    let (tone, glyph) = match verdict {
        Verdict::Same => (Tone::Good, Glyph::Check),
        Verdict::NotCompared => (Tone::Neutral, Glyph::Info),
        Verdict::Differs => (Tone::Warning, Glyph::Warning),
        Verdict::Failed => (Tone::Bad, Glyph::Warning),
    };
    let figures = (compared_in_words(&parity), largest_in_words(&parity));
    let Parity {
        rows,
        compared,
        engine,
        checked_at,
        failed,
        ..
    } = parity;
    let compared = (compared > 0).then(|| {
        let (labels, largest) = figures;
        view! {
            <dt>"Labels"</dt>
            <dd>{labels}</dd>
            <dt>"Largest difference"</dt>
            <dd>{largest}</dd>
        }
    });
    let engine = (!engine.is_empty()).then(|| {
        view! {
            <dt>"Scored by"</dt>
            <dd>{engine}</dd>
        }
    });
    let checked = checked_at.map(|time| {
        view! {
            <dt>"Checked"</dt>
            <dd><RelativeTime time=time/></dd>
        }
    });
    view! {
        <div class=format!("card parity-card {}", tone.class())>
            <div class="parity-head">
                <p class="parity-verdict">
                    <Icon glyph=glyph/>
                    <strong>{verdict.in_words()}</strong>
                </p>
                {again
                    .map(|again| {
                        view! {
                            <Button glyph=Glyph::Rotate busy=busy on_click=Callback::new(move |_| again.run(()))>
                                "Run again"
                            </Button>
                        }
                    })}
            </div>
            {failed.map(|reason| view! { <p>{reason}</p> })}
            {(verdict == Verdict::NotCompared)
                .then(|| {
                    view! {
                        <p class="muted">
                            "It came without expected outputs, so there is nothing to compare with. A package with expected.csv, as the Python helper writes it, is compared row by row."
                        </p>
                    }
                })}
            <dl class="facts">
                <dt>"Sample rows"</dt>
                <dd>{rows}</dd>
                {compared}
                {engine}
                {checked}
            </dl>
        </div>
    }
}
