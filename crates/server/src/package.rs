//! Packages of versions: a folder or a zip with a manifest, ONNX files, sample rows and expected
//! outputs. Read with limits, vetted in a child process, scored against its own expectations, then
//! published.

use crate::acts::services::{Published, publish};
use crate::app::App;
use crate::audit::Who;
use crate::calls::pipeline::{OutputColumn, Pipeline};
use crate::calls::rows::Rows;
use crate::clock::on_the_wire;
use crate::error::Error;
use crate::scoring::{ModelDigest, Values};
use crate::vetting;
use bytes::Bytes;
use portico_api::id::WorkspaceId;
use portico_api::schema::{
    InputColumn, OutputColumn as SchemaOutput, OutputKind, Parameter, Schema,
};
use portico_api::service::{Parity, Stage, Version};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

const MANIFEST: &str = "manifest.json";
const SAMPLES: &str = "samples.csv";
const EXPECTED: &str = "expected.csv";
/// The most files a package holds, the most bytes of a model, and of any other file.
const FILES_MAX: usize = 200;
const MODEL_BYTES: u64 = 2 * 1024 * 1024 * 1024;
const TEXT_BYTES: u64 = 16 * 1024 * 1024;
/// How many sample rows a version keeps for its pages.
const SAMPLES_KEPT: usize = 20;
/// Who published what came in by this way, as pages show it.
const PUBLISHER: &str = "portico import";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    notes: String,
    stages: Vec<ManifestStage>,
    inputs: Vec<InputColumn>,
    outputs: Vec<SchemaOutput>,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestStage {
    file: String,
    #[serde(default)]
    resource: Option<String>,
}

/// A package that was read.
#[derive(Debug)]
pub struct Package {
    manifest: Manifest,
    files: BTreeMap<String, Bytes>,
}

fn refuse(why: impl Into<String>) -> Error {
    Error::Package(why.into())
}

impl Package {
    /// Reads a folder or a zip.
    ///
    /// # Errors
    /// [`Error::Package`] naming what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let files = if path.is_dir() {
            read_folder(path)?
        } else {
            read_zip(path)?
        };
        Self::from_files(files)
    }

    /// A package of files by name.
    ///
    /// # Errors
    /// [`Error::Package`] naming what is wrong with it.
    pub fn from_files(files: BTreeMap<String, Bytes>) -> Result<Self, Error> {
        let text = files
            .get(MANIFEST)
            .ok_or_else(|| refuse(format!("The package has no {MANIFEST}.")))?;
        let manifest: Manifest = serde_json::from_slice(text)
            .map_err(|error| refuse(format!("{MANIFEST}: {error}.")))?;
        let package = Self { manifest, files };
        package.check()?;
        Ok(package)
    }

    fn check(&self) -> Result<(), Error> {
        let manifest = &self.manifest;
        if manifest.stages.is_empty() || manifest.inputs.is_empty() || manifest.outputs.is_empty() {
            return Err(refuse(
                "The manifest needs at least one stage, one input and one output.",
            ));
        }
        for stage in &manifest.stages {
            if !self.files.contains_key(&stage.file) {
                return Err(refuse(format!(
                    "Stage file {} is not in the package.",
                    stage.file
                )));
            }
        }
        once("input", manifest.inputs.iter().map(|column| &column.name))?;
        once(
            "output",
            manifest.outputs.iter().map(|column| &column.column),
        )?;
        once(
            "resource",
            manifest
                .stages
                .iter()
                .filter_map(|stage| stage.resource.as_ref()),
        )?;
        once(
            "parameter",
            manifest.parameters.iter().map(|parameter| &parameter.name),
        )
    }

    fn schema(&self) -> Schema {
        Schema {
            inputs: self.manifest.inputs.clone(),
            outputs: self.manifest.outputs.clone(),
            parameters: self.manifest.parameters.clone(),
        }
    }

    fn table(&self, name: &str) -> Result<Option<Table>, Error> {
        self.files
            .get(name)
            .map(|bytes| Table::read(name, bytes))
            .transpose()
    }
}

fn once<'a>(kind: &str, names: impl Iterator<Item = &'a String>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.trim().is_empty() || !seen.insert(name) {
            return Err(refuse(format!(
                "Each {kind} needs a name of its own; “{name}” is empty or stands twice."
            )));
        }
    }
    Ok(())
}

/// A file's name in a package: plain, so that it stays inside.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0', ':'])
}

