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

/// Style sheets of the portal that nothing loads: neither linked by its page, nor copied by it and
/// named by a script that loads it later.
pub fn unlinked_style_sheets(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.files.iter().find(|file| file.path == "index.html") else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for sheet in tree.ending(".css") {
        if !sheet.path.starts_with("style/") && !sheet.path.starts_with("public/") {
            continue;
        }
        let links = |rel: &str| {
            tags(&page.text).any(|(_, tag)| {
                tag.contains(&format!("rel=\"{rel}\""))
                    && tag.contains(&format!("href=\"{}\"", sheet.path))
            })
        };
        if links("css") {
            continue;
        }
        let name = sheet.path.rsplit('/').next().unwrap_or(&sheet.path);
        let loads = |file: &&super::tree::File| {
            file.path.starts_with("public/") && file.text.contains(&format!("\"/{name}\""))
        };
        if !links("copy-file") {
            let text = "index.html does not link this style sheet";
            findings.push(Finding::new(&sheet.path, 1, text));
        } else if !tree.ending(".js").any(|file| loads(&file)) {
            let text = "index.html copies this style sheet, and no script of public/ loads it";
            findings.push(Finding::new(&sheet.path, 1, text));
        }
    }
    findings
}

/// Code inside a page, with its line: scripts without a source, style elements, style attributes
/// and event handlers.
pub fn inline_code(page: &str) -> Vec<(usize, String)> {
    tags(page)
        .filter_map(|(start, tag)| {
            let line = page[..start].matches('\n').count() + 1;
            problem(&tag.to_ascii_lowercase()).map(|text| (line, text))
        })
        .collect()
}

/// The tags of a page, each with where it starts. Comments hold none.
fn tags(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + page[at..].find('<')?;
            let rest = &page[start..];
            if rest.starts_with("<!--") {
                at = rest.find("-->").map_or(page.len(), |end| start + end + 3);
                continue;
            }
            let end = tag_end(rest);
            at = start + end.max(1);
            return Some((start, &rest[..end]));
        }
    })
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

    #[test]
    fn a_style_sheet_may_be_loaded_later_by_a_script() {
        let copied = (
            "index.html",
            "<!-- rel=\"css\" href=\"style/a.css\" -->\n\
             <link data-trunk rel=\"copy-file\" href=\"style/a.css\"><link rel=\"css\" href=\"b\">",
        );
        let sheet = ("style/a.css", "");
        let script = ("public/a.js", "const STYLE = \"/a.css\";");
        let other = ("public/a.js", "// style/a.css\nconst STYLE = \"/aa.css\";");
        assert_eq!(
            unlinked_style_sheets(&Tree::of(&[copied, sheet, script])),
            []
        );
        assert_eq!(
            unlinked_style_sheets(&Tree::of(&[copied, sheet, other])).len(),
            1
        );
        let page = ("index.html", "<p>");
        assert_eq!(
            unlinked_style_sheets(&Tree::of(&[page, sheet, script])).len(),
            1
        );
    }
}
