//! `cargo xtask dist`: the portal as it is released (optimised, compressed, within its size
//! budget), and the server's binary with the portal inside.

use std::fs;
use std::io::Write;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::Error;
use crate::portal::{self, Grade};
use crate::programs::{self, Program};
use crate::repo::Repo;
use crate::tidy::inline_code;
use crate::{process, samples, tools};

/// What a first visit may transfer, in bytes: page, style sheets, scripts and WebAssembly, each
/// compressed with brotli.
const BUDGET: u64 = 350_000;

/// What the spreadsheet page may transfer beyond that when it is first opened.
const SHEET_BUDGET: u64 = 700_000;

/// What the pages of publishing may transfer beyond that when the first of them is opened.
const PUBLISHING_BUDGET: u64 = 375_000;

/// What all the samples of *Consume* may transfer beyond that; a person loads those looked at.
const SAMPLES_BUDGET: u64 = 25_000;

/// Kinds of files that a browser loads to run the portal.
const LOADED: [&str; 5] = ["html", "css", "js", "wasm", "txt"];

/// Kinds of files that compression makes smaller.
const COMPRESSIBLE: [&str; 8] = [
    "html",
    "css",
    "js",
    "wasm",
    "svg",
    "json",
    "txt",
    "webmanifest",
];

/// What the compiler may have used; the module says so itself, unless its feature list got lost.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Passes for what is to transfer in few bytes. Functions of one generic have one name and much in
/// common: side by side they compress better. `-Os` leaves 6 % more code than `-Oz` and, compressed, 1 % less.
const PAGE_PASSES: [&str; 4] = ["-Os", "-ocimfs", "20", "--reorder-functions-by-name"];

/// Passes for what is to run fast.
const WORKER_PASSES: [&str; 1] = ["-O3"];

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    portal_only: bool,
}

impl Options {
    /// Reads `--portal-only`.
    pub fn parse(arguments: &[String]) -> Result<Self, Error> {
        let mut portal_only = false;
        for argument in arguments {
            match argument.as_str() {
                "--portal-only" => portal_only = true,
                other => {
                    let text = format!("dist does not know {other:?}; it takes --portal-only");
                    return Err(Error::Usage(text));
                }
            }
        }
        Ok(Self { portal_only })
    }
}

/// Builds the released portal and, unless told otherwise, the released server.
pub fn run(repo: &Repo, options: &Options) -> Result<(), Error> {
    portal(repo)?;
    if options.portal_only {
        return Ok(());
    }
    process::run(
        Command::new("cargo")
            .args([
                "build",
                "--release",
                "--package",
                "portico-server",
                "--bin",
                "portico",
            ])
            .current_dir(&repo.root),
    )
}

/// Brings `dist/` to the released grade, prints its sizes, and fails above the budget.
pub fn portal(repo: &Repo) -> Result<(), Error> {
    if portal::is_fresh(repo, Grade::Released)? {
        println!("The released portal is up to date.");
    } else {
        let optimiser = tools::wasm_opt(repo)?;
        portal::build(repo, Grade::Released, || {
            optimise(&optimiser, &repo.dist())?;
            compress(&repo.dist())
        })?;
    }
    check_page(&repo.dist())?;
    check_budget(&repo.dist())
}

fn optimise(optimiser: &Path, dist: &Path) -> Result<(), Error> {
    let modules = files(dist)?.into_iter().filter(|path| kind(path) == "wasm");
    each(modules.collect(), |module| {
        let smaller = module.with_extension("smaller");
        // The worker goes through whole files: there speed counts for more than size.
        let level = if programs::is_worker(&name(module)) {
            &WORKER_PASSES[..]
        } else {
            &PAGE_PASSES[..]
        };
        process::run(
            Command::new("node")
                .arg(optimiser)
                .args(level)
                .args(["--strip-debug", "--strip-producers"])
                .args(WASM_FEATURES)
                .arg(module)
                .arg("-o")
                .arg(&smaller),
        )?;
        fs::rename(&smaller, module).map_err(Error::file(module))
    })
}

