//! What an update would do, model by model.

use super::model::{Weight, fate_in_words, fate_word, short_digest, weight};
use crate::ui::live::view;
use crate::ui::{Badge, TableFrame, Tone};
use leptos::prelude::*;
use portico_api::update::{PlanLine, UpdatePlan};

/// What an update would do, model by model.
#[component]
pub fn PlanView(
    /// The plan.
    plan: UpdatePlan,
) -> impl IntoView {
    let refused = plan.refused.clone().map(|reason| {
        view! {
            <div class="notice tone-bad">
                <p><strong>"It can’t be updated like this. "</strong>{reason}</p>
            </div>
        }
    });
    let moves = if plan.from == plan.to {
        format!("It serves version {} already.", plan.to)
    } else {
        format!(
            "Version {} → {}. Calls move over one by one; none is dropped.",
            plan.from, plan.to
        )
    };
    let none = plan.resources.is_empty();
    let rows = plan
        .resources
        .into_iter()
        .map(|line| view! { <PlanRow line=line/> })
        .collect_view();
    view! {
        {refused}
        <p>{moves}</p>
        {(!none).then(|| view! {
            <TableFrame label="What becomes of each model">
                <thead>
                    <tr>
                        <th scope="col">"Model"</th>
                        <th scope="col" class="wide">"What becomes of it"</th>
                        <th scope="col">"Now → then"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableFrame>
        })}
    }
}

#[component]
fn PlanRow(line: PlanLine) -> impl IntoView {
    let tone = match weight(line.fate) {
        Weight::Calm => Tone::Neutral,
        Weight::Note => Tone::Info,
        Weight::Grave => Tone::Bad,
    };
    let digest = |sha256: &Option<String>| {
        sha256.as_deref().map_or_else(
            || "none".to_owned(),
            |sha256| {
                format!(
                    "{}…",
                    sha256.get(..8).unwrap_or_else(|| short_digest(sha256))
                )
            },
        )
    };
    let models = if line.before == line.after {
        digest(&line.after)
    } else {
        format!("{} → {}", digest(&line.before), digest(&line.after))
    };
    let (word, words) = (fate_word(&line), fate_in_words(&line));
    let differences = line
        .differences
        .into_iter()
        .map(|difference| view! { <li>{difference}</li> })
        .collect_view();
    view! {
        <tr class="plan-row">
            <th scope="row">{line.resource}</th>
            <td class="wide">
                <Badge tone=tone text=word/>
                <p class="plan-words">{words}</p>
                <ul class="difference-list">{differences}</ul>
            </td>
            <td class="mono">{models}</td>
        </tr>
    }
}
