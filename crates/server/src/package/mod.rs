//! Packages of versions: a folder or a zip with a manifest, ONNX files, sample rows and expected
//! outputs. Read with limits, vetted in a child process, scored against its own expectations, then
//! published.

mod import;
mod manifest;
mod read;
mod table;

pub use import::import;
pub use manifest::{Manifest, ManifestStage};
pub use read::{MODEL_BYTES, is_plain};
pub use table::Table;

use crate::error::Error;
use crate::self_test::SelfTest;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

const MANIFEST: &str = "manifest.json";
const SAMPLES: &str = "samples.csv";
const EXPECTED: &str = "expected.csv";

/// A package that was read.
#[derive(Debug)]
pub struct Package {
    /// What it says of itself.
    pub manifest: Manifest,
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
        if path.is_dir() {
            Self::from_files(read::folder(path)?)
        } else {
            Self::from_zip(File::open(path)?)
        }
    }

    /// Reads a zip.
    ///
    /// # Errors
    /// As [`Package::read`].
    pub fn from_zip(file: File) -> Result<Self, Error> {
        Self::from_files(read::zip(file)?)
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
            if !is_plain(&stage.file) {
                return Err(refuse(format!(
                    "Stage file “{}” leads out of the package: files stand at its top, without folders or dots.",
                    stage.file
                )));
            }
            if !self.files.contains_key(&stage.file) {
                return Err(refuse(format!(
                    "Stage file {} is not in the package.",
                    stage.file
                )));
            }
        }
        let mut seen = BTreeSet::new();
        let mut files = manifest.stages.iter().map(|stage| &stage.file);
        if let Some(twice) = files.find(|file| !seen.insert(*file)) {
            return Err(refuse(format!("Stage file {twice} stands in two stages.")));
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

    /// The models, in the order of the stages.
    pub fn models(&self) -> Vec<Bytes> {
        let of = |stage: &ManifestStage| self.files[&stage.file].clone();
        self.manifest.stages.iter().map(of).collect()
    }

    /// Its sample rows and what they are expected to score; `None` where it has no sample rows.
    ///
    /// # Errors
    /// [`Error::Package`] naming the file and the line.
    pub fn self_test(&self) -> Result<Option<SelfTest>, Error> {
        let table = |name: &str| {
            let bytes = self.files.get(name);
            bytes.map(|bytes| Table::read(name, bytes)).transpose()
        };
        let Some(samples) = table(SAMPLES)? else {
            return Ok(None);
        };
        if samples.rows.is_empty() {
            return Err(refuse(format!("{SAMPLES} holds no row.")));
        }
        let expected = table(EXPECTED)?;
        if let Some(expected) = &expected
            && expected.rows.len() != samples.rows.len()
        {
            return Err(refuse(format!(
                "{EXPECTED} has {} rows, {SAMPLES} has {}.",
                expected.rows.len(),
                samples.rows.len()
            )));
        }
        Ok(Some(SelfTest {
            samples,
            expected,
            parameters: self.manifest.sample_parameters(),
        }))
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
