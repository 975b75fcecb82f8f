//! Runs the command, and watches what it takes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a run came to.
pub struct Ran {
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard error.
    pub words: String,
    /// How long it took.
    pub took: Duration,
    /// The most memory that the command and its reader had together, in bytes.
    pub peak: u64,
}

/// A folder for one conversion.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    /// An empty folder.
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the folder.
    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Files in the folder.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Converts, from names in the folder; `more` are further arguments.
    pub fn convert(&self, input: &str, output: &str, more: &[&str]) -> Ran {
        let said = self.path("stderr");
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_portico"))
            .arg("convert")
            .arg(self.path(input))
            .arg(self.path(output))
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let mut peak = 0;
        let status = loop {
            peak = peak.max(memory_of_tree(child.id()));
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        let took = start.elapsed();
        let words = fs::read_to_string(&said).unwrap();
        fs::remove_file(said).unwrap();
        Ran {
            code: status.code(),
            words,
            took,
            peak,
        }
    }
}

/// The highest memory that a process and its children have had so far, in bytes.
fn memory_of_tree(pid: u32) -> u64 {
    let own = high_water(Path::new(&format!("/proc/{pid}/status")));
    let children =
        fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = children
        .split_whitespace()
        .filter_map(|child| child.parse().ok());
    own + children.map(memory_of_tree).sum::<u64>()
}

fn high_water(status: &Path) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
