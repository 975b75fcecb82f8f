//! The state behind *Test*: the row's texts, the JSON beside them, the call under way and its
//! answer. What a text means stands in `model`.

use super::model::{
    Remark, fields, filled_in, read_row_json, remark, request, row_json, server_remarks,
};
use crate::client::endpoints::Place;
use crate::client::{self, ClientError, Versioned};
use crate::ui::focus::focus_first;
use js_sys::{Function, Promise};
use leptos::prelude::*;
use leptos::task::spawn_local;
use portico_api::endpoint::Endpoint;
use portico_api::schema::{InputColumn, Schema};
use portico_api::score::{ScoreAnswer, ScoreRequest};
use portico_api::service::Version;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// What a call came to.
#[derive(Clone)]
pub enum Outcome {
    /// It was scored.
    Scored(Box<ScoreAnswer>),
    /// It was not, and why.
    Failed(ClientError),
    /// The person called it off.
    Cancelled,
}

/// The state.
#[derive(Clone, Copy)]
pub struct Run {
    endpoint: RwSignal<Versioned<Endpoint>>,
    schema: StoredValue<Schema>,
    columns: StoredValue<Vec<InputColumn>>,
    samples: StoredValue<Vec<Vec<String>>>,
    next: StoredValue<usize>,
    texts: RwSignal<Vec<String>>,
    touched: RwSignal<Vec<bool>>,
    server: RwSignal<Vec<(String, Remark)>>,
    /// The row as JSON, as it stands in its field.
    pub json: RwSignal<String>,
    /// What is wrong with the JSON; empty if nothing.
    pub json_error: RwSignal<String>,
    /// Whether a call is under way.
    pub running: RwSignal<bool>,
    /// What the last call came to.
    pub outcome: RwSignal<Option<Outcome>>,
    stop: StoredValue<Option<Function>, LocalStorage>,
}

impl Run {
    /// Starts with the version's first sample row.
    pub fn new(endpoint: RwSignal<Versioned<Endpoint>>, version: Version) -> Self {
        let Version {
            schema, samples, ..
        } = version;
        let columns = fields(&schema);
        let texts = filled_in(&schema, &samples, 0);
        let run = Self {
            endpoint,
            touched: RwSignal::new(vec![false; columns.len()]),
            json: RwSignal::new(row_json(&schema.inputs, &texts)),
            schema: StoredValue::new(schema),
            columns: StoredValue::new(columns),
            samples: StoredValue::new(samples),
            next: StoredValue::new(1),
            texts: RwSignal::new(texts),
            server: RwSignal::new(Vec::new()),
            json_error: RwSignal::new(String::new()),
            running: RwSignal::new(false),
            outcome: RwSignal::new(None),
            stop: StoredValue::new_local(None),
        };
        on_cleanup(move || run.cancel());
        run
    }

    /// The fields, in order.
    pub fn columns(self) -> Vec<InputColumn> {
        self.columns.get_value()
    }

    /// The schema of the version.
    pub fn schema(self) -> Schema {
        self.schema.get_value()
    }

    /// How many sample rows there are.
    pub fn samples(self) -> usize {
        self.samples.with_value(Vec::len)
    }

    /// A field's text, tracked.
    pub fn text(self, index: usize) -> String {
        self.texts.read().get(index).cloned().unwrap_or_default()
    }

    /// What is to be said about a field, tracked.
    pub fn remark(self, index: usize) -> Option<Remark> {
        let text = self.text(index);
        let touched = self.touched.read().get(index).copied().unwrap_or_default();
        let column = self
            .columns
            .with_value(|columns| columns.get(index).cloned())?;
        let server = self
            .server
            .read()
            .iter()
            .find(|(name, _)| *name == column.name)
            .cloned();
        match server {
            Some((_, remark)) => Some(remark),
            None if touched || !text.is_empty() => remark(&column, &text),
            None => None,
        }
    }

