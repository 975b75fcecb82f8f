//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md that a machine can check. Each rule reads
//! the tracked files and answers with findings; a breach fails, a long file is only a warning.

mod dependencies;
mod files;
mod layers;
mod markup;
mod paths;
mod rust;
mod secrets;
mod source;
mod tree;

pub use markup::inline_code;

use crate::error::Error;
use crate::repo::Repo;
use crate::summary::Counts;
use tree::Tree;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, from the top of the checkout.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule in words.
    pub text: String,
}

impl Finding {
    fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            text: text.into(),
        }
    }
}

type Rule = fn(&Tree) -> Vec<Finding>;

/// Every rule that fails the run.
const RULES: [(&str, Rule); 13] = [
    ("layers of the server and the portal", layers::check),
    ("path strings stand in one place", paths::check),
    ("no unwrap or expect outside tests", rust::panics),
    ("unsafe says why", rust::reasons_for_unsafe),
    ("modules say what they own", rust::module_headers),
    ("secrets are not shown", secrets::check),
    ("no style attribute in a view", markup::styles_in_views),
    ("no code in pages", markup::pages),
    (
        "style sheets are linked, not imported",
        markup::imports_in_style_sheets,
    ),
    ("every style sheet is linked", markup::unlinked_style_sheets),
    ("migrations only go forward", files::migrations),
    ("no registry named", files::registries),
    ("no path of a machine", files::machine_paths),
];

/// Prints what is found; fails on a breach.
pub fn run(repo: &Repo) -> Result<(), Error> {
    let counts = counts(repo);
    if counts.failed == 0 {
        return Ok(());
    }
    Err(Error::Check(format!(
        "tidy: {} rules are broken",
        counts.failed
    )))
}

/// Prints what is found, and counts the rules kept and broken.
pub fn counts(repo: &Repo) -> Counts {
    let tree = match Tree::load(&repo.root) {
        Ok(tree) => tree,
        Err(error) => {
            println!("error: {error}");
            return Counts::one(false);
        }
    };
    let mut counts = Counts::default();
    for (name, rule) in RULES {
        counts += told(name, &rule(&tree));
    }
    counts += match dependencies::check(repo) {
        Ok(findings) => told("crates keep to their side", &findings),
        Err(error) => {
            println!("error: {error}");
            Counts::one(false)
        }
    };
    for Finding { path, line, text } in files::lengths(&tree) {
        println!("warning: {path}:{line}: {text}");
    }
    counts
}

fn told(name: &str, findings: &[Finding]) -> Counts {
    for Finding { path, line, text } in findings {
        println!("{path}:{line}: {text} [{name}]");
    }
    Counts::one(findings.is_empty())
}
