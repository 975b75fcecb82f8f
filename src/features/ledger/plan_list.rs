//! What becomes of each endpoint of a plan.

use super::model::{Outcome, models_in_words, plan_in_words};
use crate::ui::choice::Show;
use crate::ui::live::view;
use crate::ui::{Badge, Button, TableFrame, Tone};
use leptos::prelude::*;
use portico_api::update::{Fate, RunPlan, UpdatePlan};

/// How many endpoints are listed at first, and more with each *Show more*.
const ROWS: usize = 50;

/// The counts, then each endpoint.
#[component]
pub fn Plans(plan: RunPlan) -> impl IntoView {
    let words = plan_in_words(&plan);
    let all = plan.plans.len();
    let plans = StoredValue::new(plan.plans);
    let shown = RwSignal::new(ROWS);
    let rows = move || {
        plans.with_value(|plans| {
            let first = plans.iter().take(shown.get());
            first
                .map(|plan| view! { <PlanRow plan=plan.clone()/> })
                .collect_view()
        })
    };
    view! {
        <p class="plan-counts"><strong>{words} "."</strong></p>
        {(all > 0).then(|| view! {
            <TableFrame label="What becomes of each endpoint">
                <thead>
                    <tr>
                        <th scope="col">"Endpoint"</th>
                        <th scope="col">"Version"</th>
                        <th scope="col" class="wide">"What becomes of it"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableFrame>
        })}
        <Show when=move || { shown.get() < all }>
            <div class="show-more">
                <Button on_click=Callback::new(move |_| shown.update(|shown| *shown += 4 * ROWS))>"Show more"</Button>
            </div>
        </Show>
    }
}

#[component]
fn PlanRow(plan: UpdatePlan) -> impl IntoView {
    let outcome = Outcome::of(&plan);
    let tone = match outcome {
        Outcome::Changes => Tone::Good,
        Outcome::KeepsOwn => Tone::Info,
        Outcome::Unchanged => Tone::Neutral,
        Outcome::Refused => Tone::Warning,
    };
    let lost: Vec<String> = plan
        .resources
        .iter()
        .filter(|line| line.fate == Fate::Overwritten)
        .map(|line| format!("Lost: the own model of “{}”.", line.resource))
        .collect();
    let details = match (outcome, &plan.refused) {
        (Outcome::Refused, Some(reason)) => vec![reason.clone()],
        (Outcome::Changes | Outcome::KeepsOwn, _) => models_in_words(&plan.resources),
        _ => Vec::new(),
    };
    let versions = if plan.from == plan.to {
        plan.to.to_string()
    } else {
        format!("{} → {}", plan.from, plan.to)
    };
    let details = lost
        .into_iter()
        .chain(details)
        .map(|line| view! { <span class="change-line">{line}</span> })
        .collect_view();
    view! {
        <tr class="plan-row">
            <th scope="row">{plan.endpoint.to_string()}</th>
            <td class="num-left">{versions}</td>
            <td class="wide"><Badge tone=tone text=outcome.word()/> {details}</td>
        </tr>
    }
}
