//! No type that holds a secret can be printed, formatted or serialised in clear.

use super::Finding;
use super::source::{Source, mentions};
use super::tree::Tree;

const NAMES: [&str; 5] = ["Secret", "PlainKey", "Plaintext", "Pepper", "EncryptionKey"];

/// A name with such an ending speaks of secrets and holds none.
const HARMLESS: [&str; 6] = ["Error", "Path", "Dir", "Folder", "Id", "Kind"];

const TRAITS: [&str; 3] = ["Debug", "Display", "Serialize"];

/// Derived traits, and written ones that show the value by their nature, on secret types.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.rust(&["src/", "crates/"]) {
        findings.extend(
            derived(source)
                .into_iter()
                .chain(written(source))
                .map(|(line, text)| {
                    Finding::new(path, line, format!("{text}: no secret is shown in clear"))
                }),
        );
    }
    findings
}

fn is_secret(name: &str) -> bool {
    NAMES.iter().any(|part| name.contains(part)) && !HARMLESS.iter().any(|end| name.ends_with(end))
}

fn derived(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // The traits derived so far for the item that is still to come.
    let mut pending: Vec<&str> = Vec::new();
    let mut inside = false;
    for (line, code) in source.product_code() {
        inside |= code.contains("derive(");
        if inside {
            pending.extend(TRAITS.iter().filter(|name| mentions(code, name)));
            inside = !code.contains(')');
        }
        if let Some(name) = declared(code) {
            if is_secret(name) {
                found.extend(
                    pending
                        .iter()
                        .map(|what| (line, format!("`{name}` derives {what}"))),
                );
            }
            pending.clear();
        }
    }
    found
}

/// A hand-written `Debug` may show a placeholder; the other two exist to show the value.
fn written(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (line, code) in source.product_code() {
        let Some((head, name)) = code.split_once(" for ") else {
            continue;
        };
        let name = first_word(name);
        let shows = ["Display", "Serialize"]
            .into_iter()
            .find(|what| mentions(head, what));
        if let Some(what) = shows.filter(|_| mentions(head, "impl") && is_secret(name)) {
            found.push((line, format!("`{name}` implements {what}")));
        }
    }
    found
}

fn declared(code: &str) -> Option<&str> {
    let after = ["struct ", "enum "].iter().find_map(|word| {
        let at = code.find(word)?;
        let own = at == 0 || code[..at].ends_with([' ', ')']);
        own.then(|| &code[at + word.len()..])
    })?;
    Some(first_word(after))
}

fn first_word(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let tree = Tree::of(&[("crates/server/src/keys/a.rs", text)]);
        check(&tree).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_secret_that_can_be_shown_is_found() {
        assert_eq!(
            lines("#[derive(Clone, Debug)]\npub struct KeySecret(String);"),
            [2]
        );
        assert_eq!(lines("#[derive(\n  Serialize,\n)]\nstruct PlainKey {"), [4]);
        assert_eq!(lines("impl fmt::Display for SecretText {"), [1]);
        assert_eq!(lines("#[derive(Debug, Serialize)]\nenum Pepper {"), [2, 2]);
    }

    #[test]
    fn other_types_and_a_written_debug_are_clean() {
        assert!(lines("#[derive(Debug)]\nstruct Key(u8);\nstruct KeySecret(String);").is_empty());
        assert!(lines("#[derive(Clone)]\nstruct KeySecret(String);").is_empty());
        assert!(lines("#[derive(Debug)]\npub enum SecretsError {").is_empty());
        assert!(lines("impl fmt::Debug for KeySecret {").is_empty());
    }
}
