//! Uploading an endpoint's own model: by a button or by dropping it, with its progress, and with each
//! difference if it does not fit.

use super::Desk;
use super::model::refusal_lines;
use crate::client::stop::Stop;
use crate::client::{self, ClientError};
use crate::ui::live::{live, view};
use crate::ui::number::{bytes, fixed};
use crate::ui::{Button, ChooseFile, ErrorPanel, FileDrop, Glyph, Icon};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::problem::Code;
use web_sys::File;

/// How far an upload is.
#[derive(Clone, PartialEq)]
enum Step {
    Idle,
    /// So much of the file has gone: a part of 1, and in words.
    Sending(f64, String),
    /// All of it is there; the server looks whether it fits.
    Checking,
    /// It was refused, and nothing was changed.
    Refused {
        file: String,
        error: ClientError,
    },
}

/// Where a model is uploaded for a resource. Children are what else can be done with it.
#[component]
pub fn Upload(
    desk: Desk,
    resource: String,
    #[prop(into)] blocked: Signal<String>,
    children: Children,
) -> impl IntoView {
    let step = RwSignal::new(Step::Idle);
    let stop = StoredValue::new_local(None::<Stop>);
    let toasts = desk.toasts;
    let open = Signal::derive(move || {
        blocked.read().is_empty() && matches!(*step.read(), Step::Idle | Step::Refused { .. })
    });
    let target = StoredValue::new(resource.clone());
    let send = Callback::new(move |file: File| {
        let (place, resource) = (desk.place.get_value(), target.get_value());
        let this = Stop::default();
        stop.set_value(Some(this.clone()));
        let name = file.name();
        step.set(Step::Sending(0.0, format!("Sending {name}")));
        let told = name.clone();
        let progress = move |(sent, all): (f64, f64)| {
            step.try_set(if sent >= all {
                Step::Checking
            } else {
                let words = format!("{told}: {} of {}", size(sent), size(all));
                Step::Sending(sent / all.max(1.0), words)
            });
        };
        spawn_local(async move {
            let call = client::models::customise(&place, &resource, &file, progress);
            match this.run(call).await {
                None => {
                    step.try_set(Step::Idle);
                }
                Some(Ok(_)) => {
                    step.try_set(Step::Idle);
                    toasts.success(format!("{name} answers calls now."));
                    desk.changed();
                }
                Some(Err(error)) => {
                    step.try_set(Step::Refused { file: name, error });
                }
            }
        });
    });
    let cancel = move |_| {
        stop.with_value(|stop| {
            if let Some(stop) = stop {
                stop.stop();
            }
        });
    };
    on_cleanup(move || {
        if let Some(Some(stop)) = stop.try_update_value(Option::take) {
            stop.stop();
        }
    });
    let busy = Signal::derive(move || matches!(*step.read(), Step::Sending(..) | Step::Checking));
    let running = move || match step.get() {
        Step::Sending(part, words) => Some((Some(part), words)),
        Step::Checking => Some((None, "Checking whether it fits".to_owned())),
        Step::Idle | Step::Refused { .. } => None,
    };
    let progress = move || {
        running().map(|(part, words)| {
            view! {
                <div class="upload-progress">
                    <progress aria-label="Upload" max="1" value=part.map(|part| fixed(part, 3))></progress>
                    <span class="muted">{words}</span>
                    <Button on_click=Callback::new(cancel)>"Cancel"</Button>
                </div>
            }
        })
    };
    let refused = move || match step.get() {
        Step::Refused { file, error } => Some(view! { <Refused file=file error=error/> }),
        _ => None,
    };
    view! {
        <FileDrop class="stage-replace" open=open on_file=send>
            <div class="row">
                <ChooseFile
                    label="Upload your own model"
                    name=format!("ONNX file for {resource}")
                    accept=".onnx"
                    busy=busy
                    blocked=blocked
                    on_file=send
                />
                {children()}
            </div>
            <div role="status">{live(progress)}</div>
            <div role="alert">{live(refused)}</div>
        </FileDrop>
    }
}

/// Why a model was refused.
#[component]
fn Refused(file: String, error: ClientError) -> impl IntoView {
    let differences: Vec<String> = match &error {
        ClientError::Problem(problem) => problem
            .errors
            .iter()
            .flat_map(|error| refusal_lines(&error.detail))
            .collect(),
        ClientError::Offline | ClientError::Unreadable => Vec::new(),
    };
    if differences.is_empty() && !error.is(Code::Invalid) {
        return view! { <ErrorPanel error=error/> };
    }
    view! {
        <div class="notice tone-bad refused">
            <p class="refused-title">
                <Icon glyph=Glyph::Warning/>
                <span>{format!("{file} was refused. Nothing was changed.")}</span>
            </p>
            {differences.is_empty().then(|| view! { <p>{error.in_words()}</p> })}
            <ul class="difference-list">
                {differences.into_iter().map(|difference| view! { <li>{difference}</li> }).collect_view()}
            </ul>
        </div>
    }
}

/// Bytes as the browser counts them.
fn size(count: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a file's size: whole, and not negative"
    )]
    bytes(count as u64)
}
