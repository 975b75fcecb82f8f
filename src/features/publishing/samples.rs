//! The sample rows of a draft with what they score.

use super::cells::{TableWrong, TextCell};
use super::state::{Act, use_publishing};
use super::text;
use crate::ui::choice::Show;
use crate::ui::focus::{catch_focus, focus_first, focus_last};
use crate::ui::live::{live, memo, view};
use crate::ui::number::{counted, grouped};
use crate::ui::{Button, ButtonKind, Glyph, Icon, TableFrame};
use leptos::prelude::*;

/// Rows that can be changed here; a package may bring more.
const EDITABLE: usize = 20;

/// The rows.
#[component]
pub fn Samples() -> impl IntoView {
    let state = use_publishing();
    let draft = move || state.draft.get().map(|draft| draft.value);
    let made_up = memo(move || draft().is_some_and(|draft| draft.samples_made_up));
    // Rows that came with their outputs, or more of them than stand here, are not changed by accident.
    let (expected, more) = untrack(draft).map_or((false, false), |draft| {
        let shown = u32::try_from(draft.samples.len()).unwrap_or(u32::MAX);
        let expected = draft.parity.is_some_and(|parity| parity.compared > 0);
        let came = !draft.samples_made_up;
        (came && expected, came && draft.sample_rows > shown)
    });
    let locked = RwSignal::new(expected || more);
    let held = memo(move || locked.get());
    let foot = Signal::derive(move || {
        let shown = state.form.read().samples.len();
        let shown = u64::try_from(shown).unwrap_or(u64::MAX);
        let all = u64::from(draft().map_or(0, |draft| draft.sample_rows));
        if held.get() && all > shown {
            format!("{} of {} rows", grouped(shown), grouped(all))
        } else {
            counted(shown, "row", "rows")
        }
    });
    let blocked = Signal::derive(move || {
        if state.problems.read().is_empty() {
            String::new()
        } else {
            text::FIX_FIRST.to_owned()
        }
    });
    let add = Callback::new(move |_| {
        state.refill_rows(super::model::Form::add_row);
        focus_last(".publish-samples tbody tr:last-child td:nth-child(2) input");
    });
    let full = Signal::derive(move || {
        if state.form.read().samples.len() < EDITABLE {
            String::new()
        } else {
            format!("{EDITABLE} rows are enough here; a package may bring more")
        }
    });
    // What vetting had to remark, such as rows that do not score.
    let remark = memo(move || draft().map(|draft| draft.step).unwrap_or_default());
    let remarked = move || {
        let remark = remark.get();
        (!remark.is_empty()).then(|| {
            view! {
                <p class="notice tone-warning publish-made-up">
                    <Icon glyph=Glyph::Warning/>
                    <span>{remark}</span>
                </p>
            }
        })
    };
    let notice = move || {
        if held.get() {
            Some(view! {
                <p class="muted">
                    {text::SAMPLES_CAME}
                    {expected.then(|| format!(" {}", text::SAMPLES_EXPECTED))}
                    {more.then(|| format!(" {}", text::SAMPLES_REST))}
                </p>
                <Button on_click=Callback::new(move |_| {
                    locked.set(false);
                    catch_focus(".publish-samples tbody td:nth-child(2) input");
                })>{text::SAMPLES_UNLOCK}</Button>
            })
        } else {
            made_up.get().then(|| {
                view! {
                    <p class="notice tone-info publish-made-up">
                        <Icon glyph=Glyph::Info/>
                        <span>{text::SAMPLES_MADE_UP}</span>
                    </p>
                }
            })
        }
    };
    view! {
        <section class="section publish-samples">
            <h3 class="section-title">{text::SAMPLES}</h3>
            <p class="muted publish-text">{text::SAMPLES_TEXT}</p>
            <TableWrong pointer="/samples"/>
            <div class="row publish-samples-note">{live(remarked)} {live(notice)}</div>
            {live(move || {
                let locked = held.get();
                state.rows_remade.get();
                view! { <Rows locked=locked foot=foot/> }
            })}
            <div class="row publish-add">
                <Button
                    glyph=Glyph::Play
                    busy=Signal::derive(move || state.doing.get() == Some(Act::Preview))
                    blocked=blocked
                    on_click=Callback::new(move |_| state.act(Act::Preview))
                >
                    {text::PREVIEW}
                </Button>
                <Show when=move || !held.get()>
                    <Button kind=ButtonKind::Quiet glyph=Glyph::Plus blocked=full on_click=add>{text::ADD_ROW}</Button>
                </Show>
            </div>
        </section>
    }
}

