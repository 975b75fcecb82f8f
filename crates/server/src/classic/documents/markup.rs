//! Pieces of HTML. All text goes through [`escape`]; nothing is inline that the content-security policy
//! forbids.

use super::{Described, ICON, STYLE_SHEET};
use std::fmt::Write;

/// Text as it may stand in a page and, since quotes are escaped too, in an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Text between tags. Quotes stay: the R package shows a page's source with its tags taken out.
pub(super) fn escape_content(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Code in a box that can be scrolled, also with the keyboard.
pub(super) fn code(text: &str) -> String {
    format!(
        "<pre class=\"code\" tabindex=\"0\">{}</pre>\n",
        escape_content(text)
    )
}

/// As [`code`], found by this id.
pub(super) fn code_at(id: &str, text: &str) -> String {
    // The id comes last in the tag, and a line break after it: the R package shows as the code what begins
    // two characters after the id. A browser drops the line break.
    format!(
        "<pre class=\"code\" tabindex=\"0\" id=\"{id}\">\n{}</pre>\n",
        escape_content(text)
    )
}

/// A section with its heading.
pub(super) fn section(id: &str, title: &str, content: &str) -> String {
    format!(
        "<section>\n<h2 id=\"{id}\">{}</h2>\n{content}</section>\n",
        escape(title)
    )
}

/// A table in a box that can be scrolled; cells are HTML.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = String::from("<div class=\"table\" tabindex=\"0\">\n<table>\n<thead><tr>");
    for name in head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            let _ = write!(out, "<td>{cell}</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    out
}

/// A short piece of code within a line.
pub(super) fn term(text: &str) -> String {
    format!("<code>{}</code>", escape(text))
}

/// The request line of a route: method and address.
pub(super) fn route(method: &str, url: &str) -> String {
    format!(
        "<p class=\"route\"><span class=\"method\">{method}</span> <code>{}</code></p>\n",
        escape(url)
    )
}

/// The whole page of one of the three kinds, `score`, `jobs` or `update`.
pub(super) fn page(described: &Described, kind: &str, title: &str, sections: &str) -> String {
    let stored = &described.entry.stored;
    let heading = format!("{title} for {}", stored.service_name);
    let tabs: String = [
        ("score", "Request-response"),
        ("jobs", "Batch execution"),
        ("update", "Update resource"),
    ]
    .into_iter()
    .map(|(name, label)| {
        let current = if name == kind {
            " aria-current=\"page\""
        } else {
            ""
        };
        format!("<li><a href=\"{name}\"{current}>{label}</a></li>")
    })
    .collect();
    let about = if described.description.is_empty() {
        String::new()
    } else {
        format!(
            "<p class=\"about\">{}</p>\n",
            escape(&described.description)
        )
    };
    let updated = crate::clock::on_the_wire(stored.updated_at).to_string();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{heading}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"{icon}\">\n\
         <link rel=\"stylesheet\" href=\"{styles}\">\n</head>\n<body>\n\
         <header>\n<p class=\"endpoint\">Endpoint <strong>{name}</strong>, version {version}. \
         Updated <time datetime=\"{updated}\">{day}</time>.</p>\n\
         <h1>{heading}</h1>\n{about}</header>\n\
         <nav><ul>{tabs}<li><a href=\"apidocument\">Swagger</a></li></ul></nav>\n\
         <main>\n{sections}</main>\n</body>\n</html>\n",
        heading = escape(&heading),
        icon = escape(&format!("{}{ICON}", described.public_url)),
        styles = escape(&format!("{}{STYLE_SHEET}", described.public_url)),
        name = escape(stored.name.as_str()),
        version = stored.version,
        updated = escape(&updated),
        day = escape(updated.get(..10).unwrap_or(&updated)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escape("<a href=\"'&"), "&lt;a href=&quot;&#39;&amp;");
        assert_eq!(
            code("</pre><script>\"&"),
            "<pre class=\"code\" tabindex=\"0\">&lt;/pre&gt;&lt;script&gt;\"&amp;</pre>\n"
        );
        let cell = vec![term("<i>")];
        assert!(table(&["<b>"], &[cell]).contains("<th scope=\"col\">&lt;b&gt;</th>"));
    }
}
