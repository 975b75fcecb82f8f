//! Which crates a crate may not depend on, directly or through another.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::Finding;
use crate::error::Error;
use crate::process;
use crate::repo::Repo;

/// A crate, what it must not know, and why. The first list is about the whole tree below it.
struct Side {
    package: &'static str,
    forbidden: &'static [&'static str],
    reason: &'static str,
}

const BROWSER_SERVER_DATABASE: &[&str] = &[
    "web-sys",
    "leptos",
    "leptos_router",
    "gloo-net",
    "tokio",
    "axum",
    "hyper",
    "sqlx",
    "rusqlite",
];

const SIDES: [Side; 4] = [
    Side {
        package: "portico-api",
        forbidden: BROWSER_SERVER_DATABASE,
        reason: "what portal and backend share knows neither browser, server nor database",
    },
    Side {
        package: "portico-domain",
        forbidden: BROWSER_SERVER_DATABASE,
        reason: "rules do no input or output",
    },
    Side {
        package: "portico-tabular",
        forbidden: BROWSER_SERVER_DATABASE,
        reason: "tables do no input or output",
    },
    Side {
        package: "portico-portal",
        forbidden: &["portico-server", "axum", "sqlx"],
        reason: "the portal is a plain client of the public API",
    },
];

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: String,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

/// `None` is an ordinary dependency; the others are for tests and build scripts.
#[derive(Debug, Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// Asks cargo for the graph and walks it.
pub fn check(repo: &Repo) -> Result<Vec<Finding>, Error> {
    let answer = process::output(
        Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--quiet"])
            .current_dir(&repo.root),
    )?;
    let metadata: Metadata = serde_json::from_str(&answer)
        .map_err(|error| Error::Check(format!("cargo metadata: {error}")))?;
    Ok(breaches(&metadata, &repo.root))
}

fn breaches(metadata: &Metadata, root: &Path) -> Vec<Finding> {
    let names: HashMap<&str, &str> = metadata
        .packages
        .iter()
        .map(|package| (package.id.as_str(), package.name.as_str()))
        .collect();
    let mut findings = Vec::new();
    for side in &SIDES {
        let Some(package) = metadata
            .packages
            .iter()
            .find(|package| package.name == side.package)
        else {
            continue;
        };
        let manifest = Path::new(&package.manifest_path);
        let shown = manifest
            .strip_prefix(root)
            .unwrap_or(manifest)
            .display()
            .to_string();
        let text = std::fs::read_to_string(manifest).unwrap_or_default();
        for (first, reached) in below(metadata, &package.id) {
            let (first, reached) = (names[first], names[reached]);
            if side.forbidden.contains(&reached) {
                let through = if first == reached {
                    String::new()
                } else {
                    format!(" (through `{first}`)")
                };
                let text_of_finding = format!(
                    "{} depends on `{reached}`{through}: {}",
                    side.package, side.reason
                );
                findings.push(Finding::new(&shown, line_of(&text, first), text_of_finding));
            }
        }
    }
    findings
}

/// Everything below a package by ordinary dependencies, each with the direct dependency that leads there.
fn below<'a>(metadata: &'a Metadata, package: &str) -> Vec<(&'a str, &'a str)> {
    let nodes: HashMap<&str, &Node> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let ordinary = |id: &str| -> Vec<&'a str> {
        let deps = nodes.get(id).map_or(&[][..], |node| &node.deps);
        let kept = deps
            .iter()
            .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()));
        kept.map(|dep| dep.pkg.as_str()).collect()
    };
    let mut seen = HashSet::new();
    let mut reached = Vec::new();
    let mut waiting: VecDeque<(&str, &str)> = ordinary(package)
        .into_iter()
        .map(|direct| (direct, direct))
        .collect();
    while let Some((first, id)) = waiting.pop_front() {
        if seen.insert(id) {
            reached.push((first, id));
            waiting.extend(ordinary(id).into_iter().map(|next| (first, next)));
        }
    }
    reached
}

/// The line of a manifest that names the dependency, or its first.
fn line_of(manifest: &str, dependency: &str) -> usize {
    let names = |line: &str| {
        line.strip_prefix(dependency)
            .is_some_and(|rest| rest.starts_with([' ', '.', '=']))
    };
    manifest
        .lines()
        .position(names)
        .map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph from lines such as `a -> b` (ordinary) and `a ~> b` (for tests).
    fn graph(edges: &[(&str, &str, &str)]) -> Metadata {
        let mut names: Vec<&str> = edges
            .iter()
            .flat_map(|(from, _, to)| [*from, *to])
            .collect();
        names.sort_unstable();
        names.dedup();
        let packages = names
            .iter()
            .map(|name| Package {
                id: (*name).to_owned(),
                name: (*name).to_owned(),
                manifest_path: format!("crates/{name}/Cargo.toml"),
            })
            .collect();
        let node = |name: &&str| Node {
            id: (*name).to_owned(),
            deps: edges
                .iter()
                .filter(|(from, _, _)| from == name)
                .map(|(_, kind, to)| Dependency {
                    pkg: (*to).to_owned(),
                    dep_kinds: vec![Kind {
                        kind: (*kind == "~>").then(|| "dev".to_owned()),
                    }],
                })
                .collect(),
        };
        let nodes = names.iter().map(node).collect();
        Metadata {
            packages,
            resolve: Resolve { nodes },
        }
    }

    #[test]
    fn a_forbidden_crate_is_found_directly_and_through_another() {
        let found = breaches(
            &graph(&[
                ("portico-api", "->", "serde"),
                ("serde", "->", "tokio"),
                ("portico-api", "->", "sqlx"),
            ]),
            Path::new("crates"),
        );
        let texts: Vec<&str> = found.iter().map(|finding| finding.text.as_str()).collect();
        assert_eq!(found.len(), 2);
        assert!(
            texts
                .iter()
                .any(|text| text.contains("`tokio` (through `serde`)")),
            "{texts:?}"
        );
        assert!(
            texts.iter().any(|text| text.contains("depends on `sqlx`:")),
            "{texts:?}"
        );
    }

    #[test]
    fn what_only_tests_use_is_allowed() {
        let graph = graph(&[
            ("portico-domain", "~>", "tokio"),
            ("portico-server", "->", "tokio"),
        ]);
        assert_eq!(breaches(&graph, Path::new("")), []);
    }

    #[test]
    fn the_line_of_the_dependency_is_named() {
        let manifest = "[dependencies]\nserde.workspace = true\nserde_json = \"1\"\n";
        assert_eq!(line_of(manifest, "serde_json"), 3);
        assert_eq!(line_of(manifest, "tokio"), 1);
    }
}