fn limit_of(name: &str) -> u64 {
    let is_model = Path::new(name)
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("onnx"));
    if is_model { MODEL_BYTES } else { TEXT_BYTES }
}

fn read_folder(folder: &Path) -> Result<BTreeMap<String, Bytes>, Error> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Links are refused: they can lead outside.
        if !entry.file_type()?.is_file() || !is_plain(&name) {
            continue;
        }
        let mut file = std::fs::File::open(entry.path())?;
        insert(&mut files, name, &mut file)?;
    }
    Ok(files)
}

fn read_zip(path: &Path) -> Result<BTreeMap<String, Bytes>, Error> {
    let file = std::fs::File::open(path)?;
    let mut archive = zip::ZipArchive::new(file)
        .map_err(|error| refuse(format!("This is neither a folder nor a zip: {error}.")))?;
    if archive.len() > FILES_MAX {
        return Err(refuse(format!("A package has at most {FILES_MAX} files.")));
    }
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| refuse(format!("The zip is damaged: {error}.")))?;
        if entry.is_dir() {
            continue;
        }
        let name = entry
            .name()
            .map_err(|error| refuse(format!("The zip is damaged: {error}.")))?
            .into_owned();
        if entry.is_symlink() || !is_plain(&name) {
            return Err(refuse(format!(
                "The zip holds “{name}”: files stand at its top, without folders, links or dots."
            )));
        }
        insert(&mut files, name, &mut entry)?;
    }
    Ok(files)
}

fn insert(
    files: &mut BTreeMap<String, Bytes>,
    name: String,
    from: &mut impl Read,
) -> Result<(), Error> {
    if files.len() >= FILES_MAX {
        return Err(refuse(format!("A package has at most {FILES_MAX} files.")));
    }
    let limit = limit_of(&name);
    let mut bytes = Vec::new();
    // What a zip says of its sizes may be a lie; what comes out is counted.
    let read = from.take(limit + 1).read_to_end(&mut bytes)?;
    if read as u64 > limit {
        return Err(refuse(format!("{name} is larger than {limit} bytes.")));
    }
    let twice = format!("{name} stands twice in the package.");
    if files.insert(name, bytes.into()).is_some() {
        return Err(refuse(twice));
    }
    Ok(())
}

/// A small CSV of a package.
#[derive(Debug)]
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |error: csv::Error| refuse(format!("{name}: {error}."));
        let mut reader = csv::Reader::from_reader(bytes);
        let names = reader
            .headers()
            .map_err(wrong)?
            .iter()
            .map(str::to_owned)
            .collect();
        let rows = reader
            .records()
            .map(|record| record.map(|record| record.iter().map(str::to_owned).collect()))
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        Ok(Self { names, rows })
    }
}

/// Vets a package, scores its sample rows, and publishes it as the next version of the service of its
/// name in the workspace.
///
/// # Errors
/// [`Error::Package`] or [`Error::Scoring`] with the reason; nothing is kept then.
pub async fn import(
    app: &App,
    who: &Who,
    workspace: &WorkspaceId,
    package: &Package,
) -> Result<(Published, Parity), Error> {
    let schema = Arc::new(package.schema());
    let mut models = Vec::new();
    for stage in &package.manifest.stages {
        let bytes = package.files[&stage.file].clone();
        vetting::inspect(app, &stage.file, bytes.clone()).await?;
        models.push(bytes);
    }
    let digests: Vec<ModelDigest> = models.iter().map(|bytes| ModelDigest::of(bytes)).collect();
    let pipeline = Pipeline::of_stages(Arc::clone(&schema), digests.into(), "import".into());
    let samples = package
        .table(SAMPLES)?
        .ok_or_else(|| refuse(format!("The package has no {SAMPLES}.")))?;
    let parity = try_out(
        app,
        &pipeline,
        models.clone(),
        &samples,
        package.table(EXPECTED)?.as_ref(),
    )
    .await?;

    let mut stages = Vec::new();
    for (stage, bytes) in package.manifest.stages.iter().zip(models) {
        let size = bytes.len() as u64;
        let sha256 = app.blobs.put(bytes).await?;
        stages.push(Stage {
            file: stage.file.clone(),
            resource: stage.resource.clone(),
            sha256,
            bytes: size,
        });
    }
    let version = Version {
        number: 0,
        notes: package.manifest.notes.clone(),
        published_by: PUBLISHER.to_owned(),
        created_at: on_the_wire(app.clock.now()),
        stages,
        samples: kept_samples(&schema, &samples),
        schema: Schema::clone(&schema),
        parity: parity.clone(),
        may_stay_until: None,
    };
    let manifest = &package.manifest;
    let published = publish(
        app,
        who,
        workspace,
        &manifest.name,
        &manifest.description,
        version,
    )
    .await?;
    Ok((published, parity))
}

