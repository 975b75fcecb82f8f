//! The pipeline of a draft: its models in order, and which of them endpoints may replace.

use super::cells::{TableWrong, TextCell};
use super::state::use_publishing;
use super::text;
use crate::ui::choice::Show;
use crate::ui::live::{memo, view};
use crate::ui::number::bytes;
use crate::ui::{CopyButton, CopySource, Switch};
use leptos::prelude::*;
use portico_api::draft::{DraftStage, TensorInfo};

/// The models.
#[component]
pub fn Stages() -> impl IntoView {
    let state = use_publishing();
    let stages = state.draft.with_untracked(|draft| {
        draft
            .as_ref()
            .map(|draft| draft.value.stages.clone())
            .unwrap_or_default()
    });
    let items = stages
        .into_iter()
        .enumerate()
        .map(|(index, stage)| view! { <StageItem index=index stage=stage/> })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="publish-stages">
            <h3 class="section-title" id="publish-stages">{text::STAGES}</h3>
            <p class="muted publish-text">{text::STAGES_TEXT}</p>
            <TableWrong pointer="/resources"/>
            <ol class="publish-stages">{items}</ol>
        </section>
    }
}

/// Tensors in words: `X (32-bit float, 13 a row)`.
fn tensors_in_words(tensors: &[TensorInfo]) -> String {
    let one = |tensor: &TensorInfo| match tensor.width {
        Some(1) | None => format!("{} ({})", tensor.name, tensor.element),
        Some(width) => format!("{} ({}, {width} a row)", tensor.name, tensor.element),
    };
    tensors.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[component]
fn StageItem(index: usize, stage: DraftStage) -> impl IntoView {
    let state = use_publishing();
    let replaceable = memo(move || {
        let form = state.form.read();
        form.stages
            .get(index)
            .is_some_and(|stage| stage.replaceable)
    });
    let resource = move || {
        state.form.with_untracked(|form| {
            form.stages
                .get(index)
                .map(|stage| stage.resource.clone())
                .unwrap_or_default()
        })
    };
    let toggle = Callback::new(move |on| {
        state.edit_at(
            |form| &mut form.stages,
            index,
            |stage| stage.replaceable = on,
        );
    });
    let rename = state.setter(
        |form| &mut form.stages,
        index,
        |stage, text| stage.resource = text,
    );
    let (takes, gives) = (
        tensors_in_words(&stage.inputs),
        tensors_in_words(&stage.outputs),
    );
    let digest = stage.sha256.get(..12).unwrap_or(&stage.sha256).to_owned();
    let switch = format!("{} {}", text::REPLACEABLE, stage.file);
    let label = format!("{} for {}", text::RESOURCE, stage.file);
    let label = StoredValue::new(label);
    view! {
        <li class="card publish-stage">
            <div class="publish-stage-head">
                <strong class="mono">{stage.file}</strong>
                <span class="muted">{bytes(stage.bytes)}</span>
                <span class="muted">
                    "SHA-256 " <code title=stage.sha256.clone()>{digest}"…"</code>
                    <CopyButton source=CopySource::text(stage.sha256) label="Copy SHA-256" bare=true/>
                </span>
            </div>
            <dl class="facts publish-tensors">
                <dt>{text::TAKES}</dt>
                <dd class="mono">{takes}</dd>
                <dt>{text::GIVES}</dt>
                <dd class="mono">{gives}</dd>
            </dl>
            <Switch label=switch checked=replaceable on_change=toggle/>
            <Show when=move || replaceable.get()>
                <div class="publish-resource">
                    <span class="field-label" aria-hidden="true">{text::RESOURCE}</span>
                    <TextCell
                        label=label.get_value()
                        value=resource()
                        pointer=format!("/resources/{index}/resource")
                        on_input=rename
                    />
                </div>
            </Show>
        </li>
    }
}
