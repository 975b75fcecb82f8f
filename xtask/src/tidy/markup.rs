//! What the content-security policy forbids: code and styles inside pages and views. And how the
//! style sheets reach the page.

use super::Finding;
use super::tree::Tree;

/// `style=` in the portal's views; `style:property=` is the way that the policy allows.
pub fn styles_in_views(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in tree.rust(&["src/"]) {
        for (line, code) in source.product_code() {
            for attribute in [" style=", " inner_html="] {
                // An assignment has a space before its sign; an attribute has none.
                if format!(" {}", code.trim_start()).contains(attribute) {
                    let text = format!(
                        "`{}`: the content-security policy forbids it; use a class or `style:property`",
                        attribute.trim()
                    );
                    findings.push(Finding::new(path, line, text));
                }
            }
        }
    }
    findings
}

/// Scripts, styles and handlers inside HTML files.
pub fn pages(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in tree.ending(".html") {
        let inline = inline_code(&page.text).into_iter();
        findings.extend(inline.map(|(line, text)| Finding::new(&page.path, line, text)));
    }
    findings
}

/// `@import`: the browser would learn of the next file only after the first one came.
pub fn imports_in_style_sheets(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for sheet in tree.ending(".css") {
        for (index, line) in sheet.text.lines().enumerate() {
            if line.trim_start().starts_with("@import") {
                let text = "`@import`: link the style sheet from index.html instead";
                findings.push(Finding::new(&sheet.path, index + 1, text));
            }
        }
    }
    findings
}

/// Style sheets of the portal that its page does not link.
pub fn unlinked_style_sheets(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.files.iter().find(|file| file.path == "index.html") else {
        return Vec::new();
    };
    let unlinked = tree.ending(".css").filter(|sheet| {
        let own = sheet.path.starts_with("style/") || sheet.path.starts_with("public/");
        own && !page.text.contains(&format!("href=\"{}\"", sheet.path))
    });
    unlinked
        .map(|sheet| Finding::new(&sheet.path, 1, "index.html does not link this style sheet"))
        .collect()
}

/// Code inside a page, with its line: scripts without a source, style elements, style attributes
/// and event handlers.
pub fn inline_code(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = page[at..].find('<') {
        let start = at + offset;
        let rest = &page[start..];
        if rest.starts_with("<!--") {
            at = rest.find("-->").map_or(page.len(), |end| start + end + 3);
            continue;
        }
        let end = tag_end(rest);
        let tag = rest[..end].to_ascii_lowercase();
        let line = page[..start].matches('\n').count() + 1;
        found.extend(problem(&tag).map(|text| (line, text)));
        at = start + end.max(1);
    }
    found
}

/// The length of a tag, where a `>` inside quotes does not end it.
fn tag_end(rest: &str) -> usize {
    let mut quote = None;
    for (at, character) in rest.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if character == open => quote = None,
            (None, '>') => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn problem(tag: &str) -> Option<String> {
    let name = tag.trim_start_matches('<');
    let is = |element: &str| {
        name.strip_prefix(element)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    let attributes: Vec<&str> = tag
        .split_whitespace()
        .skip(1)
        .filter_map(|word| word.split_once('='))
        .map(|(attribute, _)| attribute)
        .collect();
    if is("script") && !attributes.contains(&"src") {
        return Some("a script inside the page: the content-security policy forbids it".to_owned());
    }
    if is("style") {
        return Some("a style element: the content-security policy forbids it".to_owned());
    }
    let bad = attributes
        .iter()
        .find(|name| **name == "style" || name.starts_with("on"))?;
    Some(format!(
        "the attribute `{bad}`: the content-security policy forbids it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_inside_a_page_is_found_with_its_line() {
        let page = "<html>\n<script>a()</script>\n<style>b</style>\n<p class=\"x\" style=\"c\">\n\
                    <a title='>' onclick=\"d()\">";
        let lines: Vec<usize> = inline_code(page).iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
    }

    #[test]
    fn a_page_with_linked_files_is_clean() {
        let page = "<!-- <script>no</script> --><script type=\"module\" src=\"/a.js\"></script>\n\
                    <link rel=\"stylesheet\" href=\"/a.css\"><p>style=\"text\"</p><button type=\"button\">";
        assert_eq!(inline_code(page), []);
    }

    #[test]
    fn a_style_attribute_in_a_view_is_found() {
        let lines = |text: &str| -> Vec<usize> {
            let tree = Tree::of(&[("src/ui/a.rs", text)]);
            styles_in_views(&tree)
                .iter()
                .map(|finding| finding.line)
                .collect()
        };
        assert_eq!(
            lines("view! {\n  <p style=\"color: red\">\n  <p\n    style=move || a()\n>}"),
            [2, 4]
        );
        assert_eq!(lines("view! { <p inner_html=a></p> }"), [1]);
        assert!(lines("let style = 1;\nview! { <p style:width=a class=\"style=\">}").is_empty());
    }

    #[test]
    fn style_sheets_are_linked_by_the_page() {
        let page = (
            "index.html",
            "<link data-trunk rel=\"css\" href=\"style/a.css\">",
        );
        let tree = Tree::of(&[
            page,
            ("style/a.css", "@import \"b.css\";"),
            ("style/b.css", ""),
        ]);
        assert_eq!(imports_in_style_sheets(&tree).len(), 1);
        let unlinked = unlinked_style_sheets(&tree);
        assert_eq!(
            unlinked
                .iter()
                .map(|found| found.path.as_str())
                .collect::<Vec<_>>(),
            ["style/b.css"]
        );
    }
}
