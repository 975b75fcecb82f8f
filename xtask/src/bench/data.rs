//! The model and the rows that every server gets, and what they must answer.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use super::peers;
use crate::error::Error;
use crate::process;
use crate::repo::Repo;

/// How far a probability may lie from the reference. Servers run other graphs of the same pipeline,
/// in runs of other sizes.
const TOLERANCE: f64 = 1e-4;

/// Rows with their reference.
#[derive(Debug, Deserialize)]
pub struct Data {
    pub columns: Vec<String>,
    pub numeric: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    pub labels: Vec<String>,
    pub probabilities: Vec<[f64; 2]>,
}

/// Where `bench/calls/train.py` writes; makes it if it is not there. With `own`, so many models of
/// their own beside it.
pub fn folder(repo: &Repo, own: usize) -> Result<PathBuf, Error> {
    let folder = repo.target.join("bench/data");
    let last = match own {
        0 => folder.join("rows.json"),
        _ => folder.join(format!("own/{}.onnx", own - 1)),
    };
    if last.is_file() {
        return Ok(folder);
    }
    println!("Training the model of the benchmarks.");
    let python = peers::environment(repo, "train")?;
    let mut train = Command::new(python);
    train
        .arg(repo.root.join("bench/calls/train.py"))
        .arg(&folder);
    if own > 0 {
        train.arg(own.to_string());
    }
    process::run(&mut train)?;
    Ok(folder)
}

impl Data {
    /// Reads the rows.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("rows.json");
        let text = std::fs::read(&path).map_err(Error::file(&path))?;
        serde_json::from_slice(&text).map_err(|error| Error::Check(format!("rows.json: {error}")))
    }

    /// The bodies of all calls of so many rows that the rows make, in order.
    pub fn bodies(
        &self,
        rows: usize,
        body: impl Fn(&Self, &[Vec<Value>]) -> Value,
    ) -> Vec<Vec<u8>> {
        self.rows
            .chunks_exact(rows)
            .map(|chunk| body(self, chunk).to_string().into_bytes())
            .collect()
    }

    /// Whether these are the answers to the rows from `first` on.
    pub fn check(
        &self,
        first: usize,
        rows: usize,
        answers: &[(String, [f64; 2])],
    ) -> Result<(), String> {
        if answers.len() != rows {
            return Err(format!("{} rows for {rows}", answers.len()));
        }
        for (row, (label, probabilities)) in answers.iter().enumerate() {
            let row = first + row;
            let wanted = self.probabilities[row];
            let near = |class: usize| (probabilities[class] - wanted[class]).abs() <= TOLERANCE;
            if *label != self.labels[row] || !near(0) || !near(1) {
                let expected = &self.labels[row];
                return Err(format!(
                    "row {row}: {label} {probabilities:?}, not {expected} {wanted:?}"
                ));
            }
        }
        Ok(())
    }
}

/// A call on classic's wire, cells as text, as its own samples wrote them.
pub fn classic_body(data: &Data, rows: &[Vec<Value>]) -> Value {
    let text = |cell: &Value| match cell {
        Value::Number(number) => Value::String(number.to_string()),
        other => other.clone(),
    };
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| row.iter().map(text).collect())
        .collect();
    json!({
        "Inputs": {"input1": {"ColumnNames": data.columns, "Values": rows}},
        "GlobalParameters": {},
    })
}

/// The answers in an answer on classic's wire.
pub fn classic_answers(body: &[u8]) -> Result<Vec<(String, [f64; 2])>, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let rows = body["Results"]["output1"]["value"]["Values"]
        .as_array()
        .ok_or("no table")?;
    rows.iter()
        .map(|row| {
            let cells = row.as_array().filter(|cells| cells.len() >= 3);
            let cells = cells.ok_or("a row without predictions")?;
            let text = |back: usize| cells[cells.len() - back].as_str().unwrap_or_default();
            let number = |back: usize| text(back).parse::<f64>().map_err(|error| error.to_string());
            Ok((text(3).to_owned(), [number(2)?, number(1)?]))
        })
        .collect()
}

/// A call as a hand-written service takes it.
pub fn plain_body(_: &Data, rows: &[Vec<Value>]) -> Value {
    json!({ "rows": rows })
}

/// The answers of such a service.
pub fn plain_answers(body: &[u8]) -> Result<Vec<(String, [f64; 2])>, String> {
    #[derive(Deserialize)]
    struct Answer {
        labels: Vec<String>,
        probabilities: Vec<[f64; 2]>,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(answer
        .labels
        .into_iter()
        .zip(answer.probabilities)
        .collect())
}

/// A call in the Open Inference Protocol, a tensor a column. It has no way to say that a number is
/// missing in JSON; null is what servers take.
pub fn inference_body(data: &Data, rows: &[Vec<Value>]) -> Value {
    let inputs: Vec<Value> = data
        .columns
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let datatype = if data.numeric.contains(name) {
                "FP32"
            } else {
                "BYTES"
            };
            let cells: Vec<&Value> = rows.iter().map(|row| &row[at]).collect();
            json!({"name": name, "datatype": datatype, "shape": [rows.len(), 1], "data": cells})
        })
        .collect();
    json!({ "inputs": inputs })
}

/// The answers in such an answer.
pub fn inference_answers(body: &[u8]) -> Result<Vec<(String, [f64; 2])>, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let output = |name: &str| {
        let outputs = body["outputs"].as_array().into_iter().flatten();
        let output = outputs.into_iter().find(|output| output["name"] == name);
        output
            .and_then(|output| output["data"].as_array())
            .ok_or_else(|| format!("no output {name}"))
    };
    let (labels, numbers) = (output("label")?, output("probabilities")?);
    let numbers: Vec<f64> = numbers
        .iter()
        .flat_map(|cell| match cell {
            Value::Array(cells) => cells.iter().filter_map(Value::as_f64).collect(),
            cell => cell.as_f64().into_iter().collect::<Vec<_>>(),
        })
        .collect();
    let (pairs, _) = numbers.as_chunks::<2>();
    let labels = labels
        .iter()
        .map(|cell| cell.as_str().unwrap_or_default().to_owned());
    Ok(labels.zip(pairs.iter().copied()).collect())
}
