//! The scores of both sides as bars, and as the table behind them.

use super::model::{Bar, bars, longest, percent};
use crate::ui::TableFrame;
use crate::ui::choice::Show;
use crate::ui::live::{live, memo, view};
use crate::ui::number::{fixed, grouped};
use leptos::prelude::*;
use portico_api::rollout::{Rollout, ScoreBin};

/// A bar's height, and the room between two labels, in units of the picture.
const BAR: u32 = 10;
const GROUP: u32 = 46;
/// How wide the picture is.
const WIDTH: f64 = 320.0;
/// The room of a figure behind a bar.
const FIGURE: f64 = 46.0;

/// How the scores of both sides are spread. What is unfolded stays so while the figures move.
#[component]
pub fn Bars(
    /// The rollout.
    rollout: Memo<Option<Rollout>>,
) -> impl IntoView {
    let seen = memo(move || {
        rollout.read().as_ref().is_some_and(|rollout| {
            let mut scores = rollout.scores.iter();
            scores.any(|bin| bin.current + bin.candidate > 0)
        })
    });
    let column = memo(move || {
        let rollout = rollout.read();
        rollout
            .as_ref()
            .map(|rollout| rollout.column.clone())
            .unwrap_or_default()
    });
    let versions = memo(move || {
        let rollout = rollout.read();
        let rollout = rollout.as_ref();
        rollout.map_or((0, 0), |rollout| {
            (rollout.current.version, rollout.candidate.version)
        })
    });
    let scores = memo(move || {
        let rollout = rollout.read();
        rollout
            .as_ref()
            .map(|rollout| rollout.scores.clone())
            .unwrap_or_default()
    });
    view! {
        <section class="section" aria-labelledby="scores-title">
            <h2 class="section-title" id="scores-title">{move || format!("How “{}” is spread", column.get())}</h2>
            <Show when=move || seen.get() fallback=|| view! { <p class="muted">"No call was scored yet."</p> }>
                <p class="legend" aria-hidden="true">
                    <span class="legend-current"></span>
                    <span>{move || format!("Version {}", versions.get().0)}</span>
                    <span class="legend-candidate"></span>
                    <span>{move || format!("Version {}", versions.get().1)}</span>
                </p>
                {live(move || view! { <Picture bars=bars(&scores.read())/> })}
                <details class="more">
                    <summary>"The same as a table"</summary>
                    <div class="more-fields">
                        <Figures scores=scores versions=versions/>
                    </div>
                </details>
            </Show>
        </section>
    }
}

/// The figures behind the bars.
#[component]
fn Figures(scores: Memo<Vec<ScoreBin>>, versions: Memo<(u32, u32)>) -> impl IntoView {
    let rows = move || {
        let scores = scores.read();
        let all = (
            scores.iter().map(|bin| bin.current).sum::<u64>(),
            scores.iter().map(|bin| bin.candidate).sum::<u64>(),
        );
        let side = |rows: u64, all: u64| format!("{} ({})", grouped(rows), percent(rows, all));
        scores
            .iter()
            .map(|bin| {
                view! {
                    <tr>
                        <th scope="row">{bin.label.clone()}</th>
                        <td class="num">{side(bin.current, all.0)}</td>
                        <td class="num">{side(bin.candidate, all.1)}</td>
                    </tr>
                }
            })
            .collect_view()
    };
    view! {
        <TableFrame label="Scores of both versions">
            <thead>
                <tr>
                    <th scope="col">"Score"</th>
                    <th scope="col" class="num">{move || format!("Version {}", versions.get().0)}</th>
                    <th scope="col" class="num">{move || format!("Version {}", versions.get().1)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </TableFrame>
    }
}

/// The picture: two bars for each label, one for each side.
#[component]
fn Picture(bars: Vec<Bar>) -> impl IntoView {
    let longest = longest(&bars);
    let count = u32::try_from(bars.len()).unwrap_or(1);
    let height = count * GROUP;
    let groups = (0_u32..)
        .zip(bars)
        .map(|(at, bar)| {
            let top = at * GROUP;
            let side = |share: f64, below: u32, class: &'static str| {
                let width = (share / longest * (WIDTH - FIGURE)).max(1.0);
                view! {
                    <rect
                        class=class
                        x="0"
                        y=(top + below).to_string()
                        width=fixed(width, 1)
                        height=BAR.to_string()
                        rx="2"
                    ></rect>
                    <text class="bar-figure" x=fixed(width + 6.0, 1) y=(top + below + 9).to_string()>
                        {format!("{} %", fixed(share * 100.0, 1))}
                    </text>
                }
            };
            view! {
                <text class="bar-label" x="0" y=(top + 12).to_string()>{bar.label}</text>
                {side(bar.current, 18, "bar-current")}
                {side(bar.candidate, 30, "bar-candidate")}
            }
        })
        .collect_view();
    view! {
        <svg
            class="bars"
            viewBox=format!("0 0 {} {height}", fixed(WIDTH, 0))
            role="img"
            aria-label="Bars: the share of each score in both versions. The table below has the same figures."
        >
            {groups}
        </svg>
    }
}