fn kept_samples(schema: &Schema, samples: &Table) -> Vec<Vec<String>> {
    let places: Vec<_> = schema
        .inputs
        .iter()
        .map(|column| samples.names.iter().position(|name| *name == column.name))
        .collect();
    let cell = |row: &Vec<String>, place: &Option<usize>| {
        place
            .and_then(|at| row.get(at).cloned())
            .unwrap_or_default()
    };
    let rows = samples.rows.iter().take(SAMPLES_KEPT);
    rows.map(|row| places.iter().map(|place| cell(row, place)).collect())
        .collect()
}

async fn try_out(
    app: &App,
    pipeline: &Pipeline,
    models: Vec<Bytes>,
    samples: &Table,
    expected: Option<&Table>,
) -> Result<Parity, Error> {
    let rows = Rows {
        names: samples.names.clone(),
        cells: samples
            .rows
            .iter()
            .map(|row| row.iter().cloned().map(Value::String).collect())
            .collect(),
        parameters: Map::new(),
    };
    if rows.cells.is_empty() {
        return Err(refuse(format!("{SAMPLES} holds no row.")));
    }
    let columns = vetting::try_out(app, pipeline, models, &rows)
        .await
        .map_err(|error| match error {
            Error::Invalid(_) => refuse(format!("{SAMPLES}: {error}")),
            other => other,
        })?;
    let mut parity = Parity {
        rows: u32::try_from(rows.cells.len()).unwrap_or(u32::MAX),
        label_differences: 0,
        largest_difference: 0.0,
    };
    if let Some(expected) = expected {
        if expected.rows.len() != rows.cells.len() {
            return Err(refuse(format!(
                "{EXPECTED} has {} rows, {SAMPLES} has {}.",
                expected.rows.len(),
                rows.cells.len()
            )));
        }
        for (output, column) in pipeline.schema.outputs.iter().zip(&columns) {
            compare(output.kind, column, expected, &mut parity)?;
        }
    }
    Ok(parity)
}

fn compare(
    kind: OutputKind,
    column: &OutputColumn,
    expected: &Table,
    parity: &mut Parity,
) -> Result<(), Error> {
    let place = expected
        .names
        .iter()
        .position(|name| *name == column.name)
        .ok_or_else(|| refuse(format!("{EXPECTED} has no column {}.", column.name)))?;
    for (row, cells) in expected.rows.iter().enumerate() {
        let text = cells.get(place).map_or("", String::as_str);
        if kind == OutputKind::Label {
            parity.label_differences += u32::from(label(&column.values, row) != text);
        } else {
            let wanted: f64 = text.parse().map_err(|_| {
                refuse(format!(
                    "{EXPECTED}, row {}: “{text}” is not a number.",
                    row + 1
                ))
            })?;
            let difference = (number(&column.values, row) - wanted).abs() / wanted.abs().max(1.0);
            // NaN on one side only is as different as can be.
            let difference = if difference.is_nan() {
                f64::MAX
            } else {
                difference
            };
            parity.largest_difference = parity.largest_difference.max(difference);
        }
    }
    Ok(())
}

fn label(values: &Values, row: usize) -> String {
    match values {
        Values::Text(values) => values.get(row).unwrap_or_default().to_owned(),
        Values::I64(values) => values.get(row).map(ToString::to_string).unwrap_or_default(),
        Values::Bool(values) => values.get(row).map(ToString::to_string).unwrap_or_default(),
        Values::F32(values) => values.get(row).map(ToString::to_string).unwrap_or_default(),
        Values::F64(values) => values.get(row).map(ToString::to_string).unwrap_or_default(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "compared with a tolerance")]
fn number(values: &Values, row: usize) -> f64 {
    match values {
        Values::F32(values) => values.get(row).map_or(f64::NAN, |value| f64::from(*value)),
        Values::F64(values) => values.get(row).copied().unwrap_or(f64::NAN),
        Values::I64(values) => values.get(row).map_or(f64::NAN, |value| *value as f64),
        Values::Bool(values) => values
            .get(row)
            .map_or(f64::NAN, |value| f64::from(u8::from(*value))),
        Values::Text(_) => f64::NAN,
    }
}
