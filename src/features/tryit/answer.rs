//! The answer to a tried row: outputs, where the time went, limits; or why there is none.

use super::model::{Output, outputs};
use super::run::{Outcome, Run};
use crate::client::ClientError;
use crate::features::endpoints::limit::calls_in_words;
use crate::ui::live::{live, view};
use crate::ui::number::{fixed, millis};
use crate::ui::{Badge, CopyButton, CopySource, EmptyState, ErrorPanel, TableFrame, Tone, timer};
use js_sys::Date;
use leptos::prelude::*;
use portico_api::score::ScoreAnswer;
use std::time::Duration;

/// Shows what the last call came to.
#[component]
pub fn AnswerView(
    /// The state.
    run: Run,
) -> impl IntoView {
    let body = move || {
        match run.outcome.get() {
        None => view! { <EmptyState title="No call yet" text="Run the row to see what the endpoint answers."/> }.into_any(),
        Some(Outcome::Cancelled) => view! {
            <div class="try-status"><Badge text="Cancelled"/></div>
            <p class="muted">"The call was called off before its answer came. If it had reached the model, it counts in the usage."</p>
        }
        .into_any(),
        Some(Outcome::Scored(answer)) => {
            let outputs = outputs(&run.schema(), &answer);
            view! { <Scored answer=*answer outputs=outputs/> }.into_any()
        }
        Some(Outcome::Failed(error)) => view! { <Failed error=error/> }.into_any(),
    }
    };
    view! {
        <section
            class="card try-answer"
            class:try-waiting=move || run.running.get()
            aria-labelledby="try-answer-title"
            aria-busy=move || if run.running.get() { "true" } else { "false" }
        >
            <h2 class="section-title" id="try-answer-title">"Answer"</h2>
            <div role="status">{live(body)}</div>
        </section>
    }
}

#[component]
fn Scored(answer: ScoreAnswer, outputs: Vec<Output>) -> impl IntoView {
    let rows = outputs
        .into_iter()
        .map(|output| view! { <OutputRow output=output/> })
        .collect_view();
    let timing = answer.timing;
    let warnings = answer.warnings.len();
    let request_id = answer.request_id;
    view! {
        <div class="try-status">
            <Badge tone=Tone::Good text="200 Scored"/>
            {(warnings > 0).then(|| view! { <Badge tone=Tone::Warning text=format!("{warnings} unusual")/> })}
        </div>
        <TableFrame label="Outputs">
            <thead class="visually-hidden">
                <tr>
                    <th scope="col">"Output"</th>
                    <th scope="col">"Value"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
        <dl class="facts try-facts">
            <dt>"Queue"</dt>
            <dd class="num">{time(timing.queue_ms)}</dd>
            <dt>"Model"</dt>
            <dd class="num">{time(timing.model_ms)}</dd>
            <dt>"Total"</dt>
            <dd class="num">{time(timing.total_ms)}</dd>
            <dt>"Limit"</dt>
            <dd>{calls_in_words(answer.throttle.max_concurrent_calls)} ", " <span class="num">{answer.free_calls}</span> " free"</dd>
            <dt>"Version"</dt>
            <dd class="num">{answer.version}</dd>
            <dt>"Request"</dt>
            <dd class="fact-copy">
                <code>{request_id.clone()}</code>
                <CopyButton source=CopySource::text(request_id) label="Copy request id" bare=true/>
            </dd>
        </dl>
    }
}

/// A time of a call; one too short for its unit is not called nothing.
fn time(ms: f64) -> String {
    if ms < 0.05 {
        "under 0.1 ms".to_owned()
    } else {
        millis(ms)
    }
}

#[component]
fn OutputRow(output: Output) -> impl IntoView {
    let Output {
        label,
        value,
        share,
        main,
    } = output;
    view! {
        <tr class:try-main=main>
            <th scope="row" class="try-label">{label}</th>
            <td class="num try-value">
                {value}
                {share.map(|share| {
                    view! {
                        <svg class="try-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                            <rect class="try-bar-back" x="0" y="0" width="100" height="4"></rect>
                            <rect class="try-bar-fill" x="0" y="0" width=fixed(share * 100.0, 2) height="4"></rect>
                        </svg>
                    }
                })}
            </td>
        </tr>
    }
}

#[component]
fn Failed(error: ClientError) -> impl IntoView {
    let status = match &error {
        ClientError::Problem(problem) => Some(problem.status),
        ClientError::Offline | ClientError::Unreadable => None,
    };
    let wait = error.retry_after();
    view! {
        <div class="try-status">
            {status.map(|status| view! { <Badge tone=Tone::Bad text=status.to_string()/> })}
        </div>
        <ErrorPanel error=error/>
        {wait.map(|seconds| view! { <RetryAfter seconds=seconds/> })}
    }
}

/// Counts down to when the server wants to be asked again.
#[component]
fn RetryAfter(seconds: u32) -> impl IntoView {
    let until = Date::now() + f64::from(seconds) * 1_000.0;
    let now = RwSignal::new(Date::now());
    timer::every(Duration::from_millis(250), move || {
        now.try_set(Date::now());
    });
    live(move || {
        let left = ((until - now.get()) / 1_000.0).ceil();
        if left > 0.0 {
            view! { <p class="try-wait">"Try again in " <span class="num">{left}</span> " s, as " <code>"Retry-After"</code> " says."</p> }.into_any()
        } else {
            view! { <p class="try-wait">"It can be tried again now."</p> }.into_any()
        }
    })
}
