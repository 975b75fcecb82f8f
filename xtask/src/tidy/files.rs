//! Rules for files of any kind: migrations, lengths, and names that no file may hold.

use super::Finding;
use super::source::mentions;
use super::tree::{File, Tree};

/// Package registries and the places that they hand files out from. Spelt in pieces, so that this
/// file keeps its own rule.
const REGISTRIES: [&str; 7] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("static.rust-", "lang"),
    concat!("deb.", "debian.org"),
];

/// Folders that exist on one machine and not on the next.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/", "root/"),
    concat!("/", "home/"),
    concat!("/", "work/"),
    concat!("/", "tmp/"),
    concat!("/", "Users/"),
];

/// Lines of a view, and of anything else, that are still easy to take in.
const LONG_VIEW: usize = 250;
const LONG_FILE: usize = 400;

/// Migrations that are not one folder of files numbered from 1 without a gap, all forward.
pub fn migrations(tree: &Tree) -> Vec<Finding> {
    let mut files: Vec<(&str, &str)> = tree
        .ending(".sql")
        .filter_map(|file| file.path.rsplit_once('/'))
        .filter(|(folder, _)| folder.ends_with("migrations") || folder.contains("migrations/"))
        .collect();
    files.sort_unstable();
    let mut findings = Vec::new();
    for (index, (folder, name)) in files.iter().enumerate() {
        let path = format!("{folder}/{name}");
        let number: String = name.chars().take_while(char::is_ascii_digit).collect();
        if *folder != files[0].0 {
            let text = format!("migrations stand in one folder, which is {}", files[0].0);
            findings.push(Finding::new(&path, 1, text));
        } else if number.parse() != Ok(index + 1) || !name[number.len()..].starts_with('_') {
            let text = format!(
                "migrations are numbered without a gap; here {:04}_… belongs",
                index + 1
            );
            findings.push(Finding::new(&path, 1, text));
        }
        if name.ends_with(".down.sql") {
            findings.push(Finding::new(&path, 1, "migrations only go forward"));
        }
    }
    findings
}

/// Package registries named. Cargo's lock file is cargo's own and cannot do without.
pub fn registries(tree: &Tree) -> Vec<Finding> {
    let files = tree.files.iter().filter(|file| file.path != "Cargo.lock");
    let named = |line: &str| REGISTRIES.iter().copied().find(|name| line.contains(name));
    lines_with(
        files,
        named,
        "no file names a package registry's host; the client knows it",
    )
}

/// Absolute paths of the machine that something was written on.
pub fn machine_paths(tree: &Tree) -> Vec<Finding> {
    let named = |line: &str| {
        MACHINE_PATHS
            .iter()
            .copied()
            .find(|path| names_path(line, path))
    };
    lines_with(
        tree.files.iter(),
        named,
        "no file names a folder of one machine",
    )
}

/// Whether the line holds the path itself, not as a part of a longer one.
fn names_path(line: &str, path: &str) -> bool {
    let longer = |c: char| c.is_alphanumeric() || "._-/}$)".contains(c);
    line.match_indices(path)
        .any(|(at, _)| !line[..at].ends_with(longer))
}

fn lines_with<'a>(
    files: impl Iterator<Item = &'a File>,
    named: impl Fn(&str) -> Option<&'static str>,
    rule: &str,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(name) = named(line) {
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    format!("`{name}`: {rule}"),
                ));
            }
        }
    }
    findings
}

/// Files that grew long. Tests do not count towards the length of what they test.
pub fn lengths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let length = match &file.rust {
            Some(source) => source.product_code().count(),
            None if file.path.ends_with(".css") || file.path.ends_with(".ts") => {
                file.text.lines().count()
            }
            None => continue,
        };
        let shows = |(_, code): (usize, &str)| mentions(code, "view!");
        let view = file
            .rust
            .as_ref()
            .is_some_and(|source| source.product_code().any(shows));
        let limit = if view { LONG_VIEW } else { LONG_FILE };
        if length > limit {
            let text = format!("{length} lines; up to about {limit} a file is easy to take in");
            findings.push(Finding::new(&file.path, 1, text));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(findings: &[Finding]) -> Vec<&str> {
        findings
            .iter()
            .map(|finding| finding.path.as_str())
            .collect()
    }

    #[test]
    fn migrations_are_numbered_in_one_folder() {
        let clean = Tree::of(&[
            ("a/migrations/0001_start.sql", ""),
            ("a/migrations/0002_more.sql", ""),
        ]);
        assert_eq!(migrations(&clean), []);
        let gap = Tree::of(&[
            ("a/migrations/0001_start.sql", ""),
            ("a/migrations/0003_more.sql", ""),
        ]);
        assert_eq!(paths(&migrations(&gap)), ["a/migrations/0003_more.sql"]);
        let twice = Tree::of(&[
            ("a/migrations/0001_start.sql", ""),
            ("b/migrations/0002_more.sql", ""),
        ]);
        assert_eq!(paths(&migrations(&twice)), ["b/migrations/0002_more.sql"]);
        let back = Tree::of(&[("a/migrations/0001_start.down.sql", "")]);
        assert_eq!(
            paths(&migrations(&back)),
            ["a/migrations/0001_start.down.sql"]
        );
    }

    #[test]
    fn a_registry_is_found_anywhere_but_in_cargos_lock_file() {
        let line = format!("see {}", REGISTRIES[0]);
        let tree = Tree::of(&[
            ("a.md", &line),
            ("Cargo.lock", &line),
            ("b.md", "crates-io"),
        ]);
        assert_eq!(paths(&registries(&tree)), ["a.md"]);
    }

    #[test]
    fn a_path_of_a_machine_is_found_and_a_longer_one_is_not() {
        let [root, _, work, ..] = MACHINE_PATHS;
        let tree = Tree::of(&[
            ("a.sh", &format!("cd {root}x")),
            ("b.ts", &format!("\"{work}y\"")),
            ("c.md", &format!("$HOME{work}y ./a{root}b ${{X}}{root}")),
        ]);
        assert_eq!(paths(&machine_paths(&tree)), ["a.sh", "b.ts"]);
    }

    #[test]
    fn a_long_file_is_named_and_its_tests_do_not_count() {
        let view = format!("view! {{}}\n{}", "a\n".repeat(LONG_VIEW - 1));
        let tested = format!("{view}#[cfg(test)]\nmod tests {{\n{view}}}");
        let long = format!("{view}b\n");
        let logic = "a\n".repeat(LONG_FILE);
        let tree = Tree::of(&[
            ("src/ui/a.rs", tested.as_str()),
            ("src/ui/b.rs", &long),
            ("c/d.rs", &logic),
        ]);
        assert_eq!(paths(&lengths(&tree)), ["src/ui/b.rs"]);
    }
}