    /// Changes a field.
    pub fn set_text(self, index: usize, text: String) {
        self.texts.update(|texts| {
            if let Some(slot) = texts.get_mut(index) {
                *slot = text;
            }
        });
        let name = self
            .columns
            .with_value(|columns| columns.get(index).map(|c| c.name.clone()));
        self.server
            .update(|server| server.retain(|(known, _)| Some(known) != name.as_ref()));
        self.rewrite_json();
    }

    /// A field was left: from now on it says what is wrong with it.
    pub fn touch(self, index: usize) {
        self.touched.update(|touched| {
            if let Some(slot) = touched.get_mut(index) {
                *slot = true;
            }
        });
    }

    /// Fills in the next sample row.
    pub fn next_sample(self) {
        let number = self.next.get_value();
        self.next.set_value(number + 1);
        let samples = self.samples.get_value();
        self.schema
            .with_value(|schema| self.texts.set(filled_in(schema, &samples, number)));
        self.server.set(Vec::new());
        self.rewrite_json();
    }

    fn rewrite_json(self) {
        let texts = self.texts.read_untracked();
        let json = self
            .schema
            .with_value(|schema| row_json(&schema.inputs, &texts));
        self.json.set(json);
        self.json_error.set(String::new());
    }

    /// The JSON changed under the keyboard.
    pub fn json_typed(self, json: String) {
        let read = self
            .schema
            .with_value(|schema| read_row_json(&schema.inputs, &json));
        self.json.set(json);
        match read {
            Ok(cells) => {
                self.json_error.set(String::new());
                self.server.set(Vec::new());
                self.texts.update(|texts| {
                    for (slot, cell) in texts.iter_mut().zip(cells) {
                        *slot = cell;
                    }
                });
            }
            Err(error) => self.json_error.set(error),
        }
    }

    /// Sends the row, unless a field can't be sent as it is: then the focus goes there.
    pub fn start(self) {
        if self.running.get_untracked() {
            return;
        }
        self.touched.update(|touched| touched.fill(true));
        if !self.json_error.read_untracked().is_empty() {
            focus_first(".try-form [aria-invalid]");
            return;
        }
        self.server.set(Vec::new());
        let count = self.columns.with_value(Vec::len);
        let wrong = untrack(|| {
            (0..count).any(|index| matches!(self.remark(index), Some(Remark::Error(_))))
        });
        if wrong {
            focus_first(".try-fields [aria-invalid]");
            return;
        }
        let texts = self.texts.get_untracked();
        let body = self.schema.with_value(|schema| request(schema, &texts));
        let place = Place::of(&self.endpoint.read_untracked().value);
        self.running.set(true);
        spawn_local(async move {
            let outcome = self.call(&place, &body).await;
            self.running.try_set(false);
            self.server.try_set(match &outcome {
                Outcome::Scored(answer) => server_remarks(&[], &answer.warnings),
                Outcome::Failed(ClientError::Problem(problem)) => {
                    server_remarks(&problem.errors, &[])
                }
                _ => Vec::new(),
            });
            self.outcome.try_set(Some(outcome));
        });
    }

    /// Calls, until the answer is there or the person calls it off; then the call is dropped, which
    /// aborts it.
    async fn call(self, place: &Place, body: &ScoreRequest) -> Outcome {
        let promise = Promise::new(&mut |resolve, _| {
            self.stop.try_set_value(Some(resolve));
        });
        let mut stopped = pin!(JsFuture::from(promise));
        let mut answered = pin!(client::score::score(place, body));
        poll_fn(|context| {
            if stopped.as_mut().poll(context).is_ready() {
                return Poll::Ready(Outcome::Cancelled);
            }
            answered.as_mut().poll(context).map(|answer| match answer {
                Ok(answer) => Outcome::Scored(Box::new(answer)),
                Err(error) => Outcome::Failed(error),
            })
        })
        .await
    }

    /// Calls off the call that is under way.
    pub fn cancel(self) {
        if let Some(stop) = self.stop.try_update_value(Option::take).flatten() {
            // Resolving a promise can't fail.
            let _ = stop.call0(&JsValue::NULL);
        }
    }
}