/// Works on the files at once, as many as there are processors; the first error is the answer.
fn each(
    files: Vec<PathBuf>,
    work: impl Fn(&Path) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    let left = Mutex::new(files);
    let worker = || {
        loop {
            let next = left.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match next {
                Some(file) => work(&file)?,
                None => return Ok(()),
            }
        }
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..processors).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

fn compress(dist: &Path) -> Result<(), Error> {
    let plain = files(dist)?
        .into_iter()
        .filter(|path| COMPRESSIBLE.contains(&kind(path)));
    each(plain.collect(), |file| {
        let plain = fs::read(file).map_err(Error::file(file))?;
        for (extension, packed) in [("br", brotli(&plain)), ("gz", gzip(&plain))] {
            let path = beside(file, extension);
            let packed = packed.map_err(Error::file(&path))?;
            fs::write(&path, packed).map_err(Error::file(&path))?;
        }
        Ok(())
    })
}

fn brotli(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: plain.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &plain[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

/// The built page, too, must hold no code of its own: the server's policy would refuse to run it.
fn check_page(dist: &Path) -> Result<(), Error> {
    let path = dist.join("index.html");
    let page = fs::read_to_string(&path).map_err(Error::file(&path))?;
    match inline_code(&page).first() {
        None => Ok(()),
        Some((line, what)) => Err(Error::Check(format!("dist/index.html:{line}: {what}"))),
    }
}

/// Prints every file with its size. What the programs that come later and the samples load counts by
/// itself; all else is taken for part of a first visit.
fn check_budget(dist: &Path) -> Result<(), Error> {
    let loaded: Vec<PathBuf> = files(dist)?
        .into_iter()
        .filter(|path| LOADED.contains(&kind(path)))
        .collect();
    let (mut first, mut sheet, mut publishing, mut samples) = (vec![], vec![], vec![], vec![]);
    for path in loaded {
        match programs::of(&name(&path)) {
            Some(Program::Sheet) => sheet.push(path),
            Some(Program::Publishing) => publishing.push(path),
            None if samples::holds(&path) => samples.push(path),
            None => first.push(path),
        }
    }
    println!("{:<44} {:>10} {:>10}", "file (bytes)", "plain", "brotli");
    let first = total("a first visit", &first, BUDGET)?;
    let sheet = total("the spreadsheet page", &sheet, SHEET_BUDGET)?;
    let publishing = total("the pages of publishing", &publishing, PUBLISHING_BUDGET)?;
    let samples = total("the samples", &samples, SAMPLES_BUDGET)?;
    within_budget("a first visit", first, BUDGET)?;
    within_budget("the samples", samples, SAMPLES_BUDGET)?;
    within_budget("the pages of publishing", publishing, PUBLISHING_BUDGET)?;
    within_budget("the spreadsheet page", sheet, SHEET_BUDGET)
}

/// Prints the files and their sum, which is the answer.
fn total(what: &str, files: &[PathBuf], budget: u64) -> Result<u64, Error> {
    let mut total = 0;
    for file in files {
        let (plain, packed) = (size(file)?, size(&beside(file, "br"))?);
        println!("{:<44} {plain:>10} {packed:>10}", name(file));
        total += packed;
    }
    println!("{what:<44} {:>10} {total:>10}   of {budget}", "");
    Ok(total)
}

fn within_budget(what: &str, total: u64, budget: u64) -> Result<(), Error> {
    if total <= budget {
        return Ok(());
    }
    Err(Error::Check(format!(
        "{what} transfers {total} bytes, {} more than the budget of {budget}",
        total - budget
    )))
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn size(path: &Path) -> Result<u64, Error> {
    Ok(path.metadata().map_err(Error::file(path))?.len())
}

fn kind(path: &Path) -> &str {
    path.extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("")
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in folder.read_dir().map_err(Error::file(folder))? {
        let entry = entry.map_err(Error::file(folder))?;
        // Trunk keeps a hidden folder of its own there while it works.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_compressed_unpacks_to_the_same() {
        let plain = b"quite, quite, quite the same ".repeat(40);
        let packed = brotli(&plain).unwrap();
        assert!(packed.len() < plain.len());
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut packed.as_slice(), &mut back).unwrap();
        assert_eq!(back, plain);

        let packed = gzip(&plain).unwrap();
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice())
            .read_to_end(&mut back)
            .unwrap();
        assert_eq!(back, plain);
    }

    #[test]
    fn every_file_is_worked_on_once_and_an_error_is_told() {
        let files: Vec<PathBuf> = (0..40).map(|number| format!("{number}").into()).collect();
        let seen = Mutex::new(Vec::new());
        let note = |file: &Path| {
            seen.lock().unwrap().push(file.to_owned());
            Ok(())
        };
        each(files.clone(), note).unwrap();
        let mut seen = seen.into_inner().unwrap();
        seen.sort_by_key(|path| files.iter().position(|file| file == path));
        assert_eq!(seen, files);

        let fails = |file: &Path| match name(file).as_str() {
            "7" => Err(Error::Check("seven".to_owned())),
            _ => Ok(()),
        };
        assert_eq!(each(files, fails).unwrap_err().to_string(), "seven");
    }

    #[test]
    fn one_byte_above_the_budget_fails() {
        assert!(within_budget("a visit", BUDGET, BUDGET).is_ok());
        let text = within_budget("a visit", BUDGET + 1, BUDGET)
            .unwrap_err()
            .to_string();
        assert!(text.contains("a visit transfers"), "{text}");
        assert!(text.contains("1 more than the budget"), "{text}");
    }

    #[test]
    fn a_compressed_file_stands_beside_its_original() {
        assert_eq!(
            beside(Path::new("a/b.wasm"), "br"),
            Path::new("a/b.wasm.br")
        );
        assert_eq!(kind(Path::new("a/b.wasm.br")), "br");
    }
}
