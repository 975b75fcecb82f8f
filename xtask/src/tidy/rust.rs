//! Rules for every Rust file: no panics by habit, reasons for `unsafe`, a header for each module.

use super::Finding;
use super::source::mentions;
use super::tree::Tree;

const PRODUCT: [&str; 4] = ["src/", "crates/", "xtask/", "build.rs"];

/// How far above `unsafe` its reason may stand, in lines.
const REASON_ABOVE: usize = 4;

/// `unwrap` and `expect` outside tests.
pub fn panics(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.rust(&PRODUCT) {
        for (line, code) in source.product_code() {
            for call in [".unwrap()", ".expect("] {
                if code.contains(call) {
                    let text = format!("`{call}`: outside tests an error is handled or passed on");
                    findings.push(Finding::new(path, line, text));
                }
            }
        }
    }
    findings
}

/// `unsafe` without a comment that begins with `SAFETY:` on its line or just above.
pub fn reasons_for_unsafe(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.rust(&[""]) {
        for (index, line) in source.lines.iter().enumerate() {
            if !mentions(&line.code, "unsafe") {
                continue;
            }
            let near = &source.lines[index.saturating_sub(REASON_ABOVE)..=index];
            if !near.iter().any(|line| line.comment.contains("SAFETY:")) {
                let text =
                    "`unsafe` without a `SAFETY:` comment beside it that says why it is sound";
                findings.push(Finding::new(path, index + 1, text));
            }
        }
    }
    findings
}

/// Rust files that do not begin with `//!`.
pub fn module_headers(tree: &Tree) -> Vec<Finding> {
    let without = tree
        .ending(".rs")
        .filter(|file| !file.text.trim_start().starts_with("//!"));
    let text = "a module begins with `//!`: what it owns, what it must not know";
    without
        .map(|file| Finding::new(&file.path, 1, text))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(rule: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<usize> {
        rule(&Tree::of(&[(path, text)]))
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn unwrap_and_expect_are_found_outside_tests_alone() {
        assert_eq!(
            lines(
                panics,
                "src/a.rs",
                "a();\nb.unwrap();\nc\n  .expect(\"d\");"
            ),
            [2, 4]
        );
        let clean = "#[expect(dead_code)]\nfn a() { b.unwrap_or(1) }\n// x.unwrap()\n\
                     #[cfg(test)]\nmod tests {\n  fn b() { c.unwrap(); }\n}\n";
        assert!(lines(panics, "src/a.rs", clean).is_empty());
        assert!(lines(panics, "crates/a/tests/b.rs", "c.unwrap();").is_empty());
    }

    #[test]
    fn unsafe_needs_its_reason_near() {
        assert_eq!(
            lines(
                reasons_for_unsafe,
                "src/a.rs",
                "fn a() {\n  unsafe { b() }\n}"
            ),
            [2]
        );
        let clean = "// SAFETY: b has no preconditions.\nunsafe { b() }\n#![deny(unsafe_code)]";
        assert!(lines(reasons_for_unsafe, "src/a.rs", clean).is_empty());
    }

    #[test]
    fn a_module_without_a_header_is_found() {
        assert_eq!(lines(module_headers, "src/a.rs", "use b;\n//! late"), [1]);
        assert!(lines(module_headers, "src/a.rs", "//! Owns b.\nuse b;").is_empty());
        assert!(lines(module_headers, "a.md", "no rust").is_empty());
    }
}
