//! What a model must pass before anything of it is kept: a look at its file, loading, and a run over
//! sample rows, all in a child process with limits of its own.
//!
//! Whoever publishes a model may read what the runtime said of it, so reasons carry its words here;
//! callers of an endpoint never see them.

use crate::app::App;
use crate::calls::pipeline::{OutputColumn, Pipeline, of_parameter};
use crate::calls::rows::{self, Marks, Rows};
use crate::error::Error;
use crate::scoring::{ScoringError, Signature, Tensor};
use bytes::Bytes;
use std::time::Duration;

/// The most that is shown of the runtime's words, in characters.
const WORDS_MAX: usize = 400;

/// What a model takes and gives, once it has been examined and loaded.
///
/// # Errors
/// [`Error::Package`] with the reason why it is refused, `name` being what the reason calls it;
/// [`Error::Scoring`] where there is nothing that could examine it.
pub async fn inspect(app: &App, name: &str, model: Bytes) -> Result<Signature, Error> {
    let time = app.engine.vetting_time();
    let refuse = |error| refused(name, "loaded", time, error);
    app.engine.inspect(model).await.map_err(refuse)
}

/// Scores sample rows with models that were inspected: one output column for each of the schema.
///
/// # Errors
/// [`Error::Invalid`] where the rows don't fit the schema, [`Error::Package`] with the reason where
/// the models don't score them, [`Error::Scoring`] as above.
pub async fn try_out(
    app: &App,
    pipeline: &Pipeline,
    models: Vec<Bytes>,
    rows: &Rows,
) -> Result<Vec<OutputColumn>, Error> {
    pipeline.columns_of(&tensors(app, pipeline, models, rows).await?)
}

/// As [`try_out`], but the tensors themselves; those that the last model makes where the schema names no
/// output.
///
/// # Errors
/// As [`try_out`].
pub async fn tensors(
    app: &App,
    pipeline: &Pipeline,
    models: Vec<Bytes>,
    rows: &Rows,
) -> Result<Vec<Tensor>, Error> {
    let checked = rows::check(&pipeline.schema, rows, Marks::Skipped)?;
    let mut inputs = pipeline.tensors_of(&checked.columns)?;
    inputs.extend(checked.parameters.into_iter().map(of_parameter));
    let time = app.engine.vetting_time();
    let trial = app.engine.trial(models, inputs, &pipeline.tensors, time);
    let scored = trial
        .await
        .map_err(|error| refused("The sample rows", "scored", time, error))?;
    Ok(scored.outputs)
}

fn refused(what: &str, done: &str, time: Duration, error: ScoringError) -> Error {
    match error {
        ScoringError::ModelFailed { reason, detail } => {
            let detail = readable(&detail);
            let words = if detail.is_empty() {
                format!("{what}: {reason}")
            } else {
                format!("{what}: {reason} ONNX Runtime says: {detail}")
            };
            Error::Package(words)
        }
        ScoringError::Refused(_) | ScoringError::BadInput { .. } => {
            Error::Package(format!("{what}: {error}"))
        }
        ScoringError::DeadlineExceeded => Error::Package(format!(
            "{what}: not {done} within {} s; a model that never ends is not accepted.",
            time.as_secs()
        )),
        ScoringError::EngineEnded => Error::Package(format!(
            "{what}: the model ended the process that examined it."
        )),
        other => Error::Scoring(other),
    }
}

/// The runtime's words in one line of plain characters, without the places in its own source.
fn readable(detail: &str) -> String {
    let line: String = detail
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    let words: Vec<&str> = line
        .split_whitespace()
        .filter(|word| !word.starts_with('/'))
        .collect();
    let joined = words.join(" ");
    let joined = said(&joined);
    match joined.char_indices().nth(WORDS_MAX) {
        Some((end, _)) => format!("{}…", &joined[..end]),
        None => joined.to_owned(),
    }
}

/// What follows the last of the frames that the runtime puts around its messages, and the signature
/// of the function that wrote it.
fn said(words: &str) -> &str {
    let framed = ["Status Message: ", "[ONNXRuntimeError] : "];
    let inner = framed.iter().fold(words, |words, frame| {
        words.rsplit_once(frame).map_or(words, |(_, inner)| inner)
    });
    match inner.split_once(") ") {
        Some((signature, inner)) if signature.contains("::") => inner,
        _ => inner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtimes_words_are_one_short_line_without_its_paths() {
        let words = readable("Load failed:\n/src/onnxruntime/core/graph.cc:12 Op\t(Mystery)");
        assert_eq!(words, "Load failed: Op (Mystery)");
        let framed = "Non-zero status code. Status Message: void* onnxruntime::Arena::Get(size_t) Failed to allocate 5";
        assert_eq!(readable(framed), "Failed to allocate 5");
        let framed = "onnxruntime::Model::Model(x&&) [ONNXRuntimeError] : 10 : INVALID_GRAPH : no (such) graph";
        assert_eq!(readable(framed), "10 : INVALID_GRAPH : no (such) graph");
        assert_eq!(readable(&"ä ".repeat(1_000)).chars().count(), WORDS_MAX + 1);
    }

    #[test]
    fn reasons_say_what_was_done_and_how_long_it_took() {
        let time = Duration::from_secs(60);
        let words = |error| refused("model.onnx", "loaded", time, error).to_string();
        assert!(words(ScoringError::DeadlineExceeded).contains("not loaded within 60 s"));
        let failed = ScoringError::ModelFailed {
            reason: "The model could not be loaded.".to_owned(),
            detail: "no such operator".to_owned(),
        };
        let said = words(failed);
        assert!(
            said.contains("model.onnx: The model could not be loaded."),
            "{said}"
        );
        assert!(said.contains("no such operator"), "{said}");
        let nothing = ScoringError::Unavailable("no library".to_owned());
        assert!(matches!(
            refused("model.onnx", "loaded", time, nothing),
            Error::Scoring(ScoringError::Unavailable(_))
        ));
    }
}