#[component]
fn Rows(locked: bool, foot: Signal<String>) -> impl IntoView {
    let state = use_publishing();
    let count = memo(move || state.form.read().samples.len());
    let names = memo(move || {
        let form = state.form.read();
        let names = form.inputs.iter().map(|input| input.name.clone());
        names.collect::<Vec<_>>()
    });
    let inputs = names.with_untracked(Vec::len);
    let scored = state.scores;
    let outputs = memo(move || {
        let preview = scored.get();
        preview.map_or_else(Vec::new, |preview| {
            preview.columns.into_iter().skip(inputs).collect()
        })
    });
    let heads = move || {
        names
            .get()
            .into_iter()
            .map(|name| view! { <th scope="col" class="mono">{name}</th> })
            .collect_view()
    };
    let rows = (0..count.get_untracked())
        .map(|row| {
            let cells = (0..inputs)
                .map(|column| {
                    view! { <SampleCell row=row column=column names=names locked=locked/> }
                })
                .collect_view();
            let scores = move || {
                let cells = scored.with(|preview| {
                    let row = preview.as_ref()?.rows.get(row)?;
                    Some(row.iter().skip(inputs).cloned().collect::<Vec<_>>())
                });
                cells
                    .unwrap_or_default()
                    .into_iter()
                    .map(|text| view! { <td class="mono publish-score">{text}</td> })
                    .collect_view()
            };
            let remove = Callback::new(move |_| {
                state.refill_rows(|form| {
                    if row < form.samples.len() {
                        form.samples.remove(row);
                    }
                });
                // To the row that has taken its place, else the last one.
                let left = count.get_untracked().max(1);
                let next = (row + 1).min(left);
                focus_first(format!(
                    ".publish-samples tbody tr:nth-child({next}) td:nth-child(2) input"
                ));
            });
            view! {
                <tr>
                    <th scope="row" class="num muted">{row + 1}</th>
                    {cells}
                    {live(scores)}
                    {(!locked)
                        .then(|| {
                            let label = format!("{} {}", text::REMOVE_ROW, row + 1);
                            let last = Signal::derive(move || {
                                if count.get() > 1 { String::new() } else { "One row stays".to_owned() }
                            });
                            view! {
                                <td class="actions">
                                    <Button kind=ButtonKind::Quiet glyph=Glyph::Close blocked=last on_click=remove>
                                        <span class="visually-hidden">{label}</span>
                                    </Button>
                                </td>
                            }
                        })}
                </tr>
            }
        })
        .collect_view();
    view! {
        <TableFrame label=text::SAMPLES footer=foot>
            <thead>
                <tr>
                    <th scope="col" class="num">
                        <span class="visually-hidden">"Row"</span>
                    </th>
                    {live(heads)}
                    {live(move || {
                        outputs
                            .get()
                            .into_iter()
                            .map(|name| view! { <th scope="col" class="mono publish-score">{name}</th> })
                            .collect_view()
                    })}
                    {(!locked)
                        .then(|| view! { <th scope="col" class="actions"><span class="visually-hidden">"Actions"</span></th> })}
                </tr>
            </thead>
            <tbody class="cells">{rows}</tbody>
        </TableFrame>
    }
}

#[component]
fn SampleCell(row: usize, column: usize, names: Memo<Vec<String>>, locked: bool) -> impl IntoView {
    let state = use_publishing();
    let value = state.form.with_untracked(|form| {
        let cell = form.samples.get(row).and_then(|cells| cells.get(column));
        cell.cloned().unwrap_or_default()
    });
    if locked {
        return view! { <td class="mono">{value}</td> };
    }
    let set = Callback::new(move |text| {
        state.edit_at(
            |form| &mut form.samples,
            row,
            |cells| {
                if let Some(cell) = cells.get_mut(column) {
                    *cell = text;
                }
            },
        );
    });
    let label = Signal::derive(move || {
        let names = names.read();
        let name = names.get(column).map(String::as_str).unwrap_or_default();
        format!("{name}, row {}", row + 1)
    });
    view! {
        <td>
            <TextCell
                label=label
                value=value
                pointer=format!("/samples/{row}/{column}")
                mono=true
                short=true
                on_input=set
            />
        </td>
    }
}
